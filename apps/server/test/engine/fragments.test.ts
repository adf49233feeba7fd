import {
  appendFile,
  copyFile,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runsOf } from '../long-run.ts';
import { cutConnection } from '../origin/exchange.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { createRandom } from '../torture/random.ts';
import { downloadArgv, TIERS } from './engine-under-test.ts';
import { AES_KEY_HEX, AES_PATH, createSegmentGate, type SegmentGate } from './segment-gate.ts';
import { sharedEngine, type SharedEngine } from './shared-engine.ts';

const HLS = '/media/many/ts/index.m3u8';
const SEED = Number(process.env['ARTEMIS_FRAGMENTS_SEED'] ?? 11);
const ROUNDS = runsOf('ARTEMIS_FRAGMENTS_ROUNDS', 1);

const OPTIONS = (
  '-N 8 --abort-on-unavailable-fragments --fragment-retries 5 --fixup force ' +
  '--print after_move:%(filepath)s --no-simulate --no-quiet'
).split(' ');

const KINDS = {
  'MPEG-TS': [HLS],
  'fragmented MP4': ['/media/many/fmp4/index.m3u8'],
  'byte ranges': ['/media/many/ranges/index.m3u8'],
  'AES without a vector': [AES_PATH],
  'one fragment at a time': [HLS, '-N', '1'],
  'DASH, two streams': ['/media/many/dash/manifest.mpd', '-f', 'bv+ba'],
} as const;

describe.each(TIERS)('fragments in a process of the %s engine', { timeout: 120_000 }, (tier) => {
  let origin: Origin;
  let engine: SharedEngine;
  let gate: SegmentGate;
  let aesInfo: string;
  const folders: string[] = [];

  beforeAll(async () => {
    origin = await startOrigin();
    engine = await sharedEngine(tier);
    aesInfo = join(await newFolder(), 'aes.json');
    const url = `${origin.url}${AES_PATH}`;
    const names = { id: 'x', title: 'x', extractor: 'generic', extractor_key: 'Generic' };
    const how = { ext: 'mp4', protocol: 'm3u8_native', hls_aes: { key: AES_KEY_HEX } };
    await writeFile(aesInfo, JSON.stringify({ ...names, ...how, url, webpage_url: url }));
  }, 60_000);

  beforeEach(() => {
    gate = createSegmentGate(origin);
  });

  afterAll(async () => {
    await engine.close();
    await origin.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  async function newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'fragments-'));
    folders.push(folder);
    return folder;
  }

  async function open(folder: string, [path, ...options]: readonly [string, ...string[]]) {
    const url = `${origin.url}${path}`;
    const argv = [...downloadArgv(url, ...OPTIONS, ...options)];
    // The key of the playlist would make yt-dlp leave it all to ffmpeg where Python has no Cryptodome.
    if (path === AES_PATH) {
      await copyFile(aesInfo, join(folder, 'aes.json'));
      argv.splice(-2, 2, '--load-info-json', 'aes.json');
    }
    return engine.open({ argv, folder, egress: { allow: [origin.hostPort], proxy: null } });
  }

  async function finish(folder: string, kind: readonly [string, ...string[]]) {
    gate.allow(Infinity);
    const job = await open(folder, kind);
    const exit = await job.closed;
    return { ...job, exit };
  }

  async function whole(kind: readonly [string, ...string[]]): Promise<Buffer> {
    const folder = await newFolder();
    const { exit, lines } = await finish(folder, kind);
    expect(exit.status, lines.join('\n')).toBe(0);
    return media(folder);
  }

  async function media(folder: string): Promise<Buffer> {
    const names = (await readdir(folder)).filter((name) => /^media\.\w+$/.test(name));
    expect(names).toEqual(['media.mp4']);
    return readFile(join(folder, 'media.mp4'));
  }

  async function interrupt(
    folder: string,
    kind: readonly [string, ...string[]],
    segments: number,
    how: 'closed' | 'killed',
  ): Promise<void> {
    gate.allow(segments);
    const job = await open(folder, kind);
    const ended = await Promise.race([job.closed, gate.held().then(() => null)]);
    if (ended === null && how === 'closed') job.stop();
    else if (ended === null) process.kill(await job.pid(), 'SIGKILL');
    await job.closed;
  }

  // A job of the cold engine takes much longer to begin, and then does the same.
  const kinds = Object.entries(KINDS).filter(([name]) => tier === 'warm' || /TS|DASH/.test(name));

  it.each(kinds)('are each appended once, whatever interrupts them: %s', async (_, kind) => {
    const expected = await whole(kind);
    for (let round = 0; round < ROUNDS; round += 1) {
      const random = createRandom(SEED + round);
      const folder = await newFolder();
      const cuts: string[] = [];
      for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
        const segments = 1 + Math.floor(random() * 40);
        const how = random() < 0.5 ? 'closed' : 'killed';
        cuts.push(`${how} after ${segments}`);
        await interrupt(folder, kind, segments, how);
      }
      const { exit, lines } = await finish(folder, kind);
      expect(exit.status, lines.join('\n')).toBe(0);
      expect((await media(folder)).equals(expected), cuts.join(', ')).toBe(true);
    }
  });

  it('are missing when they are truncated each time', async () => {
    gate.faults.set('ts/segment-12.ts', (exchange) => {
      exchange.response.writeHead(200, { 'Content-Length': 3_000 });
      exchange.response.write(Buffer.alloc(188, 0x47));
      cutConnection(exchange);
      return true;
    });
    const { exit, controls } = await finish(await newFolder(), [HLS]);
    expect(exit.status).toBe(1);
    expect(controls.find(({ kind }) => kind === 'missing')).toMatchObject({
      segments: { count: 1, total: 60, places: [{ index: 13, atSeconds: 12 }], inits: [] },
    });
  });

  it('are removed where they were appended without a record', async () => {
    const expected = await whole([HLS]);
    const folder = await newFolder();
    await interrupt(folder, [HLS], 20, 'killed');
    const part = join(folder, 'media.mp4.part');
    expect((await stat(part)).size).toBeGreaterThan(0);
    await appendFile(part, Buffer.alloc(5_000, 0x47));
    const { exit, lines } = await finish(folder, [HLS]);
    expect(exit.status, lines.join('\n')).toBe(0);
    expect((await media(folder)).equals(expected)).toBe(true);
  });
});
