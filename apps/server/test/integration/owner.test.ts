import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, appendFile, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '@artemis/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
let home: ServerHome;

beforeEach(async () => {
  origin = await startOrigin();
  home = await createServerHome();
});

afterEach(async () => {
  await home.remove();
  await origin.close();
});

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
      const first = await home.start(environment());
      const download = await queueSlow(first);
      const refused = await exitOf(home.start(otherHome()));
      expect(refused?.exitCode).toBe(75);
      expect(refused?.message).toMatch(
        /downloads folder is in use by another Artemis.*DOWNLOADS_DIR/,
      );
      const bytesOf = async () =>
        (await first.client.getDownload(download.id)).download.downloaded_bytes ?? 0;
      const bytesThen = await bytesOf();
      await eventually(async () => (await bytesOf()) > bytesThen);

      // After a kill it is free at once, for its own server and for another.
      await first.stop('SIGKILL');
      const partial = await home.partialFiles();
      expect(partial).toContain(download.id);
      const folder = join(home.downloadsDir, '.artemis-jobs', download.id);
      await utimes(folder, 1, 1);
      const blind = await home.start({ ...otherHome(), ...WITHOUT_ENGINE });
      expect((await blind.client.listDownloads({})).total).toBe(0);
      await firstCleanUp(blind);
      expect(await blind.stop()).toBe(0);
      expect(await home.partialFiles()).toEqual(partial);

      const before = origin.requests.length;
      origin.isAtFullSpeed = true;
      const back = await home.start(environment());
      const ended = await back.client.waitFor(download.id, { intervalMs: 100 });
      expect(ended).toMatchObject({ status: 'completed', attempt: 1 });
      const resumed = origin.requests
        .slice(before)
        .filter(({ range }) => /bytes=[1-9]/.test(range ?? ''));
      expect(resumed.length).toBeGreaterThan(0);
    },
    4 * MINUTE,
  );

  /** What an older version wrote: without the hash. */
  async function forgetSamples(): Promise<string> {
    const path = join(home.folder, '.artemis', 'published-files.ndjson');
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
      const first = await home.start(environment());
      const [kept, purged, edited] = await storeSmall(first, 3);
      if (!kept || !purged || !edited) throw new Error('nothing was stored');
      expect([kept.status, purged.status, edited.status]).toEqual(Array(3).fill('completed'));
      await first.stop();
      const index = await forgetSamples();
      const updated = await home.start({ ...environment(), ...WITHOUT_ENGINE });
      await eventually(async () => (await readFile(index, 'utf8')).split('"sample"').length === 4);
      await updated.stop();
      const copy = join(home.folder, 'moved');
      execFileSync('cp', ['-a', home.downloadsDir, copy]);
      await appendFile(join(copy, `${edited.id}.mp4`), 'mine');

      const second = await home.start({
        ...{ ...environment(), ...WITHOUT_ENGINE },
        DOWNLOADS_DIR: copy,
      });
      const { download_url: link } = await second.client.getDownload(kept.id);
      const answer = await fetch(second.baseUrl + (link ?? ''));
      expect(answer.status).toBe(200);
      const content = await readFile(join(home.downloadsDir, `${kept.id}.mp4`));
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

  it(
    'with 2,000 old work folders does not delay the server, and those of waiting downloads stay',
    async () => {
      const first = await home.start(environment());
      const download = await queueSlow(first);
      await first.client.pauseDownload(download.id);
      await first.stop();
      const jobs = join(home.downloadsDir, '.artemis-jobs');
      const mark = await readFile(join(jobs, '.marks', download.id), 'utf8');
      await utimes(join(jobs, download.id), 1, 1);
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
      const second = await home.start(environment());
      await eventually(() => second.stdout().includes('removed work folders'));
      const [listening, swept] = ['Server listening', 'removed work folders'].map((text) =>
        second.stdout().indexOf(text),
      );
      expect(listening).toBeGreaterThanOrEqual(0);
      expect(listening).toBeLessThan(swept ?? 0);
      expect((await home.partialFiles()).filter((name) => !name.includes('/'))).toEqual([
        download.id,
      ]);
      origin.isAtFullSpeed = true;
      await second.client.resumeDownload(download.id);
      const ended = await second.client.waitFor(download.id, { intervalMs: 100 });
      expect(ended.status).toBe('completed');
    },
    2 * MINUTE,
  );
});
