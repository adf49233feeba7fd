import type { FailureCode } from '@artemis/contracts';
import type { TaskEngine } from '../../worker/task.ts';
import type { EngineHost } from './engine-host.ts';
import type { Tools } from '../tools/tools.ts';

const LONGEST_WAIT_MS = 15_000;
const LOOK_MS = 20;

/** `missing`: there is no engine. `starting`: the engine was not ready in time, and may be ready later. */
export type EngineAbsence = 'missing' | 'starting';

/**
 * Waits for a starting engine and holds it during `use`. Resolves to the result of `use`, or to the reason why `use` was not
 * called; an aborted signal ends the wait with `starting`.
 */
export type WithEngine = <T extends object>(
  use: (engine: TaskEngine) => Promise<T>,
  signal: AbortSignal,
) => Promise<T | EngineAbsence>;

/** The failure of an attempt or a probe without an engine. */
export const ABSENCE_FAILURES = {
  missing: { code: 'ENGINE_MISSING', detail: 'No engine is running.' },
  starting: { code: 'INTERRUPTED', detail: 'The engine takes too long to start.' },
} as const satisfies Record<EngineAbsence, { code: FailureCode; detail: string }>;

export interface EngineLeaseOptions {
  readonly engineHost: Pick<EngineHost, 'current' | 'status' | 'hold'>;
  /** The current tools, which an upgrade replaces. */
  readonly tools: () => Pick<Tools, 'ytDlp' | 'jsRuntime' | 'ffmpeg' | 'ffprobe'>;
  /** See `EngineHostOptions`. */
  readonly authorities?: string | null;
  /** Called for each attempt, because an attempt fails when its plugins folder is gone. */
  readonly pluginsDir?: () => string | null;
  readonly potProviderUrl?: string | null;
  /** Called before each attempt, to prepare what else it needs. */
  readonly prepare: () => Promise<void>;
  /** For tests. */
  readonly longestWaitMs?: number;
}

export function createEngineLease(options: EngineLeaseOptions): WithEngine {
  const { engineHost, tools, prepare } = options;
  const longestWaitMs = options.longestWaitMs ?? LONGEST_WAIT_MS;

  async function wait(signal: AbortSignal): Promise<TaskEngine | EngineAbsence> {
    const deadlineMs = performance.now() + longestWaitMs;
    for (;;) {
      const { ytDlp, jsRuntime, ffmpeg, ffprobe } = tools();
      if (ytDlp === null || engineHost.status().mode === 'missing') return 'missing';
      const current = engineHost.current();
      if (current !== null) {
        return {
          ...current,
          kind: ytDlp.kind,
          ytDlpVersion: ytDlp.version,
          restrictsConnections: engineHost.status().facts?.sandbox.restrictsConnections === true,
          hasFfmpeg: ffmpeg !== null && ffprobe !== null,
          jsRuntime: jsRuntime && { name: jsRuntime.name, path: jsRuntime.path },
          authorities: options.authorities ?? null,
          pluginsDir: options.pluginsDir?.() ?? null,
          potProviderUrl: options.potProviderUrl ?? null,
        };
      }
      if (signal.aborted || performance.now() >= deadlineMs) return 'starting';
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  return async (use, signal) => {
    const engine = await wait(signal);
    if (typeof engine === 'string') return engine;
    const release = engineHost.hold(engine.socketPath);
    return prepare()
      .then(() => use(engine))
      .finally(release);
  };
}
