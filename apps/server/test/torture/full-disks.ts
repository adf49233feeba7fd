import { readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '@artemis/contracts';
import { createServerHome, eventually } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, times, type Scenario } from './scenario.ts';
import { mountSmallDisk } from './small-disk.ts';
import { ended, judge } from './whole-files.ts';

const MIB = 1024 ** 2;

export const fullDownloads: Scenario = {
  name: 'full-downloads',
  about: 'a disk of 24 MiB for the downloads',
  seconds: 40,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const waits = createVerdict('a download that cannot fit waits for the disk and says so');
    const others = createVerdict('downloads that fit go on meanwhile');
    const goesOn = createVerdict('it goes on by itself when there is room');
    const unknown = createVerdict(
      'one of unknown size ends with DISK_FULL and leaves nothing behind',
    );
    const disk = await mountSmallDisk(home.downloadsDir, 24).catch(async (error: unknown) => {
      await home.remove();
      await origin.close();
      throw error;
    });
    try {
      const server = await home.start({
        EGRESS_ALLOW: origin.hostPort,
        MAX_PER_HOST: '4',
        MAX_ATTEMPTS: '1',
        MIN_FREE_SPACE: String(2 * MIB),
      });
      const submit = async (path: string) => {
        const { downloads } = await server.client.createDownloads({ url: origin.url + path });
        return downloads[0]?.id ?? '';
      };
      const large = await submit(`/padded.mp4?size=${30 * MIB}&kib_per_s=8000`);
      const held = await eventually(async () => {
        const { download } = await server.client.getDownload(large);
        return download.waiting_for === 'disk' || download.status === 'failed' ? download : null;
      });
      waits.check(held.waiting_for === 'disk', held.error?.code ?? held.status);
      waits.check(held.error?.code === 'DISK_FULL', 'no reason in the record');
      const small: string[] = [];
      for (let n = 0; n < times(context, 4, 2); n += 1) {
        small.push(await submit(`/padded.mp4?size=${2 * MIB}&n=${n}`));
      }
      const judged = await judge(server, home, small);
      for (const _ of small)
        others.check(judged.completed === small.length, JSON.stringify(judged));
      const endless = await submit('/fault/endless.mp4?kib_per_s=20000');
      const full = await ended(server, endless);
      unknown.check(full?.error?.code === 'DISK_FULL', full?.error?.code ?? 'lost');
      // The large one still waits, so what the other has left is in the way.
      const isFreed = await eventually(async () => {
        const { bavail, bsize } = await statfs(disk.path);
        return bavail * bsize > 12 * MIB;
      });
      unknown.check(isFreed, 'its partial file stayed');
      await disk.grow(80);
      const whole = await judge(server, home, [large]);
      goesOn.check(whole.completed === 1 && whole.different.length === 0, JSON.stringify(whole));
      return [waits.read(), others.read(), unknown.read(), goesOn.read()];
    } finally {
      // First: a folder that is mounted cannot be removed.
      await disk.remove();
      await home.remove();
      await origin.close();
    }
  },
};

export const fullHistory: Scenario = {
  name: 'full-history',
  about: 'the disk of the history is filled and freed again, while requests come',
  seconds: 40,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const refused = createVerdict('without room a request is 503 and nothing of it is kept');
    const kept = createVerdict('what was accepted before, between and after is in the history');
    const disk = await mountSmallDisk(join(home.folder, 'state'), 2).catch(
      async (error: unknown) => {
        await home.remove();
        await origin.close();
        throw error;
      },
    );
    const historyFile = join(disk.path, 'history.json');
    const filler = join(disk.path, 'filler');
    try {
      const server = await home.start({ EGRESS_ALLOW: origin.hostPort, HISTORY_FILE: historyFile });
      const accepted: string[] = [];
      const post = async (n: number) => {
        const url = `${origin.url}/media/tiny.mp4?n=${n}`;
        const answer = await server.client.call('createDownloads', { body: { url } });
        if (answer.status === 202) accepted.push(...answer.body.downloads.map(({ id }) => id));
        return answer.status as number;
      };
      for (let round = 0; round < times(context, 6, 2) && !context.isOver(); round += 1) {
        kept.check((await post(round * 10)) === 202, 'refused although there was room');
        const { bavail, bsize } = await statfs(disk.path);
        await writeFile(filler, Buffer.alloc(bavail * bsize - 1024)).catch(() => undefined);
        const before = accepted.length;
        const full = await post(round * 10 + 1);
        refused.check(full === 503 && accepted.length === before, `answered ${full}`);
        const { total } = await server.client.listDownloads();
        refused.check(total === accepted.length, `${total} records of ${accepted.length}`);
        await rm(filler);
        kept.check((await post(round * 10 + 2)) === 202, 'refused although there was room again');
      }
      const judged = await judge(server, home, accepted);
      await server.stop();
      const stored = JSON.parse(await readFile(historyFile, 'utf8')) as { downloads: Download[] };
      const found = new Set(stored.downloads.map(({ id }) => id));
      for (const id of accepted) kept.check(found.has(id), `${id} is gone`);
      kept.check(judged.completed === accepted.length, JSON.stringify(judged.failed));
      return [refused.read(), kept.read()];
    } finally {
      // First: a folder that is mounted cannot be removed.
      await disk.remove();
      await home.remove();
      await origin.close();
    }
  },
};
