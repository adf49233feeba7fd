import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient, type Client } from '@artemis/contracts/client';

const serverDir = resolve(import.meta.dirname, '../..');

/** `npm test` has just built what people run, which starts in half the time; a single test takes the sources. */
const PROGRAM =
  process.env['ARTEMIS_TEST_BUILT'] === 'true'
    ? ['dist/main.js']
    : ['--conditions=@artemis/source', '--import', 'tsx', 'src/main.ts'];

/**
 * For a server that downloads nothing: it has no yt-dlp, and says so. An engine takes as much of a processor to become
 * warm as all the rest of a start.
 */
export const WITHOUT_ENGINE = { YTDLP_PATH: '/nowhere/yt-dlp' } as const;

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly baseUrl: string;
  readonly client: Client;
  /** Log lines of stdout, one JSON document each. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Sends the signal and resolves with the exit code, null when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A folder with the downloads, the history and the data of one or several servers, one after another. */
export interface ServerHome {
  readonly folder: string;
  readonly downloadsDir: string;
  readonly historyFile: string;
  start(environment?: Record<string, string>): Promise<ServerProcess>;
  /** Names in the downloads folder, without the folder of running jobs. */
  storedFiles(): Promise<string[]>;
  /** Names below the folder of running jobs. */
  partialFiles(): Promise<string[]>;
  /** Ends what still runs. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** The same, and removes everything. */
  remove(): Promise<void>;
}

export async function createServerHome(): Promise<ServerHome> {
  const folder = await mkdtemp(join(tmpdir(), 'artemis-server-'));
  const downloadsDir = join(folder, 'downloads');
  const historyFile = join(folder, 'downloads-history.json');
  const started: ServerProcess[] = [];

  async function stop(signal?: NodeJS.Signals): Promise<void> {
    for (const server of started) {
      const { exitCode, signalCode } = server.child;
      if (exitCode === null && signalCode === null) await server.stop(signal);
    }
  }

  return {
    folder,
    downloadsDir,
    historyFile,
    async start(environment = {}) {
      const server = await startServer({
        DOWNLOADS_DIR: downloadsDir,
        HISTORY_FILE: historyFile,
        RATE_LIMIT_ENABLED: 'false',
        MIN_FREE_SPACE: '0',
        ...environment,
      });
      started.push(server);
      return server;
    },
    storedFiles: async () =>
      (await readdir(downloadsDir)).filter((name) => name !== '.artemis-jobs').toSorted(),
    partialFiles: async () =>
      (await readdir(join(downloadsDir, '.artemis-jobs'), { recursive: true }).catch(() => []))
        .filter((name) => !name.startsWith('.'))
        .toSorted(),
    stop,
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function startServer(environment: Record<string, string>): Promise<ServerProcess> {
  const port = environment['PORT'] ?? String(await freePort());
  const child = spawn(process.execPath, PROGRAM, {
    cwd: serverDir,
    env: { ...process.env, PORT: port, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  await new Promise<void>((resolvePromise, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (stderr.includes('Artemis is ready:')) resolvePromise();
    });
    child.once('exit', (code) => reject(new StartError(code, stderr)));
  });
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    child,
    baseUrl,
    client: createClient({ baseUrl }),
    stdout: () => stdout,
    stderr: () => stderr,
    stop: (signal = 'SIGTERM') =>
      new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done(child.exitCode);
        child.once('exit', (code) => done(code));
        child.kill(signal);
      }),
  };
}

/** The server ended before it was ready. */
export class StartError extends Error {
  readonly exitCode: number | null;

  constructor(exitCode: number | null, stderr: string) {
    super(`exit ${exitCode}: ${stderr}`);
    this.exitCode = exitCode;
  }
}

/** Below those that systems hand out by themselves, so that no other program gets it before a server listens there. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const isFree = await new Promise<boolean>((done) => {
      const probe = createServer();
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

export interface ProcessInfo {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly command: string;
}

/** All processes as the kernel knows them; a zombie has the state Z. */
export async function processes(): Promise<ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
        const [state = '', parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
        return [{ pid: Number(pid), state, parent: Number(parent), command }];
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}

/** The process and all below it. */
export async function descendantsOf(root: number): Promise<ProcessInfo[]> {
  const all = await processes();
  const found = new Set([root]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid) && pid !== root);
}

/**
 * Those of the given processes that still exist, zombies included; but for one that has ended and waits for init, which
 * reaps in its own time.
 */
export async function stillThere(expected: readonly ProcessInfo[]): Promise<ProcessInfo[]> {
  const now = (await processes()).filter(({ state, parent }) => state !== 'Z' || parent !== 1);
  return expected.filter((before) =>
    now.some(
      ({ pid, command }) => pid === before.pid && (command === before.command || command === ''),
    ),
  );
}

/** Looks again and again until `read` gives something; the time limit of the test ends a wait in vain. */
export async function eventually<T>(read: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const value = await read();
    if (value !== null && value !== undefined && value !== false) return value;
    await new Promise((done) => setTimeout(done, 50));
  }
}

/**
 * Resolves when its engine is warm, before which each job imports yt-dlp for itself: half a second of a processor. For
 * a test with many jobs that is not about the first ones.
 */
export async function warmEngine({ client }: ServerProcess): Promise<void> {
  if (process.platform !== 'linux') return;
  await eventually(async () => (await client.telemetry()).engine.mode === 'warm');
}

/** Resolves when the clean-up of its start is over: it tells then when the next one is. */
export async function firstCleanUp({ client }: ServerProcess): Promise<void> {
  await eventually(async () => (await client.telemetry()).storage.next_cleanup_at);
}
