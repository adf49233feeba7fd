import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSegmentGate, type SegmentGate } from '../engine/segment-gate.ts';
import { runsOf } from '../long-run.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { createRandom } from '../torture/random.ts';
import {
  createServerHome,
  descendantsOf,
  eventually,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

const ROUNDS = runsOf('ARTEMIS_FRAGMENTS_ROUNDS', 1);
const TOGETHER = 4;
const ENDINGS = ['pause', 'stop', 'kill server', 'kill host', 'kill job'] as const;

describe('streams in segments that are interrupted', { timeout: 600_000 }, () => {
  let origin: Origin;
  let gate: SegmentGate;
  let home: ServerHome;
  let server: ServerProcess;

  beforeAll(async () => {
    origin = await startOrigin();
    home = await createServerHome();
    await start();
  }, 60_000);

  afterAll(async () => {
    await home.remove();
    await origin.close();
  });

  async function start(): Promise<void> {
    server = await home.start({
      EGRESS_ALLOW: origin.hostPort,
      MAX_WORKERS: String(TOGETHER),
      MAX_PER_HOST: String(TOGETHER),
    });
  }

  async function submit(path: string, count: number): Promise<Download[]> {
    const urls = Array.from({ length: count }, (_, n) => `${origin.url}${path}?n=${n}`);
    return (await server.client.createDownloads({ urls, force: true })).downloads;
  }

  async function bytesOf({ id }: Download): Promise<Buffer> {
    const record = await server.client.waitFor(id, { intervalMs: 100 });
    expect(record.error ?? null).toBeNull();
    expect(record).toMatchObject({ status: 'completed', warnings: [] });
    return readFile(join(home.downloadsDir, `${id}.mp4`));
  }

  async function interrupt(how: (typeof ENDINGS)[number], ids: readonly string[]): Promise<void> {
    if (how === 'pause') {
      for (const id of ids) await server.client.pauseDownload(id).catch(() => undefined);
      await eventually(async () => {
        const { downloads } = await server.client.listDownloads({ status: ['running'] });
        return downloads.length === 0;
      });
      return;
    }
    if (how === 'stop' || how === 'kill server') {
      await server.stop(how === 'stop' ? 'SIGTERM' : 'SIGKILL');
      return start();
    }
    const below = await descendantsOf(server.child.pid ?? 0);
    const isHost = ({ parent }: { parent: number }): boolean => parent === server.child.pid;
    const victims = below.filter(({ command }) => command.includes('host.py'));
    const victim = victims.find((entry) => isHost(entry) === (how === 'kill host'));
    if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');
  }

  it.each([
    ['HLS', '/media/many/ts/index.m3u8'],
    ['DASH', '/media/many/dash/manifest.mpd'],
  ])('are byte for byte the same as uninterrupted ones: %s', async (_, path) => {
    gate = createSegmentGate(origin);
    const [alone] = await submit(path, 1);
    const expected = await bytesOf(alone as Download);
    for (let round = 0; round < ROUNDS; round += 1) {
      const random = createRandom(round + 1);
      const done: string[] = [];
      gate.allow(1 + Math.floor(random() * 40 * TOGETHER));
      const downloads = await submit(path, TOGETHER);
      const ids = downloads.map(({ id }) => id);
      for (let count = 1 + Math.floor(random() * 2); count > 0; count -= 1) {
        const ended = Promise.all(ids.map((id) => server.client.waitFor(id).catch(() => null)));
        await Promise.race([gate.held(), ended]);
        const how = ENDINGS[Math.floor(random() * ENDINGS.length)] ?? 'pause';
        done.push(how);
        await interrupt(how, ids);
        gate.allow(1 + Math.floor(random() * 40 * TOGETHER));
        for (const id of ids) await server.client.resumeDownload(id).catch(() => undefined);
      }
      gate.allow(Infinity);
      for (const download of downloads) {
        expect((await bytesOf(download)).equals(expected), `${round}: ${done.join(', ')}`).toBe(
          true,
        );
      }
    }
  });
});
