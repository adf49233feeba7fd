import type { Download, Metadata } from '@artemis/contracts';
import { codeOf, isDiskFull } from '../error-code.ts';
import type { ListedEntry, Outcome } from './attempt.ts';
import type { ActivityLog } from './activity-log.ts';
import type { AttemptCount } from './attempt-count.ts';
import { IDLE } from './blank-record.ts';
import type { DiskGate } from './disk-gate.ts';
import type { EngineWaits } from './engines/engine-waits.ts';
import { waitForEngine, waitForRelease } from './engines/uncounted-waits.ts';
import { downloadError } from './errors.ts';
import type { LiveDownload, LiveDownloads } from './live-downloads.ts';
import type { FileName, FileStore, Notifier, WorkFolders } from './ports.ts';
import type { Logger, Records } from './records.ts';
import { retryDelaySeconds } from './retry-policy.ts';
import type { ParkedSites } from './sites/parked-sites.ts';
import { settleParts } from './store-parts.ts';

export interface SettleDependencies {
  readonly live: LiveDownloads;
  readonly records: Records;
  /** Puts a queued download into the queue. */
  readonly admit: (id: string) => Promise<void>;
  readonly files: FileStore;
  readonly workFolders: WorkFolders;
  readonly notifier: Notifier;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly maxAttempts: number;
  readonly cleanupAfterDays: number;
  readonly now: () => Date;
  readonly random: () => number;
  readonly attempts: Pick<AttemptCount, 'afterFailure'>;
  /** Whether an attempt that the engine's end has cut off goes on as if nothing had been; not for ever. */
  readonly mayContinue: (id: string) => boolean;
  /** Whether a download whose own processes have died may be run again; not for ever. */
  readonly mayRunAgain: (id: string) => boolean;
  readonly disk: DiskGate;
  readonly sites: Pick<ParkedSites, 'sentAway' | 'welcomed'>;
  readonly engineWaits: Pick<EngineWaits, 'failed' | 'succeeded'>;
  /** How often it was looked at and not out yet, with this time, from 1. */
  readonly countLook: (id: string) => number;
  readonly fileName: (download: Download) => FileName;
  readonly playlists: {
    /** Keeps what was listed; durable when resolved. */
    keep(id: string, metadata: Metadata, entries: readonly ListedEntry[]): Promise<void>;
    /** Goes on with the entries of such a list, without a slot; false when they are not to be downloaded. */
    feed(id: string): Promise<boolean>;
  };
}

export const STOPPED: Outcome = { kind: 'stopped', usage: null };

/** An attempt is over: stores what it brought, or says in the record why there is nothing. Durable when resolved. */
export async function settle(
  id: string,
  outcome: Outcome,
  dependencies: SettleDependencies,
): Promise<void> {
  const { live, records, workFolders } = dependencies;
  const download = live.get(id)?.download;
  if (download?.status === 'cancelled' || download?.status === 'completed') {
    return workFolders.remove(id);
  }
  if (download?.status !== 'running') return;
  const { disk } = dependencies;
  if (outcome.kind === 'done' && (await disk.seemsUsable())) {
    const storeIt = download.retry_parts.length > 0 ? settleParts : store;
    return storeIt(id, outcome, dependencies);
  }
  // A full disk is another matter: what has filled it is given up when others could use the space.
  const isOfFolders = outcome.kind === 'failed' && outcome.code !== 'DISK_FULL';
  if (outcome.kind === 'done' || (isOfFolders && !(await disk.canStore()))) {
    return waitForDisk(id, { error: downloadError('STORE_FAILED') }, dependencies);
  }
  if (outcome.kind === 'failed') return fail(id, outcome, dependencies);
  // Stopped though nobody cancelled or paused it: the server is ending. The next start continues it.
  await records.move(id, 'queued', { ...IDLE, waiting_for: 'slot' });
}

/** The queue holds it until there is space, or the folders can be used again. What it has fetched stays. */
export async function waitForDisk(
  id: string,
  patch: Partial<Download>,
  dependencies: SettleDependencies,
): Promise<void> {
  const { live, records } = dependencies;
  if (live.get(id)?.download.status !== 'running') return settle(id, STOPPED, dependencies);
  await records.move(id, 'queued', { ...IDLE, ...patch, waiting_for: 'disk' });
  await dependencies.admit(id);
}

async function store(
  id: string,
  outcome: Extract<Outcome, { kind: 'done' }>,
  dependencies: SettleDependencies,
): Promise<void> {
  const { live, records, files, workFolders, log, now, cleanupAfterDays } = dependencies;
  live.update(id, { phase: 'storing', speed_bps: null, eta_seconds: null });
  const download = live.get(id)?.download;
  if (!download) return;
  const metadata = asEntry(download, outcome.metadata);
  const named = { ...download, metadata };
  let artifacts;
  try {
    if (outcome.entries) await dependencies.playlists.keep(id, metadata, outcome.entries);
    artifacts = await files.publish(id, outcome.files, dependencies.fileName(named));
  } catch (error) {
    dependencies.logger.error({ err: error, downloadId: id }, 'could not publish');
    if (!(await dependencies.disk.canStore())) {
      return waitForDisk(id, { error: downloadError('STORE_FAILED') }, dependencies);
    }
    // What was verified has gone: only a new download brings it back.
    if (codeOf(error) === 'ENOENT') await workFolders.remove(id);
    return fail(id, failed(storageFailure(error)), dependencies);
  }
  if (live.get(id)?.download.status !== 'running') {
    await files.remove(artifacts);
    return workFolders.remove(id);
  }
  if (outcome.entries && (await dependencies.playlists.feed(id))) return workFolders.remove(id);
  const media = artifacts.find((artifact) => artifact.kind === 'media') ?? null;
  const at = now();
  const stored = live.get(id);
  if (stored) {
    dependencies.sites.welcomed(stored.host);
    dependencies.engineWaits.succeeded(stored);
  }
  log.write('info', media ? `Stored as ${media.storage_path}.` : 'Done.', id, false);
  log.write('info', `Completed: ${metadata.title ?? new URL(download.url).hostname}`, id, true);
  await records.move(id, 'completed', {
    ...IDLE,
    progress: 100,
    title: metadata.title ?? download.title,
    metadata,
    warnings: [...outcome.warnings],
    accept_incomplete: false,
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
  await workFolders.remove(id);
  await notify(id, dependencies);
}

/**
 * What a playlist has said of its entry stays true, whatever the page of the entry says. Of a bare media file the page
 * of the list knows the title, and the file only its name.
 */
export function asEntry(
  { parent_id: parentId, title, metadata: known }: Download,
  metadata: Metadata,
): Metadata {
  if (parentId === null) return metadata;
  const said = metadata.title ?? null;
  return {
    ...metadata,
    title: metadata.extractor === 'generic' ? (title ?? said) : (said ?? title),
    playlist_title: known.playlist_title ?? null,
    playlist_index: known.playlist_index ?? null,
    playlist_count: known.playlist_count ?? null,
  };
}

async function fail(
  id: string,
  outcome: Extract<Outcome, { kind: 'failed' }>,
  dependencies: SettleDependencies,
): Promise<void> {
  const { live, records, log, now } = dependencies;
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
    await dependencies.admit(id);
    return;
  }
  if (entry.download.retry_parts.length > 0) return settleParts(id, outcome, dependencies);
  if (outcome.code === 'UPCOMING') return waitForRelease(entry, outcome, dependencies);
  const verdict = await dependencies.engineWaits.failed(entry, outcome);
  if (live.get(id)?.download.status !== 'running') return settle(id, STOPPED, dependencies);
  if (verdict === 'wait' || verdict === 'again') {
    return waitForEngine(entry, verdict, outcome, dependencies);
  }
  if (verdict === 'over') return end(entry, { ...outcome, code: 'SITE_CHANGED' }, dependencies);
  const runs = dependencies.attempts.afterFailure(entry.download, outcome.code);
  const random = dependencies.random();
  const siteDelay = await dependencies.sites.sentAway(entry, outcome, random);
  const isOver = outcome.code === 'WORKER_CRASHED' && !dependencies.mayRunAgain(id);
  const ownDelay = retryDelaySeconds(
    outcome.code,
    runs,
    isOver ? 0 : dependencies.maxAttempts,
    outcome.retryAfterSeconds,
    random,
  );
  // The next try would be for the whole download, which nobody has asked for.
  const isOnce = entry.download.accept_incomplete === true;
  const delay = ownDelay === null || isOnce ? null : Math.max(ownDelay, siteDelay);
  if (delay === null) return end(entry, outcome, dependencies);
  const error = downloadError(outcome.code, outcome.quote ?? outcome.figures);
  const name = entry.download.title ?? entry.host;
  if (outcome.detail) log.write('error', outcome.detail, id, false);
  const retryAtMs = now().getTime() + delay * 1000;
  log.write('warn', `${name}: ${error.message} Next try in ${Math.ceil(delay)} s.`, id, true);
  await records.move(id, 'queued', {
    ...IDLE,
    // By this the next start knows that the whole site is left alone until then.
    waiting_for: siteDelay >= delay ? 'host' : 'retry',
    error,
    retry_at: new Date(retryAtMs).toISOString(),
  });
  await dependencies.admit(id);
}

/** It has failed, and is not run again by itself. */
async function end(
  { download: { id, title }, host }: LiveDownload,
  outcome: Extract<Outcome, { kind: 'failed' }>,
  dependencies: SettleDependencies,
): Promise<void> {
  const { records, log, now } = dependencies;
  const { code, detail } = outcome;
  const error = downloadError(code, outcome.quote ?? outcome.figures);
  if (detail) log.write('error', detail, id, false);
  log.write('error', `Failed (${code}): ${title ?? host}. ${error.message}`, id, true);
  await records.move(id, 'failed', {
    ...IDLE,
    error,
    accept_incomplete: false,
    completed_at: now().toISOString(),
  });
  if (code === 'DISK_FULL') await dependencies.disk.giveUpPartial(id);
  await notify(id, dependencies);
}

async function notify(id: string, { live, notifier }: SettleDependencies): Promise<void> {
  const download = live.get(id)?.download;
  if (download) await notifier.notify(download);
}

export function failed(code: 'DISK_FULL' | 'STORE_FAILED'): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', code, detail: '', retryAfterSeconds: null, usage: null };
}

export function storageFailure(error: unknown): 'DISK_FULL' | 'STORE_FAILED' {
  return isDiskFull(error) ? 'DISK_FULL' : 'STORE_FAILED';
}
