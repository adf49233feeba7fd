import { once } from 'node:events';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { pickSelection, type Download, type DownloadOptions, type Phase } from '@artemis/contracts';
import { Piscina } from 'piscina';
import { siteOfLink } from '../domain/cookies/cookie-site.ts';
import { isOfTheEngine } from '../domain/engines/engine-success.ts';
import type { DownloadRunner, RunOptions } from '../domain/ports.ts';
import type { Logger } from '../domain/records.ts';
import type { Outcome, TaskEvent } from '../domain/attempt.ts';
import type { FinishTask, StopTask, Task, TaskEngine, TaskLimits } from '../worker/task.ts';
import { mayHaveCookies, needsProxyForAll } from './engine/engine-kind.ts';
import { ABSENCE_FAILURES, type WithEngine } from './engine/engine-lease.ts';
import type { EngineRoom } from './engines/engine-room.ts';

/** A thread that has not stopped after this time is terminated; its jobs end with their connections. */
const STOP_GRACE_MS = 10_000;
/** A thread that has not loaded its code after this time never will. */
const LOAD_LIMIT_MS = 30_000;
const IS_SOURCE = import.meta.url.endsWith('.ts');

export interface PiscinaRunnerOptions {
  readonly maxWorkers: number;
  readonly limits: TaskLimits;
  /** Exact `host:port` pairs that a job for this link may reach although they are private. */
  readonly egressAllow: (url: string) => readonly string[];
  readonly withEngine: WithEngine;
  /** All versions of yt-dlp; it is told how each attempt ended. */
  readonly engines?: Pick<EngineRoom, 'withVersion' | 'noteEnd'>;
  /** Grants one attempt access to our forward proxy; `upstream` is the proxy that the download asked for. */
  readonly issueProxy: (
    upstream: string | null,
    bytesPerSecond: number | null,
    onRefused: (host: string, port: number) => void,
  ) => { readonly url: string; revoke(): void };
  readonly logger: Logger;
}

export interface PiscinaRunner extends DownloadRunner {
  /** Starts the threads; otherwise the first attempt starts them. */
  warmUp(): void;
  /** Number of attempts that run with this version of yt-dlp now. */
  runningWith(version: string): number;
}

/** Runs attempts in a pool of threads; each download has its own child processes. */
export function createPiscinaRunner(options: PiscinaRunnerOptions): PiscinaRunner {
  const { maxWorkers, logger } = options;
  let pool: Pool | null = null;
  const running = new Map<string, number>();

  function currentPool(): Pool {
    pool ??= createPool(maxWorkers, logger);
    return pool;
  }

  /** Terminates a hung thread together with its pool; the other downloads of the pool continue in the next pool. */
  function replacePool(hung: Pool): void {
    if (pool !== hung) return;
    logger.error({}, 'a download thread does not respond and is terminated');
    pool = createPool(maxWorkers, logger);
    void hung.destroy();
  }

  async function run(
    download: Download,
    runOptions: RunOptions,
    engine: TaskEngine,
  ): Promise<Outcome> {
    if (runOptions.signal.aborted) return { kind: 'stopped', usage: null };
    const upstream = download.options.proxy ?? null;
    const isProxyForAll = needsProxyForAll(download.options, engine.kind);
    const { cookies: lent } = runOptions;
    const cookies = mayHaveCookies(engine.kind) ? lent : null;
    if (lent !== null) {
      const text =
        cookies === null
          ? 'Not using the cookies of this site: a standalone yt-dlp would show them to other users of this computer.'
          : `Using the cookies of ${lent.site}.`;
      runOptions.onEvent({ kind: 'log', level: cookies === null ? 'warn' : 'info', text });
    }
    const limit = proxyLimit(download.options, isProxyForAll);
    const refused: string[] = [];
    const { port1, port2 } = new MessageChannel();
    const ownPool = currentPool();
    let timer: NodeJS.Timeout | null = null;
    const stop = () => {
      port1.postMessage({ kind: 'stop' } satisfies StopTask);
      timer ??= setTimeout(() => replacePool(ownPool), STOP_GRACE_MS);
    };
    const finish = () => port1.postMessage({ kind: 'finish' } satisfies FinishTask);
    const proxy = options.issueProxy(upstream, limit, (host, port) => {
      refused.push(`${host} ${port}`);
      // Only ffmpeg uses the proxy here, and it would silently skip a refused segment.
      if (!isProxyForAll) stop();
    });
    port1.on('message', (event: TaskEvent) => runOptions.onEvent(event));
    runOptions.signal.addEventListener('abort', stop, { once: true });
    runOptions.finish.addEventListener('abort', finish, { once: true });
    // The wish may have come while the attempt waited for an engine.
    if (runOptions.finish.aborted) finish();
    const task: Task = {
      downloadId: download.id,
      url: download.url,
      selection: pickSelection(download),
      workFolder: runOptions.jobFolder,
      cookies: cookies?.text ?? null,
      engine,
      limits: options.limits,
      egress: {
        allow: options.egressAllow(download.url),
        proxyUrl: proxy.url,
        isProxyForAll,
      },
      // What a probe has read may be from before these cookies were given.
      knownInfo: cookies === null ? runOptions.knownInfo : null,
      isKeptIncomplete: download.accept_incomplete === true,
      parts:
        download.retry_parts.length === 0
          ? null
          : {
              names: download.retry_parts,
              mediaPath: runOptions.mediaCopy ?? null,
              metadata: download.metadata,
            },
    };
    try {
      const outcome = await ownPool.run({ task, port: port2 }, { transferList: [port2] });
      if (outcome.kind === 'done') await cookies?.succeeded(outcome.renewedCookies ?? null);
      const isBlocked = refused.length > 0 && !runOptions.signal.aborted;
      if (!isBlocked || (isProxyForAll && outcome.kind !== 'failed')) return outcome;
      const detail = `Refused by policy: ${refused[0]}.`;
      return { ...failed('EGRESS_BLOCKED', detail), usage: outcome.usage };
    } catch (error) {
      if (runOptions.signal.aborted) return { kind: 'stopped', usage: null };
      logger.error({ err: error, downloadId: download.id }, 'the thread of a download has failed');
      return failed('INTERRUPTED', 'The thread of this download has ended.');
    } finally {
      if (timer) clearTimeout(timer);
      runOptions.signal.removeEventListener('abort', stop);
      runOptions.finish.removeEventListener('abort', finish);
      port1.close();
      proxy.revoke();
    }
  }

  async function runWith(
    download: Download,
    runOptions: RunOptions,
    engine: TaskEngine,
  ): Promise<Outcome> {
    const { ytDlpVersion: version } = engine;
    runOptions.onEngine?.(version);
    running.set(version, (running.get(version) ?? 0) + 1);
    try {
      let phase: Phase = 'extracting';
      const onEvent = (event: TaskEvent): void => {
        if (event.kind === 'progress') phase = event.phase;
        runOptions.onEvent(event);
      };
      const outcome = await run(download, { ...runOptions, onEvent }, engine);
      tellEnd(download, version, outcome, phase);
      return outcome;
    } finally {
      running.set(version, (running.get(version) ?? 1) - 1);
    }
  }

  function tellEnd({ id, url }: Download, version: string, outcome: Outcome, phase: Phase): void {
    if (outcome.kind === 'stopped') return;
    if (outcome.kind === 'failed' && !isOfTheEngine(outcome.code, phase)) return;
    options.engines?.noteEnd(version, siteOfLink(url), {
      id,
      isGood: outcome.kind === 'done',
      url,
    });
  }

  return {
    async run(download, runOptions) {
      const { signal } = runOptions;
      const asked = download.retry_engine ?? null;
      const withEngine = asked === null ? options.withEngine : options.engines?.withVersion(asked);
      const outcome = await (withEngine ?? options.withEngine)(
        (engine) => runWith(download, runOptions, engine),
        signal,
      );
      if (typeof outcome !== 'string') return outcome;
      if (signal.aborted) return { kind: 'stopped', usage: null };
      const { code, detail } = ABSENCE_FAILURES[outcome];
      return failed(code, detail);
    },
    warmUp: () => void currentPool(),
    runningWith: (version) => running.get(version) ?? 0,
    async close() {
      if (pool === null) return;
      await threadsLoaded(pool);
      await pool.destroy();
    },
  };
}

/**
 * The limit of the proxy in bytes per second; null: no limit. It is for ffmpeg, which has no limit of its own. When yt-dlp
 * uses the proxy too, its own limit applies, which does not slow down pages; only a section then still needs this one,
 * because ffmpeg fetches it.
 */
function proxyLimit(
  { rate_limit_kbps: kibPerSecond, section }: DownloadOptions,
  isProxyForAll: boolean,
): number | null {
  if (kibPerSecond === undefined || (isProxyForAll && section === undefined)) return null;
  return kibPerSecond * 1024;
}

/** For each pool, the threads that have not loaded their code yet. */
const loading = new WeakMap<Pool, Set<Worker>>();

type Pool = ReturnType<typeof createPool>;

function createPool(maxWorkers: number, logger: Logger) {
  const threads = Math.min(availableParallelism(), maxWorkers);
  const pool = new Piscina<{ task: Task; port: MessagePort }, Outcome>({
    filename: new URL(`../worker/download-task.${IS_SOURCE ? 'ts' : 'js'}`, import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    // Only for tasks without a signal: piscina 5 treats a thread with one abortable task as full.
    concurrentTasksPerWorker: Math.ceil(maxWorkers / threads),
    // Downloads wait only in our own queue; this is slack for a slot that has just become free.
    maxQueue: maxWorkers,
    execArgv: IS_SOURCE ? ['--conditions=@artemis/source', '--import', tsxUrl()] : [],
  });
  loading.set(pool, new Set(pool.threads));
  // A thread sends its first message when its code is loaded.
  for (const thread of pool.threads) {
    thread.once('message', () => loading.get(pool)?.delete(thread));
  }
  pool.on('error', (error: unknown) => logger.error({ err: error }, 'a download thread failed'));
  return pool;
}

/** Node 20.20.2 aborts the whole process when a thread is terminated while its `require` loads an ES module. */
async function threadsLoaded(pool: Pool): Promise<void> {
  const limit = AbortSignal.timeout(LOAD_LIMIT_MS);
  await Promise.all(
    [...(loading.get(pool) ?? [])].map(async (thread) => {
      thread.ref();
      await Promise.race([
        once(thread, 'message', { signal: limit }),
        once(thread, 'exit', { signal: limit }),
      ]).catch(() => undefined);
    }),
  );
}

function failed(
  code: 'ENGINE_MISSING' | 'INTERRUPTED' | 'EGRESS_BLOCKED',
  detail: string,
): Outcome {
  return { kind: 'failed', code, detail, retryAfterSeconds: null, usage: null };
}

function tsxUrl(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}
