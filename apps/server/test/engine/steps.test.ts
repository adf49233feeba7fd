import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ffmpegPath } from '../origin/media.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import {
  downloadArgv,
  engineTools,
  startEngine,
  TIERS,
  waitUntil,
  type EngineUnderTest,
} from './engine-under-test.ts';
import { createSegmentGate, type SegmentGate } from './segment-gate.ts';

const HLS = '/media/many/ts/index.m3u8';
const DASH = '/media/many/dash/manifest.mpd';

/** Every packet with its time and a digest: two Matroska files of the same media differ in their names. */
async function packetsOf(path: string): Promise<string> {
  const argv = ['-v', 'error', '-i', path, '-map', '0', '-c', 'copy', '-f', 'framemd5', '-'];
  return (await promisify(execFile)(ffmpegPath, argv)).stdout;
}

interface Steps {
  readonly path: string;
  readonly options: readonly string[];
  /** What is left in the end. */
  readonly file: string;
  /** How often ffmpeg is started. */
  readonly calls: number;
}

const STEPS: Readonly<Record<string, Steps>> = {
  'repairs MPEG-TS, embeds metadata': {
    ...{ path: HLS, options: ['--embed-metadata'], file: 'media.mp4', calls: 2 },
  },
  'joins, converts, embeds metadata': {
    path: DASH,
    options: ['-f', 'bv+ba', '--remux-video', 'mkv', '--embed-metadata'],
    ...{ file: 'media.mkv', calls: 3 },
  },
  'extracts the sound': {
    path: HLS,
    options: ['-f', 'b', '-x', '--audio-format', 'mp3'],
    ...{ file: 'media.mp3', calls: 2 },
  },
};

describe.each(TIERS)('steps after the download in the %s engine', { timeout: 120_000 }, (tier) => {
  let origin: Origin;
  let engine: EngineUnderTest;
  let gate: SegmentGate;
  let tools: string;
  const expectations = new Map<Steps, string>();
  const folders: string[] = [];

  beforeAll(async () => {
    origin = await startOrigin();
    const { ffmpeg } = await engineTools();
    tools = await newFolder();
    const path = join(tools, 'ffmpeg');
    await writeFile(path, mortalFfmpeg(ffmpeg?.path ?? 'ffmpeg'));
    await chmod(path, 0o755);
    engine = await startEngine(tier, { ffmpegPath: path });
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
    const folder = await mkdtemp(join(tmpdir(), 'steps-'));
    folders.push(folder);
    return folder;
  }

  /** In its folder a file `dies` says at which call it writes half an output and waits to be killed with the job. */
  function mortalFfmpeg(path: string): string {
    return `#!/bin/sh
case "$*" in *' -i '*) ;; *) exec '${path}' "$@";; esac
echo >> "$HOME/calls"
if [ -f "$HOME/dies" ] && [ "$(wc -l < "$HOME/calls")" = "$(cat "$HOME/dies")" ]; then
  for output; do :; done
  head -c 2000 "$HOME"/media*.mp4 > "$HOME/half" 2> /dev/null
  mv "$HOME/half" "\${output#file:}"
  [ -f "$HOME/fails" ] && exit 1
  touch "$HOME/dying"
  exec sleep 60
fi
exec '${path}' "$@"
`;
  }

  async function attempt(folder: string, { path, options }: Steps) {
    const argv = downloadArgv(`${origin.url}${path}`, '--fixup', 'force', ...options);
    const egress = { allow: [origin.hostPort], proxy: null };
    const job = await engine.open({ argv, folder, egress });
    const isDying = () => existsSync(join(folder, 'dying'));
    let hasEnded = false;
    void job.closed.then(() => (hasEnded = true));
    await waitUntil(
      () => hasEnded || isDying(),
      () => 'the end of the job or of ffmpeg',
    );
    // The sandbox keeps ffmpeg from doing this itself.
    if (!hasEnded) process.kill(await job.pid(), 'SIGKILL');
    const exit = await job.closed;
    await rm(join(folder, 'dying'), { force: true });
    return { exit, lines: job.lines };
  }

  async function whole(steps: Steps): Promise<string> {
    const known = expectations.get(steps);
    if (known !== undefined) return known;
    const folder = await newFolder();
    const { exit, lines } = await attempt(folder, steps);
    expect(exit.status, lines.join('\n')).toBe(0);
    const calls = await readFile(join(folder, 'calls'), 'utf8');
    expect(calls).toHaveLength(steps.calls);
    const packets = await packetsOf(join(folder, steps.file));
    expectations.set(steps, packets);
    return packets;
  }

  // A job of the cold engine takes much longer to begin, and then does the same: one case shows that it does.
  const all = Object.entries(STEPS).flatMap(([name, steps]) =>
    Array.from({ length: steps.calls }, (_, index) => [name, index + 1, steps] as const),
  );
  const isFirst = tier === TIERS[0];
  const cases = isFirst ? all : all.slice(0, 1);

  it.each(cases)('%s: step %i is repeated when it was killed', async (_, call, steps) => {
    const expected = await whole(steps);
    const folder = await newFolder();
    await writeFile(join(folder, 'dies'), String(call));
    const killed = await attempt(folder, steps);
    expect(killed.exit.signal).toBe(9);
    await rm(join(folder, 'dies'));
    gate.sent.clear();
    const { exit, lines } = await attempt(folder, steps);
    expect(exit.status, lines.join('\n')).toBe(0);
    expect(await packetsOf(join(folder, steps.file))).toBe(expected);
    expect([...gate.sent.keys()]).toEqual([]);
    expect((await readdir(folder)).filter((name) => /\.temp\.|steps/.test(name))).toEqual([]);
  });

  if (isFirst) {
    it('repeats a failed step from what was fetched', async () => {
      const steps = STEPS['joins, converts, embeds metadata'] as Steps;
      const expected = await whole(steps);
      const folder = await newFolder();
      await writeFile(join(folder, 'dies'), '2');
      await writeFile(join(folder, 'fails'), '');
      expect((await attempt(folder, steps)).exit.status).toBe(1);
      await rm(join(folder, 'dies'));
      gate.sent.clear();
      // What was recorded of a live stream is none of its files, and cannot be fetched anew.
      await writeFile(join(folder, 'media-live0001.mp4'), 'recorded');
      expect((await attempt(folder, steps)).exit.status).toBe(0);
      expect(await readFile(join(folder, 'media-live0001.mp4'), 'utf8')).toBe('recorded');
      expect(await packetsOf(join(folder, steps.file))).toBe(expected);
      expect([...gate.sent.keys()]).toEqual([]);
    });
  }
});
