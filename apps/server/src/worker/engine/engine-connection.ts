import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import { parseControlLine, type EngineControl, type EngineExit } from './engine-control.ts';
import { createLineSplitter } from './engine-lines.ts';

export type { EngineControl, EngineExit, LiveGap } from './engine-control.ts';

/** The host kills after 2 s; a host that has not ended a stopped job by then is given up. */
const STOP_PATIENCE_MS = 15_000;

export interface EngineJobSpec {
  /**
   * `yt-dlp` runs under the guard, `solver` (see `engine/solver_proof.py`) as well; the other two are run as they are, with
   * the same limits and ownership.
   */
  readonly program: 'yt-dlp' | 'solver' | 'ffprobe' | 'ffmpeg';
  readonly argv: readonly string[];
  /** Absolute and existing; the job's working directory and the only place it may write to. */
  readonly folder: string;
  /** A cookies file, for yt-dlp as a module alone; it stays in memory. A secret: never logged. */
  readonly cookies?: string | null;
  readonly limits: {
    /** Of any one file, exact. */
    readonly fileSizeBytes: number | null;
    readonly memoryBytes: number | null;
  };
  readonly egress: {
    /** `host:port` exceptions; names are resolved once, when the job starts. */
    readonly allow: readonly string[];
    /** `isForAll`: yt-dlp's own traffic too; the proxy is then all the job may reach, `allow` included. */
    readonly proxy: { readonly url: string; readonly isForAll: boolean } | null;
    /** ffmpeg may go on to https from a manifest that comes by plain http, where the kernel restricts connections. */
    readonly allowsHttps?: boolean;
    /** For tests: name to successive answers, each an address or several; the last one stays. */
    readonly resolver?: Readonly<Record<string, readonly (string | readonly string[])[]>>;
  };
}

export interface EngineJobEvents {
  /** A line of the job's standard output or error, without its end, never empty, at most 1 MiB. */
  onLine(line: string): void;
  onControl(control: EngineControl): void;
}

export interface EngineJob {
  /** Resolves after the last event, when every process of the job is gone (see `isHostLost`). Never rejects. */
  readonly closed: Promise<EngineExit>;
  /** Asks the host to end the job: SIGINT, after 2 s SIGKILL. Idempotent; `closed` tells when it is done. */
  stop(): void;
  /** As `stop`, but with SIGKILL at once: for a job that leaves nothing worth a clean end. */
  kill(): void;
  /** CPU seconds of all processes of the job so far; null when it has ended or the system cannot tell (macOS). */
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
    // 'close' always follows and says the same: the exit line is there or not.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(patience);
      splitter.flush();
      for (const answer of usageWaiters.splice(0)) answer(null);
      resolve(exit ?? lost);
    });
  });
  socket.write(`${JSON.stringify(firstLine(spec, nonce))}\n`);

  function stop(lastWords = ''): void {
    if (isStopping) return;
    isStopping = true;
    socket.end(lastWords);
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
