import { createHash } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '@artemis/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import {
  createServerHome,
  descendantsOf,
  eventually,
  StartError,
  stillThere,
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

/** So slow that nothing ends before the stop, however busy the machine is. */
async function queueSlow(server: ServerProcess): Promise<Download[]> {
  const urls = [1, 2, 3, 4].map(
    (number) => `${origin.url}/padded.mp4?size=1000000&kib_per_s=60&n=${number}`,
  );
  const { downloads } = await server.client.createDownloads({ urls });
  await eventually(async () => {
    const { downloads: running } = await server.client.listDownloads({ status: ['running'] });
    return (
      running.length === 2 &&
      running.every(({ downloaded_bytes: bytes }) => (bytes ?? 0) > BUFFERED_BYTES)
    );
  });
  return downloads;
}

async function expectAllWhole(
  server: ServerProcess,
  downloads: readonly Download[],
): Promise<void> {
  const source = await fetch(`${origin.url}/padded.mp4?size=1000000`);
  const hash = createHash('sha256')
    .update(Buffer.from(await source.arrayBuffer()))
    .digest('hex');
  for (const { id } of downloads) {
    const record = await server.client.waitFor(id, { intervalMs: 100 });
    expect(record).toMatchObject({ status: 'completed', attempt: 1 });
    const content = await readFile(join(home.downloadsDir, `${id}.mp4`));
    expect(createHash('sha256').update(content).digest('hex')).toBe(hash);
  }
}

describe('a server that is stopped in the middle', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s leaves no process, loses nothing and continues from the partial files',
    async (signal) => {
      const first = await home.start(environment());
      const downloads = await queueSlow(first);
      const children = await descendantsOf(first.child.pid ?? 0);
      expect(children.length).toBeGreaterThan(0);
      const code = await first.stop(signal);
      if (signal === 'SIGTERM') expect(code).toBe(0);
      await eventually(async () => (await stillThere(children)).length === 0);

      const stored = JSON.parse(await readFile(home.historyFile, 'utf8')) as {
        downloads: Download[];
      };
      expect(stored.downloads.map(({ id }) => id).toSorted()).toEqual(
        downloads.map(({ id }) => id).toSorted(),
      );
      const before = origin.requests.length;
      origin.isAtFullSpeed = true;
      const second = await home.start(environment());
      await expectAllWhole(second, downloads);
      const resumed = origin.requests
        .slice(before)
        .filter(({ range }) => /bytes=[1-9]/.test(range ?? ''));
      expect(resumed.length).toBeGreaterThan(0);
      expect(await home.storedFiles()).toHaveLength(4);
    },
    2 * MINUTE,
  );
});

describe('slots', () => {
  it(
    'are all in use at once, however few cores there are',
    async () => {
      const server = await home.start({ ...environment(), MAX_WORKERS: '6', MAX_PER_HOST: '6' });
      const urls = [1, 2, 3, 4, 5, 6].map(
        (number) => `${origin.url}/fault/trickle.mp4?kib_per_s=20&n=${number}`,
      );
      await server.client.createDownloads({ urls });
      await eventually(async () => {
        const { downloads } = await server.client.listDownloads({ status: ['running'] });
        return downloads.filter(({ downloaded_bytes: bytes }) => (bytes ?? 0) > 0).length === 6;
      });
    },
    MINUTE,
  );
});

describe('DELETE of a running download', () => {
  it(
    'ends its processes and removes its partial files',
    async () => {
      const server = await home.start(environment());
      const idle = await descendantsOf(server.child.pid ?? 0);
      const { downloads } = await server.client.createDownloads({
        url: `${origin.url}/fault/trickle.mp4?kib_per_s=20`,
      });
      const id = downloads[0]?.id ?? '';
      await eventually(async () =>
        (await home.partialFiles()).some((name) => name.endsWith('.part')),
      );
      const children = (await descendantsOf(server.child.pid ?? 0)).filter(
        ({ pid }) => !idle.some((known) => known.pid === pid),
      );
      expect(children.length).toBeGreaterThan(0);
      const cancelled = await server.client.cancelDownload(id);
      expect(cancelled.status).toBe('cancelled');
      await eventually(async () => (await stillThere(children)).length === 0);
      await eventually(async () => (await home.partialFiles()).length === 0);
      expect(await home.storedFiles()).toEqual([]);
      await eventually(async () => (await server.client.telemetry()).workers.busy === 0);
    },
    MINUTE,
  );
});

describe('a start', () => {
  it(
    'on a damaged history reads the last good copy and keeps the damaged file',
    async () => {
      const first = await home.start(environment());
      const { downloads } = await first.client.createDownloads({
        url: `${origin.url}/media/tiny.mp4`,
      });
      await first.client.waitFor(downloads[0]?.id ?? '');
      await first.stop();
      await truncate(home.historyFile, 100);
      const second = await home.start(environment());
      const list = await second.client.listDownloads();
      expect(list.downloads.map(({ id, status }) => [id, status])).toEqual([
        [downloads[0]?.id, 'completed'],
      ]);
      const names = await readdir(home.folder);
      expect(names.filter((name) => name.startsWith('downloads-history.corrupt-'))).toHaveLength(1);
      const { checks } = await second.client.readiness();
      expect(checks.find(({ name }) => name === 'history')).toMatchObject({ state: 'warn' });
    },
    MINUTE,
  );

  it(
    'reads an older history, a bare array of records',
    async () => {
      const old = [
        { id: '0a2b4c6d-0000-4000-8000-000000000001', url: 'https://example.org/v', title: 'Old' },
      ];
      await writeFile(home.historyFile, JSON.stringify(old));
      const server = await home.start(environment());
      const { downloads } = await server.client.listDownloads();
      expect(downloads).toMatchObject([{ title: 'Old', status: 'completed', tags: [] }]);
    },
    MINUTE,
  );

  it(
    'of a second server on the same data ends with 75, a taken port with 1, a bad setting with 78',
    async () => {
      const first = await home.start(environment());
      const { port } = new URL(first.baseUrl);
      await expect(home.start({ ...environment() })).rejects.toMatchObject({ exitCode: 75 });
      const other = await createServerHome();
      try {
        await expect(other.start({ ...environment(), PORT: port })).rejects.toMatchObject({
          exitCode: 1,
        });
        const bad = other.start({ API_TOKEN: 'short' });
        await expect(bad).rejects.toBeInstanceOf(StartError);
        await expect(bad).rejects.toMatchObject({ exitCode: 78 });
        await expect(bad).rejects.not.toThrow(/short/);
      } finally {
        await other.remove();
      }
    },
    MINUTE,
  );

  it(
    'without yt-dlp still works, says what to do, and lets downloads fail with it',
    async () => {
      const server = await home.start({
        ...environment(),
        YTDLP_PATH: join(home.folder, 'nothing'),
      });
      const readiness = await server.client.call('readiness');
      expect(readiness.status).toBe(503);
      const engine = (await server.client.readiness()).checks.find(({ name }) => name === 'engine');
      expect(engine?.state).toBe('fail');
      expect(engine?.remedy).toBeTruthy();
      const { downloads } = await server.client.createDownloads({
        url: `${origin.url}/media/tiny.mp4`,
      });
      const record = await server.client.waitFor(downloads[0]?.id ?? '');
      expect(record.error?.code).toBe('ENGINE_MISSING');
    },
    MINUTE,
  );
});
