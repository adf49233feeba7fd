import { randomUUID } from 'node:crypto';
import { say, type Download } from '@artemis/contracts';
import type { AttemptUsage, Outcome, TaskEvent } from './attempt.ts';
import type { ActivityLog } from './activity-log.ts';
import { IDLE } from './blank-record.ts';
import type { StoredDownload } from './download-store.ts';
import { downloadError } from './errors.ts';
import type { ProbedMediaCache } from './links/probed-media.ts';
import type { DownloadRunner, FileStore, LentCookies, RunOptions } from './ports.ts';
import { createRunningAttempt, type RunningAttempt } from './running-attempt.ts';
import { needsMedia } from './selection/missing-parts.ts';
import {
  asEntry,
  failed,
  settle,
  STOPPED,
  storageFailure,
  waitForDisk,
  type SettleDependencies,
} from './settle-download.ts';

export interface RunDependencies extends SettleDependencies {
  readonly runner: DownloadRunner;
  readonly onUsage: (usage: AttemptUsage) => void;
  readonly lendCookies: (url: string) => LentCookies | null;
  readonly probedMedia: Pick<ProbedMediaCache, 'info'>;
}

/**
 * One attempt of a queued download, from start to stored. Durable facts are written here. Resolves when no
 * process of the attempt is left and the record tells how it ended; never rejects.
 */
export async function runDownload(
  stored: StoredDownload,
  { signal, finish }: Pick<RunOptions, 'signal' | 'finish'>,
  dependencies: RunDependencies,
): Promise<void> {
  const { records, log, logger, disk } = dependencies;
  const { id } = stored.download;
  const token = randomUUID();
  let [queued, start]: [Download | null, Partial<Download>] = [null, {}];
  // After a crash a record that still says queued is simply run again.
  const begun = await records.changeSurely(
    id,
    ({ download }) => {
      if (download.status !== 'queued') return null;
      queued = download;
      start = startOf(download, dependencies.now());
      return { patch: { ...start, status: 'running' }, token };
    },
    { isSoon: true },
  );
  if (!begun || queued === null) return;
  const noSpace = new AbortController();
  const attempt = createRunningAttempt(begun, token, records);
  try {
    if (!(await disk.seemsUsable()) && !signal.aborted) {
      // Nothing was begun.
      return await waitForDisk(attempt, takenBack(start, queued), dependencies);
    }
    const outcome = await perform(attempt, { signal, finish }, noSpace, dependencies);
    tellUsage(id, outcome, dependencies);
    if (outcome.kind === 'stopped' && noSpace.signal.aborted && !signal.aborted) {
      // It is known now what the download needs, and that is not there.
      await waitForDisk(attempt, { error: downloadError('DISK_FULL') }, dependencies);
    } else {
      await settle(attempt, outcome, dependencies);
    }
  } catch (error) {
    logger.error({ err: error, downloadId: id }, 'attempt ended unexpectedly');
    log.write('error', say('ATTEMPT_BROKE'), id, false);
    await settle(attempt, failed(storageFailure(error)), dependencies);
  } finally {
    disk.release(id);
  }
}

function startOf(queued: Download, now: Date): Partial<Download> {
  // What waits for its release has not been tried.
  const isRetry = queued.retry_at !== null && queued.waiting_for !== 'release';
  const isParts = queued.retry_parts.length > 0;
  return {
    ...IDLE,
    phase: 'extracting',
    progress: isRetry ? 0 : queued.progress,
    downloaded_bytes: isRetry && !isParts ? null : queued.downloaded_bytes,
    error: null,
    // Of a stored download they tell which parts are missing.
    warnings: isParts ? queued.warnings : [],
    attempt: queued.attempt + (isRetry ? 1 : 0),
    retry_at: null,
    started_at: now.toISOString(),
    completed_at: null,
  };
}

async function perform(
  attempt: RunningAttempt,
  { signal, finish }: Pick<RunOptions, 'signal' | 'finish'>,
  noSpace: AbortController,
  dependencies: RunDependencies,
): Promise<Outcome> {
  const { runner, files, workFolders, log, disk } = dependencies;
  const { id } = attempt;
  const jobFolder = await workFolders.folder(id);
  const verified = await workFolders.verifiedOutcome(id);
  const stored = await attempt.current();
  if (signal.aborted || !stored) return STOPPED;
  if (verified) {
    log.write('info', say('STORING_CHECKED'), id, false);
    return verified;
  }
  const { download } = stored;
  const mediaCopy = await copyOfMedia(download, jobFolder, files);
  if (signal.aborted) return STOPPED;
  const take = createEventTaker(download, attempt, log);
  return runner.run(download, {
    jobFolder,
    mediaCopy,
    cookies: dependencies.lendCookies(download.url),
    knownInfo: knownInfoOf(download, dependencies),
    signal: AbortSignal.any([signal, noSpace.signal]),
    finish,
    onEngine: (engine) => attempt.progress({ engine }),
    onEvent(event) {
      if (event.kind !== 'space') return take(event);
      void disk.claim(attempt, event).then((fits) => {
        if (!fits) noSpace.abort();
      });
    },
  });
}

/** A second attempt is made because the first one has failed: then only the site itself is asked. */
function knownInfoOf(
  { url, options, attempt: count, retry_parts: parts }: Download,
  { probedMedia }: RunDependencies,
): string | null {
  return count === 1 && parts.length === 0 ? probedMedia.info(url, options.proxy ?? null) : null;
}

async function copyOfMedia(
  download: Download,
  jobFolder: string,
  files: FileStore,
): Promise<string | null> {
  const media = download.artifacts.find(({ kind }) => kind === 'media');
  return media && needsMedia(download) ? files.copyTo(media, jobFolder) : null;
}

function createEventTaker(
  download: Download,
  attempt: RunningAttempt,
  log: ActivityLog,
): (event: Exclude<TaskEvent, { kind: 'space' }>) => void {
  const isStored = download.retry_parts.length > 0;
  // A continued attempt begins where the figure stood before.
  let furthest = download.progress;
  return (event) => {
    if (event.kind === 'log')
      return log.write(event.level, event.said ?? event.text, attempt.id, false);
    if (event.kind === 'metadata') {
      if (isStored) return;
      const metadata = asEntry(download, event.metadata);
      return attempt.progress({ metadata, title: metadata.title ?? null });
    }
    furthest = Math.max(furthest, event.progress);
    attempt.progress({
      phase: event.phase,
      progress: furthest,
      downloaded_bytes: isStored ? download.downloaded_bytes : event.downloadedBytes,
      total_bytes: isStored ? download.total_bytes : event.totalBytes,
      speed_bps: event.speedBps,
      eta_seconds: event.etaSeconds,
    });
  };
}

function tellUsage(id: string, { usage }: Outcome, { log, onUsage }: RunDependencies): void {
  if (!usage) return;
  onUsage(usage);
  const cpu = usage.cpuSeconds === null ? 'unknown' : `${usage.cpuSeconds.toFixed(2)} s`;
  const peak =
    usage.peakMemoryBytes === null
      ? 'unknown'
      : `${Math.round(usage.peakMemoryBytes / 1024 ** 2)} MiB`;
  log.write('debug', say('ATTEMPT_USED', { tier: usage.tier, cpu, memory: peak }), id, false);
}

function takenBack(change: Partial<Download>, before: Download): Partial<Download> {
  const keys = Object.keys(change) as (keyof Download)[];
  return Object.fromEntries(keys.map((key) => [key, before[key]]));
}
