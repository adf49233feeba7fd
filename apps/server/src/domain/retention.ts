import { say, isTerminal, type Download } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { clockHealth, DAY_MS, HOUR_MS } from './passed-time.ts';
import type { FileStore, Timekeeper, WorkFolders } from './ports.ts';
import type { Logger, Records } from './records.ts';

/** Partial files of a failed download stay this long for a retry. */
const FAILED_FILES_MS = DAY_MS;
/** A completed or cancelled one removes its own; this is for those that a kill kept from it. */
const ENDED_FILES_MS = 60_000;
/** Kept by a sweep that is cut short, but not as in use: then its age would begin anew with every stop. */
const NOT_NOW_MS = Number.MAX_SAFE_INTEGER;

export interface Retention {
  /** Runs now and then every hour. Resolves after the first run, which may take long: nothing should wait for it. */
  start(): Promise<void>;
  nextAt(): string | null;
  /** Resolves when a run under way has ended, which stops at its next folder, and what is known of time is kept. */
  stop(): Promise<void>;
}

export interface RetentionDependencies {
  readonly records: Pick<Records, 'get' | 'find' | 'changeSurely'>;
  readonly files: FileStore;
  readonly workFolders: Pick<WorkFolders, 'sweep'>;
  readonly timekeeper: Timekeeper;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly cleanupAfterDays: number;
  readonly now?: () => Date;
}

/** Deletes old files that we published, and partial files that nobody will continue; nothing while the clock is doubted. */
export function createRetention(dependencies: RetentionDependencies): Retention {
  const { records, files, workFolders, timekeeper, log, logger, cleanupAfterDays } = dependencies;
  const now = dependencies.now ?? (() => new Date());
  const keepMs = cleanupAfterDays === 0 ? Infinity : cleanupAfterDays * DAY_MS;
  let timer: NodeJS.Timeout | null = null;
  let nextAt: Date | null = null;
  let isHolding = false;
  let running: Promise<void> = Promise.resolve();
  let isStopping = false;

  async function deleteOldFiles(): Promise<void> {
    // Also when all are kept: what an earlier setting had found old must be found so again.
    const removed = await files.removeOlderThan(keepMs);
    for (const id of removed) {
      await records.changeSurely(id, () => ({
        patch: { storage_path: null, artifacts: [], expires_at: null },
      }));
    }
    if (removed.size > 0) {
      log.write('info', say('RETENTION_DELETED', { count: removed.size }), null, true);
    }
  }

  /** A record says when its file goes, as far as that is known by now: the clock may have been wrong, or the setting another. */
  async function correctExpiry(): Promise<void> {
    const corrected: Promise<unknown>[] = [];
    for (const { download } of await records.find({
      statuses: new Set(['completed']),
    })) {
      const expiresAt = correctedExpiry(download);
      if (expiresAt === undefined) continue;
      const change = { patch: { expires_at: expiresAt } };
      const { id } = download;
      // What was retried or purged meanwhile has another expiry.
      corrected.push(
        records.changeSurely(id, ({ download: current }) =>
          current.expires_at === download.expires_at ? change : null,
        ),
      );
    }
    await Promise.all(corrected);
  }

  /** Undefined: it is right as it is. */
  function correctedExpiry({ artifacts, expires_at: known }: Download): string | null | undefined {
    const media = artifacts.find(({ kind }) => kind === 'media');
    if (known === null || !media) return undefined;
    const ageMs = files.ageMs(media);
    if (ageMs === null) return undefined;
    const atMs = now().getTime() + keepMs - ageMs;
    if (Math.abs(atMs - Date.parse(known)) <= DAY_MS) return undefined;
    return keepMs === Infinity ? null : new Date(atMs).toISOString();
  }

  /** Null for a download that is not known. */
  async function keepPartialFilesMs(id: string): Promise<number | null> {
    const status = (await records.get(id))?.download.status;
    if (status !== undefined && !isTerminal(status)) return Infinity;
    if (isStopping) return NOT_NOW_MS;
    if (status === undefined) return null;
    return status === 'failed' ? FAILED_FILES_MS : ENDED_FILES_MS;
  }

  function mustHold(): boolean {
    const time = timekeeper.look();
    const wasHolding = isHolding;
    isHolding = time.doubt !== null;
    if (isHolding && !wasHolding) log.write('warn', clockHealth(time), null, true);
    return isHolding;
  }

  async function run(): Promise<void> {
    try {
      if (!mustHold()) {
        await deleteOldFiles();
        await correctExpiry();
        const folders = await workFolders.sweep(keepPartialFilesMs);
        if (folders > 0) logger.info({ folders }, 'removed work folders that nobody will continue');
      }
    } catch (error) {
      logger.error({ err: error }, 'clean-up failed and is tried again in an hour');
    }
    await timekeeper.save();
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
      await timekeeper.save();
    },
  };
}
