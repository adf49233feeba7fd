import type { Download } from '@artemis/contracts';
import type { AttemptUsage, Outcome, TaskEvent } from '../worker/messages.ts';
import type { ActivityLog } from './activity-log.ts';
import { downloadError } from './errors.ts';
import type { LiveDownloads } from './live-downloads.ts';
import type { DownloadQueue, DownloadRunner, FileName, FileStore, Notifier } from './ports.ts';
import type { Logger, Records } from './records.ts';
import { isSiteWide, retryDelaySeconds } from './retry-policy.ts';

export interface RunDependencies {
  readonly live: LiveDownloads;
  readonly records: Records;
  readonly queue: DownloadQueue;
  readonly runner: DownloadRunner;
  readonly files: FileStore;
  readonly notifier: Notifier;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly maxAttempts: number;
  readonly cleanupAfterDays: number;
  readonly now: () => Date;
  readonly random: () => number;
  /** Automatic runs before the last submit or retry by a person; they do not count. */
  readonly attemptsBefore: (id: string) => number;
  /** Whether an attempt that the engine's end has cut off goes on as if nothing had been; not for ever. */
  readonly mayContinue: (id: string) => boolean;
  readonly fileName: (download: Download) => FileName;
  readonly onUsage: (usage: AttemptUsage) => void;
}

/** What a record shows that is not running. */
export const IDLE = { phase: null, speed_bps: null, eta_seconds: null, waiting_for: null } as const;

/**
 * One attempt of a queued download, from start to stored. Durable facts are written here. Resolves when no
 * process of the attempt is left and the record tells how it ended; never rejects.
 */
export async function runDownload(
  id: string,
  signal: AbortSignal,
  dependencies: RunDependencies,
): Promise<void> {
  const { live, records, log, logger } = dependencies;
  const queued = live.get(id)?.download;
  if (queued?.status !== 'queued') return;
  const isRetry = queued.retry_at !== null;
  // After a crash a record that still says queued is simply run again.
  records.moveSoon(id, 'running', {
    ...IDLE,
    phase: 'extracting',
    progress: isRetry ? 0 : queued.progress,
    downloaded_bytes: isRetry ? null : queued.downloaded_bytes,
    error: null,
    warnings: [],
    attempt: queued.attempt + (isRetry ? 1 : 0),
    retry_at: null,
    started_at: dependencies.now().toISOString(),
    completed_at: null,
  });
  try {
    const outcome = await attempt(id, signal, dependencies);
    tellUsage(id, outcome, dependencies);
    await settle(id, outcome, dependencies);
  } catch (error) {
    logger.error({ err: error, downloadId: id }, 'attempt ended unexpectedly');
    log.write('error', 'The attempt ended unexpectedly; the server log has the cause.', id, false);
    await settle(id, failed(storageFailure(error)), dependencies);
  }
}

async function attempt(
  id: string,
  signal: AbortSignal,
  { live, runner, files, log }: RunDependencies,
): Promise<Outcome> {
  const jobFolder = await files.jobFolder(id);
  const verified = await files.verifiedOutcome(id);
  const download = live.get(id)?.download;
  if (signal.aborted || download?.status !== 'running') return { kind: 'stopped', usage: null };
  if (verified) {
    log.write('info', 'Already downloaded and checked before the stop; storing it.', id, false);
    return verified;
  }
  return runner.run(download, {
    jobFolder,
    signal,
    onEvent: (event) => take(id, event, live, log),
  });
}

function take(id: string, event: TaskEvent, live: LiveDownloads, log: ActivityLog): void {
  if (event.kind === 'log') return log.write(event.level, event.text, id, false);
  const running = live.get(id)?.download;
  if (running?.status !== 'running') return;
  if (event.kind === 'metadata') {
    const { metadata } = event;
    live.update(id, { metadata, title: metadata.title ?? null });
    return;
  }
  live.update(
    id,
    {
      phase: event.phase,
      // A continued attempt begins where the figure stood before.
      progress: Math.max(running.progress, event.progress),
      downloaded_bytes: event.downloadedBytes,
      total_bytes: event.totalBytes,
      speed_bps: event.speedBps,
      eta_seconds: event.etaSeconds,
    },
    true,
  );
}

function tellUsage(id: string, { usage }: Outcome, { log, onUsage }: RunDependencies): void {
  if (!usage) return;
  onUsage(usage);
  const cpu = usage.cpuSeconds === null ? 'unknown' : `${usage.cpuSeconds.toFixed(2)} s`;
  const peak =
    usage.peakMemoryBytes === null
      ? 'unknown'
      : `${Math.round(usage.peakMemoryBytes / 1024 ** 2)} MiB`;
  log.write('debug', `Engine ${usage.tier}: CPU ${cpu}, memory at most ${peak}.`, id, false);
}

async function settle(id: string, outcome: Outcome, dependencies: RunDependencies): Promise<void> {
  const { live, records, files } = dependencies;
  const status = live.get(id)?.download.status;
  if (status === 'cancelled') return files.removeJobFolder(id);
  if (status !== 'running') return;
  if (outcome.kind === 'done') return store(id, outcome, dependencies);
  if (outcome.kind === 'failed') return fail(id, outcome, dependencies);
  // Stopped though nobody cancelled or paused it: the server is ending. The next start continues it.
  await records.move(id, 'queued', { ...IDLE, waiting_for: 'slot' });
}

async function store(
  id: string,
  outcome: Extract<Outcome, { kind: 'done' }>,
  dependencies: RunDependencies,
): Promise<void> {
  const { live, records, files, log, now, cleanupAfterDays } = dependencies;
  live.update(id, { phase: 'storing', speed_bps: null, eta_seconds: null });
  const download = live.get(id)?.download;
  if (!download) return;
  const named = { ...download, metadata: outcome.metadata };
  let artifacts;
  try {
    artifacts = await files.publish(id, outcome.files, dependencies.fileName(named));
  } catch (error) {
    dependencies.logger.error({ err: error, downloadId: id }, 'could not publish');
    // What was verified has gone: only a new download brings it back.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await files.removeJobFolder(id);
    return fail(id, failed(storageFailure(error)), dependencies);
  }
  if (live.get(id)?.download.status !== 'running') {
    await files.remove(artifacts);
    return files.removeJobFolder(id);
  }
  const media = artifacts.find((artifact) => artifact.kind === 'media') ?? null;
  const at = now();
  log.write('info', media ? `Stored as ${media.storage_path}.` : 'Done.', id, false);
  log.write(
    'info',
    `Completed: ${outcome.metadata.title ?? new URL(download.url).hostname}`,
    id,
    true,
  );
  await records.move(id, 'completed', {
    ...IDLE,
    progress: 100,
    title: outcome.metadata.title ?? download.title,
    metadata: outcome.metadata,
    warnings: [...outcome.warnings],
    artifacts: [...artifacts],
    storage_path: media?.storage_path ?? null,
    file_size: media?.size ?? null,
    downloaded_bytes: download.total_bytes ?? media?.size ?? null,
    total_bytes: download.total_bytes ?? media?.size ?? null,
    completed_at: at.toISOString(),
    expires_at:
      media && cleanupAfterDays > 0
        ? new Date(at.getTime() + cleanupAfterDays * 86_400_000).toISOString()
        : null,
  });
  await files.removeJobFolder(id);
  await notify(id, dependencies);
}

async function fail(
  id: string,
  outcome: Extract<Outcome, { kind: 'failed' }>,
  dependencies: RunDependencies,
): Promise<void> {
  const { live, records, queue, log, now } = dependencies;
  const entry = live.get(id);
  if (entry?.download.status !== 'running') return;
  if (outcome.code === 'INTERRUPTED' && dependencies.mayContinue(id)) {
    log.write(
      'warn',
      'The engine ended during this download; it continues with the next one.',
      id,
      false,
    );
    await records.move(id, 'queued', { ...IDLE, waiting_for: 'slot' });
    await enqueue(id, null, dependencies);
    return;
  }
  const error = downloadError(outcome.code);
  if (outcome.detail) log.write('error', outcome.detail, id, false);
  const delay = retryDelaySeconds(
    outcome.code,
    entry.download.attempt - dependencies.attemptsBefore(id),
    dependencies.maxAttempts,
    outcome.retryAfterSeconds,
    dependencies.random(),
  );
  const name = entry.download.title ?? entry.host;
  if (delay === null) {
    log.write('error', `Failed (${outcome.code}): ${name}. ${error.message}`, id, true);
    await records.move(id, 'failed', { ...IDLE, error, completed_at: now().toISOString() });
    await notify(id, dependencies);
    return;
  }
  const retryAtMs = now().getTime() + delay * 1000;
  if (isSiteWide(outcome.code)) await queue.park(entry.host, retryAtMs);
  log.write('warn', `${name}: ${error.message} Next try in ${Math.ceil(delay)} s.`, id, true);
  await records.move(id, 'queued', {
    ...IDLE,
    waiting_for: 'retry',
    error,
    retry_at: new Date(retryAtMs).toISOString(),
  });
  await enqueue(id, retryAtMs, dependencies);
}

async function enqueue(
  id: string,
  notBeforeMs: number | null,
  { live, queue }: RunDependencies,
): Promise<void> {
  const entry = live.get(id);
  if (entry?.download.status !== 'queued') return;
  const { priority } = entry.download;
  await queue.enqueue({ id, priority, order: entry.order, host: entry.host, notBeforeMs });
}

async function notify(id: string, { live, notifier }: RunDependencies): Promise<void> {
  const download = live.get(id)?.download;
  if (download) await notifier.notify(download);
}

function failed(code: 'DISK_FULL' | 'STORE_FAILED'): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', code, detail: '', retryAfterSeconds: null, usage: null };
}

function storageFailure(error: unknown): 'DISK_FULL' | 'STORE_FAILED' {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOSPC', 'EDQUOT'].includes(code) ? 'DISK_FULL' : 'STORE_FAILED';
}
