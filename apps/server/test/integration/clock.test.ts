import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '@artemis/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import {
  createServerHome,
  firstCleanUp,
  WITHOUT_ENGINE,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';
import { clockOfFile, wrongClock } from './wrong-clock.ts';

const LIMIT_MS = 180_000;

let origin: Awaited<ReturnType<typeof startOrigin>>;
/** What a server has left that ran under the right clock. */
let filled: Filled & { readonly home: ServerHome };
let home: ServerHome;

beforeAll(async () => {
  origin = await startOrigin();
  const first = await createServerHome();
  const server = await start(first);
  const files = await fill(server, first);
  expect(await clockOf(server)).toMatchObject({ failing: [], state: 'ok' });
  await server.stop();
  filled = { home: first, ...files };
}, LIMIT_MS);
afterAll(async () => {
  await filled.home.remove();
  await origin.close();
});
beforeEach(async () => {
  home = await createServerHome();
});
afterEach(() => home.remove());

/** With the shortest retention that there is, after its first clean-up. */
async function start(at: ServerHome, environment: Record<string, string> = {}) {
  const settings = { EGRESS_ALLOW: origin.hostPort, MAX_ATTEMPTS: '1', CLEANUP_AFTER_DAYS: '1' };
  const server = await at.start({ ...settings, ...environment });
  await firstCleanUp(server);
  return server;
}

/** Of what was filled, or filled before: nothing more is downloaded. */
const startAgain = (clock: Record<string, string> = {}) =>
  start(home, { ...WITHOUT_ENGINE, ...clock });

async function download({ client }: ServerProcess, path: string) {
  const { downloads } = await client.createDownloads({ url: origin.url + path });
  return client.waitFor(downloads[0]?.id ?? '', { intervalMs: 50 });
}

interface Filled {
  readonly stored: Download;
  readonly failed: Download;
}

/** One stored file, and the partial files of a download that has failed. */
async function fill(server: ServerProcess, at: ServerHome): Promise<Filled> {
  const stored = await download(server, '/media/tiny.mp4');
  expect(stored.status).toBe('completed');
  const failed = await download(server, '/fault/status/404/clip.mp4');
  expect(failed.status).toBe('failed');
  expect(await at.partialFiles()).toContain(failed.id);
  return { stored, failed };
}

/** The home of the test becomes a copy of what was filled. */
async function takeFilled(): Promise<Filled> {
  await cp(filled.home.folder, home.folder, { recursive: true, preserveTimestamps: true });
  return filled;
}

/** `failing`: what makes the server not ready. */
async function clockOf({ client }: ServerProcess) {
  const { checks } = await client.readiness();
  const check = checks.find(({ name }) => name === 'clock');
  const failing = checks.filter(({ state }) => state === 'fail').map(({ name }) => name);
  return { failing, state: check?.state, message: check?.message ?? '' };
}

it(
  'a start under a wrong clock deletes nothing, nor the next one, and /readyz reports it',
  async () => {
    const { stored, failed } = await takeFilled();
    for (const [clock, told] of [
      ['+30d', 'ahead by 30 days'],
      ['@1970-01-02 00:00:00', 'back by'],
      ['+0', 'is back'],
    ] as const) {
      const server = await startAgain(wrongClock(clock));
      const seen = await clockOf(server);
      expect({ clock, ...seen }).toMatchObject({ clock, failing: ['engine'], state: 'warn' });
      expect(seen.message).toContain(told);
      expect(await home.storedFiles()).toEqual([`${stored.id}.mp4`]);
      expect(await home.partialFiles()).toContain(failed.id);
      expect((await server.client.getDownload(stored.id)).download).toMatchObject({
        storage_path: stored.storage_path,
      });
      await server.stop();
    }
  },
  LIMIT_MS,
);

it(
  'a file stored while the clock was sixty days behind stays when it is right again',
  async () => {
    const behind = await start(home, wrongClock('-60d'));
    const { stored, failed } = await fill(behind, home);
    await behind.stop();
    const right = await startAgain();
    expect((await clockOf(right)).message).toContain('ahead by 60 days');
    expect(await home.storedFiles()).toEqual([`${stored.id}.mp4`]);
    expect(await home.partialFiles()).toContain(failed.id);
  },
  LIMIT_MS,
);

it(
  '/readyz reports at once when the clock of a running server jumps and when it is back',
  async () => {
    const clock = join(home.folder, 'clock');
    await writeFile(clock, '+0\n');
    const server = await startAgain(clockOfFile(clock));
    expect((await clockOf(server)).state).toBe('ok');
    await writeFile(clock, '+31d\n');
    expect((await clockOf(server)).message).toContain('ahead by 31 days');
    await writeFile(clock, '-5h\n');
    expect((await clockOf(server)).message).toContain('is back');
  },
  LIMIT_MS,
);

it(
  'a file is deleted when two starts a day apart find it old',
  async () => {
    const { stored, failed } = await takeFilled();
    const left: Record<string, boolean> = {};
    for (const clock of ['+20h', '+40h', '+60h', '+80h']) {
      const server = await startAgain(wrongClock(clock));
      expect(await clockOf(server)).toMatchObject({ failing: ['engine'], state: 'ok' });
      left[clock] = (await home.storedFiles()).includes(`${stored.id}.mp4`);
      if (clock !== '+80h') await server.stop();
      else {
        const { download: record } = await server.client.getDownload(stored.id);
        expect(record).toMatchObject({ status: 'completed', storage_path: null, artifacts: [] });
        expect(record.expires_at).toBeNull();
      }
    }
    expect(left).toEqual({ '+20h': true, '+40h': true, '+60h': true, '+80h': false });
    expect(await home.partialFiles()).not.toContain(failed.id);
  },
  LIMIT_MS,
);
