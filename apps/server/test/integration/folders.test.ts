import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { createServerHome, eventually, type ServerHome } from './server-process.ts';

const MINUTE = 60_000;

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

const away = () => join(home.folder, 'another-disk');

/** As when the disk of a folder is no longer mounted: an empty folder lies in its place. */
async function unmount(path: string): Promise<void> {
  await rename(path, away());
  await mkdir(path);
}

async function mountAgain(path: string): Promise<void> {
  // The server writes its log into whatever lies there, also at this moment.
  await rm(path, { recursive: true, force: true, maxRetries: 20 });
  await rename(away(), path);
}

async function startedServer() {
  const dataDir = join(home.folder, 'data');
  const environment = { EGRESS_ALLOW: origin.hostPort, MAX_WORKERS: '1', MAX_ATTEMPTS: '1' };
  const server = await home.start({ ...environment, DATA_DIR: dataDir });
  const { client } = server;
  return {
    client,
    dataDir,
    submit: async (path: string) => {
      const { downloads } = await client.createDownloads({ url: origin.url + path });
      return downloads[0]?.id ?? '';
    },
    recordOf: async (id: string) => (await client.getDownload(id)).download,
    storageCheck: async () => {
      const { status } = await client.call('readiness');
      const { checks } = await client.readiness();
      return { status, ...checks.find(({ name }) => name === 'storage') };
    },
  };
}

const isAskedFor = (query: string) =>
  origin.requests.some((request) => request.query.includes(query));

it(
  'an unmounted downloads folder holds the queue, is reported, and costs no attempt',
  async () => {
    const { client, submit, recordOf, storageCheck } = await startedServer();
    const running = await submit('/padded.mp4?size=1500000&kib_per_s=60&n=1');
    const waiting = await submit('/padded.mp4?size=100000&n=2');
    await eventually(async () => ((await recordOf(running)).downloaded_bytes ?? 0) > 0);
    await unmount(home.downloadsDir);
    origin.isAtFullSpeed = true;
    for (const id of [running, waiting]) {
      await eventually(async () => (await recordOf(id)).waiting_for === 'disk');
    }
    expect(isAskedFor('n=2')).toBe(false);
    expect(await storageCheck()).toMatchObject({
      status: 503,
      state: 'fail',
      message: expect.stringContaining(home.downloadsDir) as string,
      remedy: expect.stringContaining('Mount its disk again') as string,
    });
    expect(await readdir(home.downloadsDir)).toEqual([]);
    await mountAgain(home.downloadsDir);
    for (const id of [running, waiting]) {
      expect(await client.waitFor(id)).toMatchObject({ status: 'completed', attempt: 1 });
    }
    expect(await storageCheck()).toMatchObject({ state: 'ok' });
  },
  MINUTE,
);

it(
  'a complete download is stored without another fetch once the data folder is back',
  async () => {
    const { client, dataDir, submit, recordOf, storageCheck } = await startedServer();
    const id = await submit('/padded.mp4?size=600000&kib_per_s=60&n=1');
    await eventually(async () => ((await recordOf(id)).downloaded_bytes ?? 0) > 0);
    await unmount(dataDir);
    origin.isAtFullSpeed = true;
    await eventually(async () => (await recordOf(id)).waiting_for === 'disk');
    expect(await home.storedFiles()).toEqual([]);
    expect(await storageCheck()).toMatchObject({
      status: 503,
      message: expect.stringContaining(dataDir) as string,
    });
    const requests = origin.requests.length;
    await mountAgain(dataDir);
    expect(await client.waitFor(id)).toMatchObject({ status: 'completed', attempt: 1 });
    expect(origin.requests.length).toBe(requests);
  },
  MINUTE,
);
