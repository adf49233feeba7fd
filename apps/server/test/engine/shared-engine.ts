import { inject } from 'vitest';
import type { EngineHost, EngineStatus } from '../../src/adapters/engine/engine-host.ts';
import type { EngineHostTier } from '../../src/adapters/engine/engine-process.ts';
import { jobsAt, startEngine, type EngineUnderTest } from './engine-under-test.ts';

/** Of `engine-setup.ts`, which has started it. */
export interface SharedHost {
  readonly socketPath: string;
  readonly tier: EngineHostTier;
  readonly status: EngineStatus;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** None where there are no tools. */
    readonly engines: readonly SharedHost[];
  }
}

export type SharedEngine = Omit<EngineUnderTest, 'host'> & {
  readonly host: Pick<EngineHost, 'current' | 'status'>;
};

/**
 * The host of this tier that all files use at the same time: for jobs alone. Who ends hosts, or needs one with settings
 * or an environment of its own, starts one. `close` removes the folders of the caller's jobs; the host goes on.
 */
export async function sharedEngine(tier: EngineHostTier): Promise<SharedEngine> {
  const found = inject('engines').find((engine) => engine.tier === tier);
  // Says what is missing.
  if (found === undefined) return startEngine(tier);
  const { socketPath, status } = found;
  const { removeFolders, ...jobs } = jobsAt(() => socketPath);
  const host = { current: () => ({ socketPath, tier }), status: () => status };
  return { ...jobs, host, close: removeFolders };
}
