import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, appendFile, cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '@artemis/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, type PassedTime } from '../../src/domain/passed-time.ts';
import { startOrigin } from '../origin/origin.ts';
import {
  createServerHome,
  eventually,
  firstCleanUp,
  WITHOUT_ENGINE,
  type StartError,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

const MINUTE = 60_000;
/** What yt-dlp may not have written yet when it is killed. */
const BUFFERED_BYTES = 32_000;

let origin: Awaited<ReturnType<typeof startOrigin>>;
/** What a server has left: files of downloads that are complete, and the partial files of one that was paused. */
let filled: {
  readonly home: ServerHome;
  readonly stored: readonly Download[];
  readonly paused: Download;
};
let home: ServerHome;

beforeAll(async () => {
  origin = await startOrigin();
  const first = await createServerHome();
  const server = await first.start(environment());
  const stored = await storeSmall(server, 3);
  const paused = await queueSlow(server);
  await server.client.pauseDownload(paused.id);
  await server.stop();
  filled = { home: first, stored, paused };
}, MINUTE);
afterAll(async () => {
  await filled.home.remove();
  await origin.close();
});
beforeEach(async () => {
  home = await createServerHome();
});
afterEach(() => home.remove());

/** The home of the test becomes a copy of what was filled. */
async function takeFilled() {
  await cp(filled.home.folder, home.folder, { recursive: true, preserveTimestamps: true });
  return filled;
}

const environment = () => ({ EGRESS_ALLOW: origin.hostPort, MAX_WORKERS: '2' });

/** Another history and another data folder, on the same downloads. */
const otherHome = () => ({
  ...environment(),
  HISTORY_FILE: join(home.folder, 'other', 'downloads-history.json'),
});

/** So slow that it does not end before a stop, however busy the machine is, nor while another server starts. */
async function queueSlow(server: ServerProcess): Promise<Download> {
  const { downloads } = await server.client.createDownloads({
    url: `${origin.url}/padded.mp4?size=10000000&kib_per_s=60`,
  });
  const [download] = downloads;
  if (!download) throw new Error('nothing was queued');
  await eventually(async () => {
    const { download: now } = await server.client.getDownload(download.id);
    return (now.downloaded_bytes ?? 0) > BUFFERED_BYTES;
  });
  return download;
}

async function storeSmall(server: ServerProcess, count: number): Promise<Download[]> {
  const urls = Array.from(
    { length: count },
    (_, n) => `${origin.url}/padded.mp4?size=300000&n=${n}`,
  );
  const { downloads } = await server.client.createDownloads({ urls });
  return Promise.all(downloads.map(({ id }) => server.client.waitFor(id, { intervalMs: 100 })));
}

/** As if the server had run for so much longer. */
async function passDay(): Promise<void> {
  const path = join(home.folder, '.artemis', 'passed-time.json');
  const time = JSON.parse(await readFile(path, 'utf8')) as PassedTime;
  const { passedMs, zeroMs } = time;
  await writeFile(
    path,
    JSON.stringify({ ...time, passedMs: passedMs + DAY_MS, zeroMs: zeroMs - DAY_MS }),
  );
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const exitOf = (start: Promise<ServerProcess>) =>
  start.then(
    () => null,
    (error: unknown) => error as StartError,
  );

describe('a downloads folder', () => {
  it(
    'has one server: a second exits with 75, and partial files of a killed one are kept until it is back',
    async () => {
      const { paused } = await takeFilled();
      const first = await home.start({ ...environment(), ...WITHOUT_ENGINE });
      const refused = await exitOf(home.start({ ...otherHome(), ...WITHOUT_ENGINE }));
      expect(refused?.exitCode).toBe(75);
      expect(refused?.message).toMatch(
        /downloads folder is in use by another Artemis.*DOWNLOADS_DIR/,
      );
      expect((await first.client.getDownload(paused.id)).download.status).toBe('paused');

      // After a kill it is free at once, for its own server and for another.
      await first.stop('SIGKILL');
      const partial = await home.partialFiles();
      expect(partial).toContain(paused.id);
      const folder = join(home.downloadsDir, '.artemis-jobs', paused.id);
      await utimes(folder, 1, 1);
      const blind = await home.start({ ...otherHome(), ...WITHOUT_ENGINE });
      expect((await blind.client.listDownloads({})).total).toBe(0);
      await firstCleanUp(blind);
      expect(await blind.stop()).toBe(0);
      expect(await home.partialFiles()).toEqual(partial);

      const back = await home.start({ ...environment(), ...WITHOUT_ENGINE });
      await firstCleanUp(back);
      expect((await back.client.getDownload(paused.id)).download.status).toBe('paused');
      expect(await home.partialFiles()).toEqual(partial);
    },
    4 * MINUTE,
  );

  it(
    'with 2,000 old work folders does not delay the server, and those of waiting downloads stay',
    async () => {
      const { paused } = await takeFilled();
      const jobs = join(home.downloadsDir, '.artemis-jobs');
      const mark = await readFile(join(jobs, '.marks', paused.id), 'utf8');
      await utimes(join(jobs, paused.id), 1, 1);
      const old = Array.from({ length: 2000 }, () => randomUUID());
      for (const id of old) {
        await mkdir(join(jobs, id));
        await writeFile(join(jobs, id, 'media.mp4.part'), 'half');
        await writeFile(join(jobs, '.marks', id), mark);
        await utimes(join(jobs, id), 1, 1);
      }

      // The first clean-up sees them, the one a day later removes them.
      const seeing = await home.start({ ...environment(), ...WITHOUT_ENGINE });
      await firstCleanUp(seeing);
      expect((await home.partialFiles()).length).toBeGreaterThan(2000);
      await seeing.stop();
      await passDay();
      const second = await home.start({ ...environment(), ...WITHOUT_ENGINE });
      await eventually(() => second.stdout().includes('removed work folders'));
      const [listening, swept] = ['Server listening', 'removed work folders'].map((text) =>
        second.stdout().indexOf(text),
      );
      expect(listening).toBeGreaterThanOrEqual(0);
      expect(listening).toBeLessThan(swept ?? 0);
      const left = await home.partialFiles();
      expect(left.filter((name) => !name.includes('/'))).toEqual([paused.id]);
      expect(left).toContainEqual(expect.stringMatching(/\.part$/));
    },
    2 * MINUTE,
  );

  /** What an older version wrote: without the hash. */
  async function forgetSamples(): Promise<string> {
    const path = join(filled.home.folder, '.artemis', 'published-files.ndjson');
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    const old = lines.map((line) =>
      JSON.stringify({ ...(JSON.parse(line) as object), sample: undefined, modifiedMs: undefined }),
    );
    await writeFile(path, `${old.join('\n')}\n`);
    return path;
  }

  it(
    'may be moved: links work, purge deletes, and edited files are left and named',
    async () => {
      // Not a copy: to the server a copied file is another one. So this is the last of the tests.
      const { stored, home: own } = filled;
      const [kept, purged, edited] = stored;
      if (!kept || !purged || !edited) throw new Error('nothing was stored');
      expect([kept.status, purged.status, edited.status]).toEqual(Array(3).fill('completed'));
      const index = await forgetSamples();
      const updated = await own.start({ ...environment(), ...WITHOUT_ENGINE });
      await eventually(async () => (await readFile(index, 'utf8')).split('"sample"').length === 4);
      await updated.stop();
      const copy = join(own.folder, 'moved');
      execFileSync('cp', ['-a', own.downloadsDir, copy]);
      await appendFile(join(copy, `${edited.id}.mp4`), 'mine');

      const second = await own.start({
        ...{ ...environment(), ...WITHOUT_ENGINE },
        DOWNLOADS_DIR: copy,
      });
      const { download_url: link } = await second.client.getDownload(kept.id);
      const answer = await fetch(second.baseUrl + (link ?? ''));
      expect(answer.status).toBe(200);
      const content = await readFile(join(own.downloadsDir, `${kept.id}.mp4`));
      expect(content.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
      await second.client.purgeDownload(purged.id, 'file');
      expect(await isThere(join(copy, `${purged.id}.mp4`))).toBe(false);
      await second.client.purgeDownload(edited.id, 'file');
      expect(await isThere(join(copy, `${edited.id}.mp4`))).toBe(true);
      const { lines } = await second.client.log();
      expect(lines.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual([
        expect.stringContaining(`downloads/${edited.id}.mp4`),
      ]);
    },
    2 * MINUTE,
  );
});
