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
  WITHOUT_ENGINE,
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
async function queueSlow(server: ServerProcess, name: string): Promise<Download[]> {
  const urls = [1, 2, 3, 4].map(
    (number) => `${origin.url}/padded.mp4?size=4000000&kib_per_s=60&n=${name}-${number}`,
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
  const source = await fetch(`${origin.url}/padded.mp4?size=4000000`);
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

describe('a server that is stopped during downloads', () => {
  it(
    'leaves no process, loses nothing and continues from the partial files, killed or stopped',
    async () => {
      let server = await home.start(environment());
      const known = new Set<string>();
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        origin.isAtFullSpeed = false;
        const downloads = await queueSlow(server, signal);
        for (const { id } of downloads) known.add(id);
        const children = await descendantsOf(server.child.pid ?? 0);
        expect(children.length).toBeGreaterThan(0);
        const code = await server.stop(signal);
        if (signal === 'SIGTERM') expect(code).toBe(0);
        await eventually(async () => (await stillThere(children)).length === 0);

        const stored = JSON.parse(await readFile(home.historyFile, 'utf8')) as {
          downloads: Download[];
        };
        expect(stored.downloads.map(({ id }) => id).toSorted(), signal).toEqual(
          [...known].toSorted(),
        );
        const before = origin.requests.length;
        origin.isAtFullSpeed = true;
        server = await home.start(environment());
        await expectAllWhole(server, downloads);
        const resumed = origin.requests
          .slice(before)
          .filter(({ range }) => /bytes=[1-9]/.test(range ?? ''));
        expect(resumed.length, signal).toBeGreaterThan(0);
        expect(await home.storedFiles()).toHaveLength(known.size);
      }
    },
    4 * MINUTE,
  );
});

describe('a running server', () => {
  it(
    'ends the processes of a deleted download, uses all slots, and has its data and port alone',
    async () => {
      const server = await home.start({ ...environment(), MAX_WORKERS: '6', MAX_PER_HOST: '6' });
      await deleteOneThatRuns(server);
      await useAllSlots(server);
      await refuseOthers(server);
    },
    4 * MINUTE,
  );

  async function deleteOneThatRuns(server: ServerProcess): Promise<void> {
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
  }

  async function useAllSlots(server: ServerProcess): Promise<void> {
    const urls = [1, 2, 3, 4, 5, 6].map(
      (number) => `${origin.url}/fault/trickle.mp4?kib_per_s=20&n=${number}`,
    );
    await server.client.createDownloads({ urls });
    await eventually(async () => {
      const { downloads } = await server.client.listDownloads({ status: ['running'] });
      return downloads.filter(({ downloaded_bytes: bytes }) => (bytes ?? 0) > 0).length === 6;
    });
  }

  /** A second server on the same data ends with 75, one on a taken port with 1, one with a bad setting with 78. */
  async function refuseOthers(server: ServerProcess): Promise<void> {
    const { port } = new URL(server.baseUrl);
    const other = await createServerHome();
    try {
      const bad = other.start({ API_TOKEN: 'short' });
      await Promise.all([
        expect(home.start({ ...environment() })).rejects.toMatchObject({ exitCode: 75 }),
        expect(bad).rejects.toBeInstanceOf(StartError),
        expect(bad).rejects.toMatchObject({ exitCode: 78 }),
        expect(bad).rejects.not.toThrow(/short/),
      ]);
      await expect(
        other.start({ ...environment(), ...WITHOUT_ENGINE, PORT: port }),
      ).rejects.toMatchObject({
        exitCode: 1,
      });
    } finally {
      await other.remove();
    }
  }
});

describe('a start', () => {
  it(
    'without yt-dlp reads an older history, says what to do, fails downloads with a hint, and survives a damaged history',
    async () => {
      const old = [
        { id: '0a2b4c6d-0000-4000-8000-000000000001', url: 'https://example.org/v', title: 'Old' },
      ];
      await writeFile(home.historyFile, JSON.stringify(old));
      const server = await home.start({ ...environment(), ...WITHOUT_ENGINE });
      const list = await server.client.listDownloads();
      expect(list.downloads).toMatchObject([{ title: 'Old', status: 'completed', tags: [] }]);
      const readiness = await server.client.call('readiness');
      expect(readiness.status).toBe(503);
      const engine = (await server.client.readiness()).checks.find(({ name }) => name === 'engine');
      expect(engine?.state).toBe('fail');
      expect(engine?.remedy).toBeTruthy();
      const { downloads } = await server.client.createDownloads({
        url: `${origin.url}/media/tiny.mp4`,
      });
      const record = await server.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 50 });
      expect(record.error?.code).toBe('ENGINE_MISSING');
      await server.stop();
      await readsLastGoodCopy([
        [record.id, 'failed'],
        [old[0]?.id ?? '', 'completed'],
      ]);
    },
    MINUTE,
  );

  async function readsLastGoodCopy(expected: readonly [string, string][]): Promise<void> {
    await truncate(home.historyFile, 100);
    const server = await home.start({ ...environment(), ...WITHOUT_ENGINE });
    const list = await server.client.listDownloads();
    expect(list.downloads.map(({ id, status }) => [id, status])).toEqual(expected);
    const names = await readdir(home.folder);
    expect(names.filter((name) => name.startsWith('downloads-history.corrupt-'))).toHaveLength(1);
    const { checks } = await server.client.readiness();
    expect(checks.find(({ name }) => name === 'history')).toMatchObject({ state: 'warn' });
  }
});
