import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type {
  DownloadOptions,
  FormatPreset,
  Metadata,
  Quality,
  WarningCode,
} from '@artemis/contracts';
import { createEgressProxy } from '../../src/adapters/egress/egress-proxy.ts';
import { createAddressPolicy, type AddressTable } from '../../src/domain/links/address-policy.ts';
import { run } from '../../src/worker/download-task.ts';
import { createJobs, type Jobs } from '../../src/worker/engine/jobs.ts';
import type { ListedEntry, Outcome, OutcomeFile, TaskEvent } from '../../src/domain/attempt.ts';
import type { Task, TaskEngine, TaskLimits } from '../../src/worker/task.ts';
import type { EngineHostTier } from '../../src/adapters/engine/engine-process.ts';
import { engineTools, waitUntil } from '../engine/engine-under-test.ts';
import { sharedEngine } from '../engine/shared-engine.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface TaskRequest {
  readonly format_preset?: FormatPreset;
  readonly quality?: Quality;
  readonly options?: DownloadOptions;
  readonly limits?: Partial<TaskLimits>;
  readonly egressAllow?: readonly string[];
  readonly engine?: Partial<TaskEngine>;
  readonly cookies?: string;
  readonly knownInfo?: string;
  readonly parts?: Task['parts'];
  readonly isKeptIncomplete?: boolean;
  /** Default: a new one. */
  readonly workFolder?: string;
}

export interface TaskRun {
  readonly events: TaskEvent[];
  readonly workFolder: string;
  readonly outcome: Promise<Outcome>;
  stop(): void;
  finish(): void;
}

export interface TaskResult {
  readonly outcome: Outcome;
  readonly events: readonly TaskEvent[];
  readonly workFolder: string;
}

export interface DoneResult extends TaskResult {
  readonly metadata: Metadata;
  readonly suffixes: readonly string[];
  readonly warnings: readonly WarningCode[];
  readonly media: OutcomeFile | undefined;
  readonly entries: readonly ListedEntry[] | undefined;
}

export interface TasksUnderTest {
  readonly origin: Origin;
  /** A path of the origin, or a whole URL. */
  start(path: string, request?: TaskRequest): Promise<TaskRun>;
  run(path: string, request?: TaskRequest): Promise<TaskResult>;
  /** The same of a download that must end well; rejects with its outcome otherwise. */
  done(path: string, request?: TaskRequest): Promise<DoneResult>;
  /** The processes of a task alone, with a work folder of their own. */
  jobs(): Promise<{ readonly jobs: Jobs; readonly workFolder: string }>;
  close(): Promise<void>;
}

export function progressOf(events: readonly TaskEvent[]) {
  return events.filter((event) => event.kind === 'progress');
}

/** The engine of all files, a forward proxy and an origin of their own; tasks run in the calling thread. */
export async function startTasks(
  alsoAllowed: readonly string[] = [],
  tier: EngineHostTier = process.platform === 'linux' ? 'warm' : 'cold',
): Promise<TasksUnderTest> {
  const origin = await startOrigin();
  const engine = await sharedEngine(tier);
  const tools = await engineTools();
  const table = resolve(import.meta.dirname, '../../engine/addresses.json');
  const proxy = createEgressProxy({
    isPublicAddress: createAddressPolicy(JSON.parse(readFileSync(table, 'utf8')) as AddressTable),
    egressAllow: [origin.hostPort, ...alsoAllowed],
    logger,
  });
  await proxy.listen();
  const folders: string[] = [];

  async function taskOf(path: string, request: TaskRequest, proxyUrl: string): Promise<Task> {
    const workFolder = request.workFolder ?? (await mkdtemp(join(tmpdir(), 'download-task-')));
    folders.push(workFolder);
    const current = await waitUntil(
      () => engine.host.current(),
      () => 'an engine host',
    );
    return {
      downloadId: '00000000-0000-4000-8000-000000000000',
      url: path.startsWith('http') ? path : `${origin.url}${path}`,
      selection: {
        format_preset: request.format_preset ?? 'Smart (best combined)',
        quality: request.quality ?? 'best',
        options: request.options ?? {},
      },
      workFolder,
      cookies: request.cookies ?? null,
      engine: {
        ...current,
        kind: 'module',
        ytDlpVersion: engine.host.status().facts?.ytDlpVersion ?? '2026.10.26',
        hasFfmpeg: tools.ffmpeg !== null,
        restrictsConnections: engine.host.status().facts?.sandbox.restrictsConnections === true,
        jsRuntime: null,
        ...request.engine,
      },
      limits: {
        maxFileSizeBytes: 1_000_000_000,
        downloadTimeoutMs: 60_000,
        stallTimeoutMs: 30_000,
        memoryBytes: 2 ** 31,
        ...request.limits,
      },
      egress: {
        allow: request.egressAllow ?? [origin.hostPort, ...alsoAllowed],
        proxyUrl,
        isProxyForAll: false,
      },
      knownInfo: request.knownInfo ?? null,
      parts: request.parts ?? null,
      isKeptIncomplete: request.isKeptIncomplete === true,
    };
  }

  async function start(path: string, request: TaskRequest = {}): Promise<TaskRun> {
    const grant = proxy.issue({});
    const task = await taskOf(path, request, grant.url);
    const { workFolder } = task;
    const { port1, port2 } = new MessageChannel();
    const events: TaskEvent[] = [];
    port1.on('message', (event: TaskEvent) => events.push(event));
    const closed = new Promise((done) => port1.once('close', done));
    const outcome = run({ task, port: port2 }).then(async (result) => {
      await closed;
      grant.revoke();
      return result;
    });
    return {
      events,
      workFolder,
      outcome,
      stop: () => port1.postMessage({ kind: 'stop' }),
      finish: () => port1.postMessage({ kind: 'finish' }),
    };
  }

  async function runToEnd(path: string, request?: TaskRequest): Promise<TaskResult> {
    const { outcome, events, workFolder } = await start(path, request);
    return { outcome: await outcome, events, workFolder };
  }

  return {
    origin,
    start,
    run: runToEnd,
    async done(path, request) {
      const result = await runToEnd(path, request);
      const { outcome } = result;
      if (outcome.kind !== 'done') throw new Error(`${path}: ${JSON.stringify(outcome)}`);
      return {
        ...result,
        metadata: outcome.metadata,
        suffixes: outcome.files.map(({ suffix }) => suffix),
        warnings: outcome.warnings.map(({ code }) => code),
        media: outcome.files[0],
        entries: outcome.entries,
      };
    },
    async jobs() {
      const task = await taskOf('/', {}, 'http://127.0.0.1:9');
      return { jobs: createJobs(task), workFolder: task.workFolder };
    },
    async close() {
      await proxy.close();
      await engine.close();
      await origin.close();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}
