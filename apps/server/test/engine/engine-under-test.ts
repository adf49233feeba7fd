import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  createEngineHost,
  type EngineHost,
  type EngineTools,
} from '../../src/adapters/engine/engine-host.ts';
import type { EngineHostTier } from '../../src/adapters/engine/engine-process.ts';
import {
  openEngineJob,
  type EngineControl,
  type EngineExit,
  type EngineJob,
  type EngineJobSpec,
} from '../../src/worker/engine/engine-connection.ts';
import { toolsUnderTest } from '../tools-under-test.ts';

export const TIERS: readonly EngineHostTier[] =
  process.platform === 'linux' ? ['warm', 'cold'] : ['cold'];

/** yt-dlp by YTDLP_PATH, on PATH, among the managed copies, or as a module on PYTHONPATH. */
export async function engineTools(): Promise<EngineTools & { readonly pythonPath: string }> {
  const found = await toolsUnderTest();
  const folder = (process.env['PYTHONPATH'] ?? '')
    .split(delimiter)
    .find((entry) => existsSync(join(entry, 'yt_dlp', '__init__.py')));
  const ytDlp =
    found.ytDlp ??
    (folder === undefined
      ? null
      : { kind: 'module' as const, path: folder, modulePath: folder, pythonPath: null });
  const pythonPath = ytDlp?.pythonPath ?? found.python?.path;
  if (ytDlp?.kind !== 'module' || pythonPath === undefined) {
    throw new Error('These tests need an importable yt-dlp: set YTDLP_PATH.');
  }
  return { ...found, ytDlp, pythonPath };
}

export interface JobResult {
  readonly lines: readonly string[];
  readonly controls: readonly EngineControl[];
  readonly exit: EngineExit;
}

export interface RunningJob extends EngineJob {
  readonly lines: string[];
  readonly controls: EngineControl[];
  readonly folder: string;
  /** Of the job process, which leads its group. */
  pid(): Promise<number>;
}

export type JobRequest = Partial<EngineJobSpec> & { readonly argv: readonly string[] };

export interface EngineUnderTest {
  readonly host: EngineHost;
  /** Options that every download has, then the given ones. */
  open(request: JobRequest): Promise<RunningJob>;
  run(request: JobRequest): Promise<JobResult & { readonly folder: string }>;
  close(): Promise<void>;
}

/** A host whose `current` is of this tier. */
export async function startEngine(
  tier: EngineHostTier,
  {
    ffmpegPath,
    tools: given,
    ...options
  }: {
    readonly isWatcherForced?: boolean;
    readonly ffmpegPath?: string;
    /** Default: those of this machine. */
    readonly tools?: EngineTools;
    readonly ownPorts?: readonly number[];
    readonly landlockAbi?: number;
    readonly authorities?: string;
    readonly pluginsDir?: string;
    readonly runtimeCpuSeconds?: number;
  } = {},
): Promise<EngineUnderTest> {
  const found = given ?? (await engineTools());
  const tools =
    ffmpegPath === undefined ? found : { ...found, ffmpeg: { path: ffmpegPath, version: '7.1' } };
  const complaints: string[] = [];
  const host = createEngineHost({
    tools,
    logger: {
      info: () => undefined,
      warn: (details, message) => complaints.push(`${message} ${JSON.stringify(details)}`),
    },
    isWarmAllowed: tier === 'warm',
    ...options,
  });
  await waitUntil(
    () => host.current()?.tier === tier,
    () => `a ${tier} host (${complaints.join('; ')})`,
  );
  const { open, run, removeFolders } = jobsAt(() => host.current()?.socketPath ?? '');
  return {
    host,
    open,
    run,
    async close() {
      await host.close();
      await removeFolders();
    },
  };
}

/** The jobs of an engine, and the folders that were made for them. */
export function jobsAt(socketPath: () => string) {
  const folders: string[] = [];

  async function open(request: JobRequest): Promise<RunningJob> {
    const folder = request.folder ?? (await mkdtemp(join(tmpdir(), 'engine-job-')));
    folders.push(folder);
    const spec: EngineJobSpec = {
      program: 'yt-dlp',
      limits: { fileSizeBytes: 100_000_000, memoryBytes: 2 ** 31 },
      egress: { allow: [], proxy: null },
      ...request,
      folder,
    };
    const lines: string[] = [];
    const controls: EngineControl[] = [];
    const job = openEngineJob(socketPath(), spec, {
      onLine: (line) => lines.push(line),
      onControl: (control) => controls.push(control),
    });
    return {
      ...job,
      lines,
      controls,
      folder,
      async pid() {
        const started = await waitUntil(
          () => controls.find((control) => control.kind === 'started'),
          () => 'the job to start',
        );
        return started.pid;
      },
    };
  }

  return {
    open,
    async run(request: JobRequest): Promise<JobResult & { readonly folder: string }> {
      const { closed, lines, controls, folder } = await open(request);
      return { exit: await closed, lines, controls, folder };
    },
    async removeFolders(): Promise<void> {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A new folder with `sound.wav`, a second of silence: something that ffmpeg can read without any network. */
export async function folderWithSound(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-sound-'));
  const bytes = 16_000;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  // 16 bytes of format: PCM, one channel, 8,000 samples a second of two bytes.
  for (const [offset, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const) {
    head.writeUInt16LE(value, offset);
  }
  for (const [offset, value] of [
    [16, 16],
    [24, 8_000],
    [28, 16_000],
    [40, bytes],
  ] as const) {
    head.writeUInt32LE(value, offset);
  }
  head.write('data', 36, 'latin1');
  await writeFile(join(folder, 'sound.wav'), Buffer.concat([head, Buffer.alloc(bytes)]));
  return folder;
}

/** Until it is ended. */
export const ENDLESS_SOUND: readonly string[] =
  '-v quiet -re -stream_loop -1 -i file:sound.wav -f null -'.split(' ');

export const BASIC_ARGV: readonly string[] = (
  '--ignore-config --no-plugin-dirs --no-remote-components --newline --color never --no-mtime ' +
  '--retries 0 --fragment-retries 0 --extractor-retries 0 --file-access-retries 0 --no-js-runtimes'
).split(' ');

/** What a download is run with, as the server does it: no proxy for yt-dlp itself, a name of ours. */
export function downloadArgv(url: string, ...options: readonly string[]): readonly string[] {
  return [...BASIC_ARGV, '--proxy', '', '-o', 'media.%(ext)s', ...options, '--', url];
}

/** Resolves with the first truthy answer; rejects after a deadline that is far longer than any run should take. */
export async function waitUntil<T>(
  probe: () => T | Promise<T>,
  what: () => string,
): Promise<NonNullable<T>> {
  const giveUpAt = Date.now() + 20_000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > giveUpAt) throw new Error(`Waited in vain for ${what()}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
  readonly state: string;
}

/** From /proc, because a zombie answers `kill(pid, 0)` as if it lived. */
export async function processesOfGroup(group: number): Promise<ProcessEntry[]> {
  const found: ProcessEntry[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const entry = await processEntry(Number(name));
    if (entry !== null && entry.group === group) found.push(entry);
  }
  return found;
}

export async function processEntry(
  pid: number,
): Promise<(ProcessEntry & { readonly group: number }) | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const end = stat.lastIndexOf(')');
  const [state = '', parentPid, group] = stat.slice(end + 2).split(' ');
  const command = stat.slice(stat.indexOf('(') + 1, end);
  return { pid, parentPid: Number(parentPid), command, state, group: Number(group) };
}

export async function waitForEmptyGroup(group: number): Promise<void> {
  let left: ProcessEntry[] = [];
  await waitUntil(
    async () => {
      left = await processesOfGroup(group);
      return left.length === 0;
    },
    () => `an empty group: ${JSON.stringify(left)}`,
  );
}
