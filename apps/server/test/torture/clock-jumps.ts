import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { createServerHome } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, pause, times, type Scenario } from './scenario.ts';
import { judge } from './whole-files.ts';

export const clockJumps: Scenario = {
  name: 'clock-jumps',
  about: 'the clock of the server jumps by a day, forth and back, while downloads run and wait',
  seconds: 40,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const order = createVerdict('waits end in seconds, not in days');
    try {
      const preload = pathToFileURL(join(import.meta.dirname, 'jumping-clock.mjs')).href;
      const server = await home.start({
        NODE_OPTIONS: `--import=${preload}`,
        EGRESS_ALLOW: origin.hostPort,
        MAX_PER_HOST: '4',
        STALL_TIMEOUT: '10',
        DOWNLOAD_TIMEOUT: '60',
      });
      const accepted: string[] = [];
      const jumps = times(context, 6, 2);
      for (let jump = 0; jump < jumps && !context.isOver(); jump += 1) {
        const { downloads } = await server.client.createDownloads({
          urls: [
            `${origin.url}/padded.mp4?size=600000&kib_per_s=300&n=${jump}`,
            // Fails once, and waits for its second attempt when the clock jumps.
            `${origin.url}/fault/status/500/clip.mp4?fail=1&key=${jump}-${context.random()}`,
          ],
        });
        accepted.push(...downloads.map(({ id }) => id));
        await pause(1500 + context.random() * 1000);
        server.child.kill('SIGWINCH');
      }
      const startedMs = performance.now();
      const { lost, different, failed, completed } = await judge(server, home, accepted);
      const tookMs = performance.now() - startedMs;
      order.check(tookMs < 60_000, `the last ended after ${Math.round(tookMs / 1000)} s`);
      return [
        order.read(),
        {
          promise: 'no timeout fires by a jump, every download completes',
          checked: completed + Object.keys(failed).length,
          broken: [...lost, ...different, ...Object.keys(failed)],
        },
      ];
    } finally {
      await home.remove();
      await origin.close();
    }
  },
};
