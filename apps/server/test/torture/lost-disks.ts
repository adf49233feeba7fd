import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServerHome, eventually, type ServerProcess } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, type Scenario } from './scenario.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { judge } from './whole-files.ts';

interface Loss {
  readonly name: string;
  /** What `/readyz` has to say. */
  readonly words: string;
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

export const lostDisks: Scenario = {
  name: 'lost-disks',
  about: 'the disk of the data becomes read-only or full, that of the downloads is unmounted',
  seconds: 60,
  async run() {
    const origin = await startOrigin();
    const home = await createServerHome();
    const told = createVerdict('/readyz names the folder, and the queue holds');
    const kept = createVerdict('what was under way goes on by itself, at the same attempt');
    const once = createVerdict('nothing is fetched again for a data folder that was lost');
    const disks: SmallDisk[] = [];
    const mount = async (name: string, mib: number) => {
      const disk = await mountSmallDisk(join(home.folder, name), mib);
      disks.push(disk);
      return disk;
    };
    let unmountDownloads = () => Promise.resolve();
    try {
      const data = await mount('data', 4);
      const store = await mount('store', 64);
      unmountDownloads = await store.mountAt(home.downloadsDir);
      const server = await home.start({
        EGRESS_ALLOW: origin.hostPort,
        DATA_DIR: data.path,
        MAX_WORKERS: '1',
        MAX_ATTEMPTS: '1',
      });
      const filler = join(data.path, 'filler');
      const losses: readonly Loss[] = [
        {
          // First: the index is open for writing once a file was stored, and then its disk cannot be made read-only.
          name: 'read-only',
          words: `${data.path} is read-only`,
          begin: () => data.setReadOnly(true),
          end: () => data.setReadOnly(false),
        },
        {
          name: 'full',
          words: `${data.path} is on a full disk`,
          async begin() {
            const { bavail, bsize } = await statfs(data.path);
            await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined);
          },
          end: () => rm(filler),
        },
        {
          name: 'unmounted',
          words: `${home.downloadsDir} is another one than at the start`,
          begin: () => unmountDownloads(),
          async end() {
            const names = await readdir(home.downloadsDir);
            kept.check(names.length === 0, `made in its place: ${names.join()}`);
            unmountDownloads = await store.mountAt(home.downloadsDir);
          },
        },
      ];
      for (const { name, words, begin, end } of losses) {
        const submit = async (path: string) => {
          const { downloads } = await server.client.createDownloads({ url: origin.url + path });
          return downloads[0]?.id ?? '';
        };
        const running = await submit(`/padded.mp4?size=1500000&kib_per_s=500&n=${name}`);
        const waiting = await submit(`/padded.mp4?size=100000&n=${name}-next`);
        await eventually(async () => (await record(server, running)).downloaded_bytes);
        await begin();
        for (const id of [running, waiting]) {
          const held = await eventually(async () => {
            const download = await record(server, id);
            const isOver = !['queued', 'running'].includes(download.status);
            return isOver || download.waiting_for === 'disk' ? download : null;
          });
          told.check(held.waiting_for === 'disk', `${name}: ${held.error?.code ?? held.status}`);
        }
        const { status } = await server.client.call('readiness');
        const { checks } = await server.client.readiness();
        const message = checks.find((check) => check.name === 'storage')?.message ?? '';
        told.check(status === 503 && message.includes(words), `${name}: ${status} ${message}`);
        const before = origin.requests.length;
        await end();
        await eventually(async () => (await record(server, running)).status === 'completed');
        const asked = origin.requests.slice(before).filter(({ query }) => !query.endsWith('-next'));
        if (name !== 'unmounted')
          once.check(asked.length === 0, `${name}: ${asked.length} requests`);
        const judged = await judge(server, home, [running, waiting]);
        kept.check(judged.completed === 2, `${name}: ${JSON.stringify(judged)}`);
        const { attempt } = await record(server, running);
        kept.check(attempt === 1, `${name}: attempt ${attempt}`);
      }
      return [told.read(), kept.read(), once.read()];
    } finally {
      // First: a folder that is mounted cannot be removed.
      await unmountDownloads();
      for (const disk of disks) await disk.remove();
      await home.remove();
      await origin.close();
    }
  },
};

async function record(server: ServerProcess, id: string) {
  return (await server.client.getDownload(id)).download;
}
