import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import { parseControlLine, type EngineControl, type EngineExit } from './engine-control.ts';
import { createLineSplitter } from './engine-lines.ts';

export type { EngineControl, EngineExit, LiveGap } from './engine-control.ts';

/** The host kills a stopped job after 2 s. When the job has not ended after this time, the host itself is given up. */
const STOP_PATIENCE_MS = 15_000;

export interface EngineJobSpec {
  /**
   * `yt-dlp` and `solver` (see `engine/solver_proof.py`) run under the guard. `ffprobe` and `ffmpeg` run without it, with the
   * same limits and the same owner.
   */
  readonly program: 'yt-dlp' | 'solver' | 'ffprobe' | 'ffmpeg';
  readonly argv: readonly string[];
  /** Absolute and existing; the job's working directory and the only place it may write to. */
  readonly folder: string;
  /** Text of a cookies file, only for yt-dlp as a Python module. It stays in memory. A secret: never logged. */
  readonly cookies?: string | null;
  readonly limits: {
    /** Largest size of a single file; the kernel enforces it to the byte. */
    readonly fileSizeBytes: number | null;
    readonly memoryBytes: number | null;
  };
  readonly egress: {
    /** Private `host:port` pairs that may be reached; names are resolved once, when the job starts. */
    readonly allow: readonly string[];
    /** `isForAll`: yt-dlp's own traffic uses the proxy too; the job may then reach nothing else, not even `allow`. */
    readonly proxy: { readonly url: string; readonly isForAll: boolean } | null;
    /** ffmpeg may follow a plain-http manifest to https, where the kernel restricts connections. */
    readonly allowsHttps?: boolean;
    /** For tests: successive answers for each host name, each one address or several; the last answer repeats. */
    readonly resolver?: Readonly<Record<string, readonly (string | readonly string[])[]>>;
  };
}

export interface EngineJobEvents {
  /** One line of the job's standard output or error, without its line end, never empty, at most 1 MiB. */
  onLine(line: string): void;
  onControl(control: EngineControl): void;
}

export interface EngineJob {
  /** Resolves after the last event, when every process of the job is gone (see `isHostLost`). Never rejects. */
  readonly closed: Promise<EngineExit>;
  /** Asks the host to end the job: SIGINT, after 2 s SIGKILL. Idempotent; `closed` tells when it is done. */
  stop(): void;
  /** Like `stop`, but with SIGKILL at once: for a job whose files are not worth a clean end. */
  kill(): void;
  /** CPU seconds of all processes of the job so far; null when the job has ended or the system cannot tell (macOS). */
  usage(): Promise<number | null>;
}

/**
 * Runs one program under the engine host. The connection owns the job: when it closes for any reason, a
 * terminated thread included, the host kills every process of the job.
 */
export function openEngineJob(
  socketPath: string,
  spec: EngineJobSpec,
  events: EngineJobEvents,
): EngineJob {
  const nonce = randomBytes(16).toString('hex');
  const usageWaiters: ((cpuSeconds: number | null) => void)[] = [];
  let exit: EngineExit | null = null;
  let isStopping = false;
  let patience: NodeJS.Timeout | undefined;

  const socket = createConnection({ path: socketPath, allowHalfOpen: true });
  const splitter = createLineSplitter((line) => {
    const control = parseControlLine(line, nonce);
    if (control === null) events.onLine(line);
    else if (control.kind === 'exit') exit = control.exit;
    else if (control.kind === 'usage') usageWaiters.shift()?.(control.cpuSeconds);
    else events.onControl(control);
  });

  const closed = new Promise<EngineExit>((resolve) => {
    socket.on('data', (chunk) => splitter.push(chunk));
    socket.on('end', () => socket.end());
    // 'close' always follows an error, and the exit line tells both cases apart.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(patience);
      // The last line, flushed below, may make the caller stop the job: there is nothing left to wait for.
      isStopping = true;
      splitter.flush();
      for (const answer of usageWaiters.splice(0)) answer(null);
      resolve(exit ?? lost);
    });
  });
  socket.write(`${JSON.stringify(firstLine(spec, nonce))}\n`);

  function stop(lastRequest = ''): void {
    if (isStopping) return;
    isStopping = true;
    socket.end(lastRequest);
    patience = setTimeout(() => socket.destroy(), STOP_PATIENCE_MS);
  }

  return {
    closed,
    stop: () => stop(),
    kill: () => stop('{"ask":"kill"}\n'),
    usage() {
      if (isStopping || !socket.writable) return Promise.resolve(null);
      return new Promise((resolve) => {
        usageWaiters.push(resolve);
        socket.write('{"ask":"usage"}\n');
      });
    },
  };
}

const lost: EngineExit = {
  status: null,
  signal: null,
  cpuSeconds: null,
  peakMemoryBytes: null,
  isHostLost: true,
};

function firstLine(spec: EngineJobSpec, nonce: string): object {
  const { program, argv, folder, limits, egress } = spec;
  const { proxy } = egress;
  return {
    nonce,
    program,
    argv,
    folder,
    cookies: spec.cookies ?? null,
    limits: { file_size_bytes: limits.fileSizeBytes, data_bytes: limits.memoryBytes },
    egress: {
      allow: egress.allow,
      resolver: egress.resolver ?? {},
      allows_https: egress.allowsHttps === true,
      proxy: proxy === null ? null : { url: proxy.url, all: proxy.isForAll },
    },
  };
}
