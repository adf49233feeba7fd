import { say, saidAs, type ReadinessCheck } from '@artemis/contracts';
import type { DownloadStore } from '../../domain/download-store.ts';
import { clockHealth } from '../../domain/passed-time.ts';
import type { FileStore, Timekeeper } from '../../domain/ports.ts';

export interface ReadinessSources {
  /** Of the engine and its tools; empty where this server runs no downloads. */
  readonly engineChecks: () => Promise<readonly ReadinessCheck[]>;
  readonly files: Pick<FileStore, 'health'>;
  readonly store: Pick<DownloadStore, 'health'>;
  readonly timekeeper: Pick<Timekeeper, 'look'>;
  readonly pid: number;
}

/** What downloads need, each with what to do when it is missing. Only `fail` makes the server not ready. */
export async function readChecks(sources: ReadinessSources): Promise<readonly ReadinessCheck[]> {
  const { files, store, timekeeper } = sources;
  const checks: ReadinessCheck[] = [
    ...(await sources.engineChecks()),
    { name: 'storage', ...(await files.health()) },
    { name: 'history', ...store.health() },
    { name: 'clock', ...clockHealth(timekeeper.look()) },
  ];
  if (sources.pid === 1) {
    checks.push({
      name: 'init',
      state: 'warn',
      ...say('PROCESS_ONE'),
      ...saidAs('remedy', say('USE_INIT')),
    });
  }
  return checks;
}
