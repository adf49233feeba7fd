import { rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { createEngineFolder, sweepEngineFolders } from './engine-folder.ts';
import {
  startEngineProcess,
  type EngineFacts,
  type EngineHostTier,
  type EngineProcess,
} from './engine-process.ts';

export type { EngineFacts, EngineHostTier, EngineSandbox } from './engine-process.ts';

/** The part of the found tools that the engine needs. */
export interface EngineTools {
  readonly python: { readonly path: string } | null;
  readonly ytDlp: {
    readonly kind: 'module' | 'binary';
    readonly path: string;
    readonly modulePath: string | null;
    readonly pythonPath: string | null;
    /** Folder of the package, and its version. When given, the host imports this package and no other. */
    readonly packagePath?: string | null;
    readonly version?: string;
  } | null;
  readonly ffmpeg: { readonly path: string } | null;
  readonly ffprobe: { readonly path: string } | null;
  readonly jsRuntime: { readonly name: 'node' | 'deno'; readonly path: string } | null;
  /** A `DENO_DIR` with the libraries that the solver scripts of this yt-dlp import. */
  readonly solverLibraries?: string | null;
}

/** A pino logger fits. */
export interface EngineLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface EngineHostOptions {
  readonly tools: EngineTools;
  readonly logger: EngineLogger;
  /** Command lines that jobs are likely to have, see `engine/usual_options.py`. */
  readonly usualArgvs?: (tools: EngineTools) => readonly (readonly string[])[];
  /** Ports that no job may reach on loopback, whatever else is allowed. */
  readonly ownPorts?: readonly number[];
  /** Folders and files of the server that no job may read, wherever they are. */
  readonly protectedPaths?: readonly string[];
  /** File with all certificate authorities that downloads trust; default: those of the system. */
  readonly authorities?: string | null;
  /** Folder with the owner's plugins, which jobs may read. */
  readonly pluginsDir?: string | null;
  /** The host ends when this process ends. */
  readonly parentPid?: number;
  /** Called when a host finds that yt-dlp is gone or was replaced. */
  readonly onGone?: () => void;
  /** For tests: CPU seconds that a player script may take. */
  readonly runtimeCpuSeconds?: number;
  /** For tests and measurements: the Landlock version that the kernel pretends to have; 0: no sandbox. */
  readonly landlockAbi?: number;
  /** False keeps jobs on the cold tier. */
  readonly isWarmAllowed?: boolean;
  /** Uses a watcher process, as on systems without a signal at the parent's death. */
  readonly isWatcherForced?: boolean;
}

export interface EngineStatus {
  /** `missing`: there is no Python or no yt-dlp. `starting`: not even the cold host listens yet. */
  readonly mode: EngineHostTier | 'starting' | 'missing';
  readonly kind: 'module' | 'binary' | null;
  readonly facts: EngineFacts | null;
  /** Restarts of hosts that died, since the start of the server. */
  readonly restarts: number;
  /** Why there is no warm host although this system could have one. */
  readonly warmFailure: string | null;
}

export interface EngineHost {
  /** The host for new attempts; null while no host listens. */
  current(): { readonly socketPath: string; readonly tier: EngineHostTier } | null;
  /**
   * Keeps the host behind this socket alive until the returned function is called, even after another host has replaced it:
   * an attempt runs several jobs one after another.
   */
  hold(socketPath: string): () => void;
  status(): EngineStatus;
  /** Calls the listener after every change of `current` or `status`; returns a function that unsubscribes it. */
  onChange(listener: () => void): () => void;
  /** Sends new jobs to new hosts at once; running jobs end in their host. Never mixes two versions in one process. */
  replace(tools: EngineTools): void;
  /**
   * Whether yt-dlp's files differ from those at the start. Two calls must see the same files, because an installer may be at
   * work.
   */
  hasChanged(): Promise<boolean>;
  /** Kills every job, ends every host, removes the folder of the sockets. */
  close(): Promise<void>;
}

const MAX_WARM_DEATHS = 2;
const FIRST_RESTART_MS = 100;
const MAX_RESTART_MS = 10_000;
/** A host that ran this long is restarted quickly. */
const HEALTHY_MS = 60_000;

/** One yt-dlp and the hosts that run it. */
interface Generation {
  readonly tools: EngineTools;
  readonly hosts: Partial<Record<EngineHostTier, EngineProcess>>;
  isOver: boolean;
  coldRestartMs: number;
  warmDeaths: number;
  warmFailure: string | null;
  fingerprint: Promise<string>;
}

/**
 * Keeps an engine host running: first a cold one, then a warm one in its place where that is possible (Linux and an
 * importable yt-dlp), and a cold one again when the warm one dies. Main thread only.
 */
export function createEngineHost(options: EngineHostOptions): EngineHost {
  if (!isMainThread) throw new Error('The engine host must be started on the main thread.');
  const { logger } = options;
  const parentPid = options.parentPid ?? process.pid;
  void sweepEngineFolders();
  const folder = createEngineFolder();
  const listeners = new Set<() => void>();
  const running = new Set<EngineProcess>();
  const timers = new Set<NodeJS.Timeout>();
  /** For each socket, the number of attempts that hold its host. */
  const holds = new Map<string, number>();
  const retired = new Set<EngineProcess>();
  let isClosed = false;
  let restarts = 0;
  let started = 0;
  let seenFingerprint: string | null = null;
  let generation = begin(options.tools);

  function begin(tools: EngineTools): Generation {
    const next: Generation = {
      tools,
      hosts: {},
      isOver: false,
      coldRestartMs: FIRST_RESTART_MS,
      warmDeaths: 0,
      warmFailure: null,
      fingerprint: fingerprintOf(tools),
    };
    start(next, 'cold');
    if (
      options.isWarmAllowed !== false &&
      process.platform === 'linux' &&
      tools.ytDlp?.kind === 'module'
    ) {
      start(next, 'warm');
    }
    return next;
  }

  function start(owner: Generation, tier: EngineHostTier): void {
    const { tools } = owner;
    const { ytDlp } = tools;
    const pythonPath = ytDlp?.pythonPath ?? tools.python?.path;
    if (isClosed || owner.isOver || ytDlp === null || pythonPath === undefined) return;
    started += 1;
    const startedAt = performance.now();
    const socketPath = join(folder, `${tier}-${started}.sock`);
    const host = startEngineProcess({
      pythonPath,
      socketPath,
      tier,
      settings: {
        socket: socketPath,
        tier,
        engine: {
          kind: ytDlp.kind,
          path: ytDlp.kind === 'binary' ? ytDlp.path : ytDlp.modulePath,
          package: ytDlp.packagePath ?? null,
          version: ytDlp.version ?? null,
        },
        ffmpeg_path: tools.ffmpeg?.path ?? null,
        ffprobe_path: tools.ffprobe?.path ?? null,
        js_runtime: tools.jsRuntime === null ? null : pickRuntime(tools.jsRuntime),
        solver_libraries: tools.solverLibraries ?? null,
        usual_argvs: options.usualArgvs?.(tools) ?? [],
        authorities: options.authorities ?? null,
        plugins: options.pluginsDir ?? null,
        runtime_cpu_seconds: options.runtimeCpuSeconds ?? null,
        own_ports: options.ownPorts ?? [],
        landlock_abi: options.landlockAbi ?? null,
        protected: options.protectedPaths ?? [],
        parent_pid: parentPid,
        use_watcher: options.isWatcherForced === true,
      },
      onReady(facts) {
        logger.info({ tier, ...facts }, 'The engine host is ready');
        if (tier === 'warm') releaseCold(owner);
        changed();
      },
      onSandbox({ missing }) {
        logger.warn({ tier, missing }, 'A tool does not run in the whole sandbox');
        changed();
      },
      onEnd({ detail, unfitReason, isGone }) {
        running.delete(host);
        retired.delete(host);
        // Not `rm`, which would stat the socket: see late-import.ts.
        unlink(socketPath).catch(() => undefined);
        if (owner.hosts[tier] !== host) return;
        delete owner.hosts[tier];
        if (isClosed || owner.isOver) return;
        logger.warn({ tier, detail, unfitReason }, 'The engine host has ended');
        const wasHealthy = performance.now() - startedAt > HEALTHY_MS;
        if (tier === 'warm') restartWarm(owner, detail, unfitReason);
        else restartCold(owner, wasHealthy);
        changed();
        if (isGone) options.onGone?.();
      },
      onLog(line) {
        logger.warn({ tier }, `engine host: ${line}`);
      },
    });
    running.add(host);
    owner.hosts[tier] = host;
  }

  /** Lets the cold host end with its last job: beside a warm one it would only take memory. */
  function releaseCold(owner: Generation): void {
    const { cold } = owner.hosts;
    delete owner.hosts.cold;
    if (cold !== undefined) retire(cold);
  }

  function retire(host: EngineProcess): void {
    if (holds.has(host.socketPath)) retired.add(host);
    else host.drain();
  }

  function hold(socketPath: string): () => void {
    holds.set(socketPath, (holds.get(socketPath) ?? 0) + 1);
    return () => {
      const left = (holds.get(socketPath) ?? 1) - 1;
      if (left > 0) return void holds.set(socketPath, left);
      holds.delete(socketPath);
      for (const host of retired) {
        if (host.socketPath === socketPath && retired.delete(host)) host.drain();
      }
    };
  }

  function restartWarm(owner: Generation, detail: string, unfitReason: string | null): void {
    owner.warmDeaths += 1;
    if (owner.hosts.cold === undefined) start(owner, 'cold');
    if (unfitReason !== null) owner.warmFailure = unfitReason;
    else if (owner.warmDeaths >= MAX_WARM_DEATHS) owner.warmFailure = `died twice (${detail})`;
    else {
      restarts += 1;
      start(owner, 'warm');
    }
  }

  function restartCold(owner: Generation, wasHealthy: boolean): void {
    const waitMs = wasHealthy ? FIRST_RESTART_MS : owner.coldRestartMs;
    owner.coldRestartMs = Math.min(waitMs * 2, MAX_RESTART_MS);
    const timer = setTimeout(() => {
      timers.delete(timer);
      restarts += 1;
      start(owner, 'cold');
    }, waitMs);
    timers.add(timer);
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  function best(): EngineProcess | null {
    const { warm, cold } = generation.hosts;
    return [warm, cold].find((host) => host !== undefined && host.facts() !== null) ?? null;
  }

  function replace(tools: EngineTools): void {
    if (isClosed) return;
    const old = generation;
    old.isOver = true;
    generation = begin(tools);
    seenFingerprint = null;
    for (const host of Object.values(old.hosts)) retire(host);
    logger.info({}, 'The engine is being replaced');
    changed();
  }

  return {
    current() {
      const host = best();
      return host === null ? null : { socketPath: host.socketPath, tier: host.tier };
    },
    hold,
    status() {
      const { tools, warmFailure } = generation;
      const host = best();
      const isMissing =
        tools.ytDlp === null || (tools.python === null && tools.ytDlp.pythonPath === null);
      return {
        mode: isMissing ? 'missing' : (host?.tier ?? 'starting'),
        kind: tools.ytDlp?.kind ?? null,
        facts: host?.facts() ?? null,
        restarts,
        warmFailure,
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace,
    async hasChanged() {
      const { tools, fingerprint } = generation;
      const now = await fingerprintOf(tools);
      const isSettled = now === seenFingerprint;
      seenFingerprint = now;
      return isSettled && !isClosed && now !== (await fingerprint);
    },
    async close() {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...running].map((host) => host.end()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pickRuntime({ name, path }: { name: string; path: string }): object {
  return { name, path };
}

/** Changes when the files of this yt-dlp are replaced. */
async function fingerprintOf({ ytDlp }: EngineTools): Promise<string> {
  if (ytDlp === null) return '';
  const { path, modulePath } = ytDlp;
  const places = [path, join(path, 'version.py'), join(path, 'yt_dlp', 'version.py')];
  if (modulePath !== null) places.push(modulePath, join(modulePath, 'yt_dlp', 'version.py'));
  const stamps = await Promise.all(places.map(stampOf));
  return stamps.join();
}

async function stampOf(path: string): Promise<string> {
  return stat(path).then(
    // Folders do not count: their time changes with every package beside yt-dlp.
    (stats) => (stats.isFile() ? `${stats.ino}:${stats.mtimeMs}:${stats.size}` : ''),
    () => '',
  );
}
