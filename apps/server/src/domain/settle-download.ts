import { say, type Artifact, type Download, type Metadata } from '@artemis/contracts';
import { codeOf, isDiskFull } from '../error-code.ts';
import type { ListedEntry, Outcome } from './attempt.ts';
import { countFailure } from './attempt-count.ts';
import type { ActivityLog } from './activity-log.ts';
import { IDLE } from './blank-record.ts';
import type { DiskGate } from './disk-gate.ts';
import type { StoredDownload } from './download-store.ts';
import type { EngineWaits } from './engines/engine-waits.ts';
import { waitForEngine, waitForRelease } from './engines/uncounted-waits.ts';
import { downloadError, reasonOf } from './errors.ts';
import type { FileName, FileStore, Notifier, WorkFolders } from './ports.ts';
import type { Logger, Records } from './records.ts';
import { MOST_DEATHS, retryDelaySeconds } from './retry-policy.ts';
import type { RunningAttempt } from './running-attempt.ts';
import type { ParkedSites } from './sites/parked-sites.ts';
import { settleParts } from './store-parts.ts';

type Failed = Extract<Outcome, { kind: 'failed' }>;

export interface SettleDependencies {
  readonly records: Pick<Records, 'get' | 'changeSurely' | 'progress'>;
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
  /** Whether an attempt that the engine's end has cut off, for so many times by now, goes on as if nothing had been. */
  readonly mayContinue: (interruptions: number) => boolean;
  readonly disk: DiskGate;
  readonly sites: Pick<ParkedSites, 'sentAway' | 'welcomed'>;
  readonly engineWaits: Pick<EngineWaits, 'failed' | 'succeeded'>;
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
  attempt: RunningAttempt,
  outcome: Outcome,
  dependencies: SettleDependencies,
): Promise<void> {
  const stored = await attempt.current();
  if (!stored) return leave(attempt, dependencies);
  const { disk } = dependencies;
  if (outcome.kind === 'done' && (await disk.seemsUsable())) {
    const storeIt = stored.download.retry_parts.length > 0 ? settleParts : store;
    return storeIt(attempt, outcome, dependencies);
  }
  // A full disk is another matter: what has filled it is given up when others could use the space.
  const isOfFolders = outcome.kind === 'failed' && outcome.code !== 'DISK_FULL';
  if (outcome.kind === 'done' || (isOfFolders && !(await disk.canStore()))) {
    return waitForDisk(attempt, { error: downloadError('STORE_FAILED') }, dependencies);
  }
  if (outcome.kind === 'failed') return fail(attempt, outcome, dependencies);
  // Stopped though nobody cancelled or paused it: the server is ending. The next start continues it.
  await attempt.change(() => ({
    patch: { ...IDLE, status: 'queued', waiting_for: 'slot' },
  }));
}

/** The record is not of this attempt any more. What has ended needs no work folder; what goes on needs it. */
async function leave({ id }: RunningAttempt, { records, workFolders }: SettleDependencies) {
  const status = (await records.get(id))?.download.status;
  if (status === 'cancelled' || status === 'completed') await workFolders.remove(id);
}

/** The queue holds it until there is space, or the folders can be used again. What it has fetched stays. */
export async function waitForDisk(
  attempt: RunningAttempt,
  patch: Partial<Download>,
  dependencies: SettleDependencies,
): Promise<void> {
  const waiting = await attempt.change(() => ({
    patch: { ...IDLE, ...patch, status: 'queued', waiting_for: 'disk' },
  }));
  if (!waiting) return leave(attempt, dependencies);
  await dependencies.admit(attempt.id);
}

async function store(
  attempt: RunningAttempt,
  outcome: Extract<Outcome, { kind: 'done' }>,
  dependencies: SettleDependencies,
): Promise<void> {
  const { files, workFolders, log, now, cleanupAfterDays } = dependencies;
  const { id } = attempt;
  attempt.progress({ phase: 'storing', speed_bps: null, eta_seconds: null });
  const stored = await attempt.current();
  if (!stored) return leave(attempt, dependencies);
  const { download } = stored;
  const metadata = asEntry(download, outcome.metadata);
  const named = { ...download, metadata };
  let artifacts: readonly Artifact[];
  try {
    if (outcome.entries) await dependencies.playlists.keep(id, metadata, outcome.entries);
    artifacts = await files.publish(id, outcome.files, dependencies.fileName(named));
  } catch (error) {
    dependencies.logger.error({ err: error, downloadId: id }, 'could not publish');
    if (!(await dependencies.disk.canStore())) {
      return waitForDisk(attempt, { error: downloadError('STORE_FAILED') }, dependencies);
    }
    // What was verified has gone: only a new download brings it back.
    if (codeOf(error) === 'ENOENT') await workFolders.remove(id);
    return fail(attempt, failed(storageFailure(error)), dependencies);
  }
  if ((await attempt.current()) && outcome.entries && (await dependencies.playlists.feed(id))) {
    return workFolders.remove(id);
  }
  const media = artifacts.find((artifact) => artifact.kind === 'media') ?? null;
  const at = now();
  const completed = await attempt.change(() => ({
    patch: {
      ...IDLE,
      status: 'completed',
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
    },
  }));
  if (!completed) return discard(attempt, artifacts, dependencies);
  dependencies.sites.welcomed(attempt.host);
  await dependencies.engineWaits.succeeded(completed);
  log.write(
    'info',
    media ? say('STORED_AS', { path: media.storage_path }) : say('DONE'),
    id,
    false,
  );
  log.write(
    'info',
    say('COMPLETED', {
      name: metadata.title ?? new URL(download.url).hostname,
    }),
    id,
    true,
  );
  await workFolders.remove(id);
  await dependencies.notifier.notify(completed.download);
}

/** Somebody has taken the record away: by a cancel, or the end of the server. Of a record that could not be written, everything stays. */
async function discard(
  attempt: RunningAttempt,
  artifacts: readonly Artifact[],
  dependencies: SettleDependencies,
): Promise<void> {
  if (await attempt.current()) return;
  await dependencies.files.remove(artifacts);
  await dependencies.workFolders.remove(attempt.id);
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
  attempt: RunningAttempt,
  outcome: Failed,
  dependencies: SettleDependencies,
): Promise<void> {
  const { log, now } = dependencies;
  const { id } = attempt;
  const stored = await attempt.current();
  if (!stored) return leave(attempt, dependencies);
  const interruptions = stored.tally.interruptions + 1;
  if (outcome.code === 'INTERRUPTED' && dependencies.mayContinue(interruptions)) {
    log.write('warn', say('CONTINUES_WITH_NEXT_ENGINE'), id, false);
    const patch = { ...IDLE, status: 'queued', waiting_for: 'slot' } as const;
    await attempt.change(() => ({ patch, tally: { interruptions } }));
    return dependencies.admit(id);
  }
  const { download } = stored;
  if (download.retry_parts.length > 0) return settleParts(attempt, outcome, dependencies);
  if (outcome.code === 'UPCOMING') return waitForRelease(attempt, stored, outcome, dependencies);
  const verdict = await dependencies.engineWaits.failed(stored, outcome);
  if (!(await attempt.current())) return leave(attempt, dependencies);
  if (verdict === 'wait' || verdict === 'again') {
    return waitForEngine(attempt, verdict, outcome, dependencies);
  }
  if (verdict === 'over') {
    return end(attempt, stored, { ...outcome, code: 'SITE_CHANGED' }, dependencies);
  }
  const { runs, tally } = countFailure(stored, outcome.code);
  const deaths = tally.deaths + (outcome.code === 'WORKER_CRASHED' ? 1 : 0);
  const random = dependencies.random();
  const siteDelay = await dependencies.sites.sentAway(stored, outcome, random);
  const isOver = outcome.code === 'WORKER_CRASHED' && deaths >= MOST_DEATHS;
  const ownDelay = retryDelaySeconds(
    outcome.code,
    runs,
    isOver ? 0 : dependencies.maxAttempts,
    outcome.retryAfterSeconds,
    random,
  );
  // The next try would be for the whole download, which nobody has asked for.
  const isOnce = download.accept_incomplete === true;
  const delay = ownDelay === null || isOnce ? null : Math.max(ownDelay, siteDelay);
  if (delay === null) return end(attempt, stored, outcome, dependencies);
  const error = downloadError(outcome.code, outcome.quote ?? outcome.figures);
  const name = download.title ?? attempt.host;
  if (outcome.detail) log.write('error', outcome.detail, id, false);
  const retryAtMs = now().getTime() + delay * 1000;
  const seconds = Math.ceil(delay);
  log.write('warn', say('NEXT_TRY', { name, ...reasonOf(error), seconds }), id, true);
  await attempt.change(() => ({
    patch: {
      ...IDLE,
      status: 'queued',
      // By this the next start knows that the whole site is left alone until then.
      waiting_for: siteDelay >= delay ? 'host' : 'retry',
      error,
      retry_at: new Date(retryAtMs).toISOString(),
    },
    tally: { ...tally, deaths },
  }));
  await dependencies.admit(id);
}

/** It has failed, and is not run again by itself. */
async function end(
  attempt: RunningAttempt,
  { download: { title } }: StoredDownload,
  outcome: Failed,
  dependencies: SettleDependencies,
): Promise<void> {
  const { log, now } = dependencies;
  const { id, host } = attempt;
  const { code, detail } = outcome;
  const error = downloadError(code, outcome.quote ?? outcome.figures);
  if (detail) log.write('error', detail, id, false);
  const name = title ?? host;
  log.write('error', say('FAILED', { failure: code, name, ...reasonOf(error) }), id, true);
  const ended = await attempt.change(() => ({
    patch: {
      ...IDLE,
      status: 'failed',
      error,
      accept_incomplete: false,
      completed_at: now().toISOString(),
    },
  }));
  if (!ended) return leave(attempt, dependencies);
  if (code === 'DISK_FULL') await dependencies.disk.giveUpPartial(id);
  await dependencies.notifier.notify(ended.download);
}

export function failed(code: 'DISK_FULL' | 'STORE_FAILED'): Failed {
  return {
    kind: 'failed',
    code,
    detail: '',
    retryAfterSeconds: null,
    usage: null,
  };
}

export function storageFailure(error: unknown): 'DISK_FULL' | 'STORE_FAILED' {
  return isDiskFull(error) ? 'DISK_FULL' : 'STORE_FAILED';
}
