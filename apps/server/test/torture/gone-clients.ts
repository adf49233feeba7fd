import { readdir } from 'node:fs/promises';
import http from 'node:http';
import { createServerHome, eventually } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, pause, times, type Scenario } from './scenario.ts';
import { ended } from './whole-files.ts';

const AT_ONCE = 25;

export const goneClients: Scenario = {
  name: 'gone-clients',
  about: 'readers of a file, event streams and half requests that vanish',
  seconds: 30,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const closed = createVerdict('every file and socket is closed again');
    const answers = createVerdict('others are answered meanwhile');
    try {
      const server = await home.start({ EGRESS_ALLOW: origin.hostPort });
      const { downloads } = await server.client.createDownloads({
        url: `${origin.url}/padded.mp4?size=40000000`,
      });
      const id = downloads[0]?.id ?? '';
      await ended(server, id);
      const { download_url: link } = await server.client.getDownload(id);
      const descriptors = async () => (await readdir(`/proc/${server.child.pid}/fd`)).length;
      await pause(6000);
      const before = await descriptors();
      const rounds = times(context, 1000, 100);
      for (let from = 0; from < rounds && !context.isOver(); from += AT_ONCE) {
        await Promise.all(
          Array.from({ length: AT_ONCE }, async (_, n) => {
            const path = n % 5 === 4 ? '/api/v1/events' : (link ?? '');
            const request = http.get(server.baseUrl + path, { agent: false });
            request.on('error', () => undefined);
            await new Promise<void>((resolve) => {
              request.on('close', resolve);
              request.on('response', (response) => {
                response.on('error', () => undefined);
                if (context.random() < 0.7) response.resume();
                setTimeout(() => request.destroy(), context.random() * 20);
              });
            });
          }),
        );
        answers.check((await fetch(`${server.baseUrl}/healthz`)).status === 200, 'no answer');
      }
      const isBack = await eventually(async () => {
        for (let tries = 0; tries < 100; tries += 1) {
          if ((await descriptors()) <= before + 2) return 'back';
          await pause(100);
        }
        return `${await descriptors()} descriptors, ${before} before`;
      });
      for (let n = 0; n < rounds; n += 1) closed.check(isBack === 'back', isBack);
      return [closed.read(), answers.read()];
    } finally {
      await home.remove();
      await origin.close();
    }
  },
};
