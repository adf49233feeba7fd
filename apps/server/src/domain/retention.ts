import { isTerminal } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import type { LiveDownloads } from './live-downloads.ts';
import type { FileStore } from './ports.ts';
import type { Logger, Records } from './records.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Partial files of a failed download stay this long for a retry. */
const FAILED_FILES_MS = DAY_MS;
/** A completed or cancelled one removes its own; this is for those that a kill kept from it. */
const ENDED_FILES_MS = 60_000;

export interface Retention {
  /** Runs now and then every hour. Resolves after the first run, which may take long: nothing should wait for it. */
  start(): Promise<void>;
  nextAt(): string | null;
  /** Resolves when a run under way has ended, which stops at its next folder. */
  stop(): Promise<void>;
}

export interface RetentionDependencies {
  readonly live: LiveDownloads;
  readonly records: Pick<Records, 'persist'>;
  readonly files: FileStore;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly cleanupAfterDays: number;
  readonly now?: () => Date;
}

/** Deletes old files that we published, and partial files that nobody will continue. */
export function createRetention(dependencies: RetentionDependencies): Retention {
  const { live, records, files, log, logger, cleanupAfterDays } = dependencies;
  const now = dependencies.now ?? (() => new Date());
  let timer: NodeJS.Timeout | null = null;
  let nextAt: Date | null = null;
  let running: Promise<void> = Promise.resolve();
  let isStopping = false;

  async function deleteOldFiles(): Promise<void> {
    if (cleanupAfterDays === 0) return;
    const removed = await files.removePublishedBefore(now().getTime() - cleanupAfterDays * DAY_MS);
    for (const id of removed) {
      const entry = live.get(id);
      if (!entry) continue;
      live.update(id, {
        storage_path: null,
        artifacts: [],
        expires_at: null,
        updated_at: now().toISOString(),
      });
      await records.persist(id);
    }
    if (removed.size > 0) {
      log.write('info', `Retention deleted the files of ${removed.size} downloads.`, null, true);
    }
  }

  /** Null for a download that is not known. */
  function keepPartialFilesMs(id: string): number | null {
    if (isStopping) return Infinity;
    const status = live.get(id)?.download.status;
    if (status === undefined) return null;
    if (!isTerminal(status)) return Infinity;
    return status === 'failed' ? FAILED_FILES_MS : ENDED_FILES_MS;
  }

  async function run(): Promise<void> {
    try {
      await deleteOldFiles();
      const folders = await files.sweepJobFolders(keepPartialFilesMs);
      if (folders > 0) logger.info({ folders }, 'removed work folders that nobody will continue');
    } catch (error) {
      logger.error({ err: error }, 'clean-up failed and is tried again in an hour');
    }
    nextAt = new Date(now().getTime() + HOUR_MS);
  }

  return {
    async start() {
      timer = setInterval(() => (running = running.then(run)), HOUR_MS);
      timer.unref();
      running = run();
      await running;
    },
    nextAt: () => nextAt?.toISOString() ?? null,
    async stop() {
      isStopping = true;
      if (timer) clearInterval(timer);
      await running;
    },
  };
}
