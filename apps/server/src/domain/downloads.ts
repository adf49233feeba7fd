import {
  say,
  actionsOf,
  type CreateDownloads,
  type Download,
  type RetryDownload,
  type UpdateDownload,
} from '@artemis/contracts';
import type { AttemptUsage } from './attempt.ts';
import { begunAnew } from './attempt-count.ts';
import type { ActivityLog } from './activity-log.ts';
import { IDLE } from './blank-record.ts';
import type { DiskGate } from './disk-gate.ts';
import type { DownloadStore, StoreChange } from './download-store.ts';
import { createEngineWaits, type ToldBrokenSite } from './engines/engine-waits.ts';
import { createDownloadReader, type DownloadReader } from './download-reader.ts';
import { RequestError } from './errors.ts';
import type { CheckProxy, CheckUrl } from './links/url-policy.ts';
import {
  missingParts,
  isWhatIsThereWanted,
  refuseWholeRetry,
  retryWords,
} from './selection/missing-parts.ts';
import type {
  DownloadQueue,
  DownloadRunner,
  Engines,
  FileName,
  FileStore,
  Notifier,
  WorkFolders,
} from './ports.ts';
import {
  requireUsableFolder,
  requireKnownLanguages,
  requireUsableProxy,
  selectionOf,
} from './selection/presets.ts';
import type { Playlists } from './playlists/playlists.ts';
import type { Logger, Records } from './records.ts';
import { ended, requirePausable, requireRecording, type Run } from './running-only.ts';
import { runDownload, type RunDependencies } from './run-download.ts';
import { MOST_INTERRUPTIONS } from './retry-policy.ts';
import { createParkedSites } from './sites/parked-sites.ts';
import { queueEntryOf } from './queue-entry.ts';
import { endOfParts } from './store-parts.ts';
import { submitDownloads, type SubmitResult } from './submit.ts';
import { removeWorkWithRecords } from './work-of-records.ts';

export interface DownloadsDependencies {
  readonly store: Pick<DownloadStore, 'forgetSurplus' | 'close'>;
  readonly records: Records;
  readonly queue: DownloadQueue;
  readonly runner: DownloadRunner;
  readonly files: FileStore;
  readonly workFolders: WorkFolders;
  readonly notifier: Notifier;
  readonly disk: DiskGate;
  readonly engines: Engines;
  readonly playlists: RunDependencies['playlists'] & Pick<Playlists, 'has' | 'requireSameList'>;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly checkUrl: CheckUrl;
  readonly checkProxy: CheckProxy;
  /** Whether a probe has listed this tag of subtitles. */
  readonly isListedLanguage: (tag: string) => boolean;
  readonly fileName: (download: Download) => FileName;
  /** Told what each attempt has cost. */
  readonly onUsage: (usage: AttemptUsage) => void;
  readonly lendCookies: RunDependencies['lendCookies'];
  readonly probedMedia: RunDependencies['probedMedia'];
  readonly settings: {
    readonly maxQueueDepth: number;
    readonly maxAttempts: number;
    readonly cleanupAfterDays: number;
  };
  readonly now: () => Date;
  readonly random?: () => number;
}

/** Everything that can be done with downloads. Records that are answered are as they are at that moment. */
export interface Downloads extends DownloadReader {
  /** Puts a queued download into the queue; does nothing for any other. Idempotent. */
  admit(id: string): Promise<void>;
  /** Takes over what an earlier run of the server left, and begins to run downloads. Call once, first. */
  start(): Promise<void>;
  submit(request: CreateDownloads, idempotencyKey: string | null): Promise<SubmitResult>;
  cancel(id: string): Promise<Download>;
  retry(id: string, request: RetryDownload): Promise<Download>;
  pause(id: string): Promise<Download>;
  resume(id: string): Promise<Download>;
  /**
   * Asks a site again that is left alone. The ids of the downloads that it has sent away and that go on now.
   * @throws {RequestError} HOST_NOT_PARKED
   */
  resumeHost(host: string): Promise<readonly string[]>;
  /** Sites that fail with the yt-dlp at hand, the longest broken first. */
  brokenSites(): Promise<readonly ToldBrokenSite[]>;
  /** Ends a live recording with what it has. One that the server's end cuts off meanwhile goes on after the next start. */
  finish(id: string): Promise<Download>;
  update(id: string, request: UpdateDownload): Promise<Download>;
  purge(id: string, what: 'record' | 'file'): Promise<void>;
  watch(listener: (change: StoreChange) => void): () => void;
  /** Ends running attempts so that the next start continues them; resolves when none is left. */
  stop(): Promise<void>;
}

export function createDownloads(dependencies: DownloadsDependencies): Downloads {
  const { records, store, queue, files, workFolders, log, logger, now, settings } = dependencies;
  const running = new Map<string, Run>();
  const random = dependencies.random ?? Math.random;
  const sites = createParkedSites(dependencies);
  const engineWaits = createEngineWaits({
    ...dependencies,
    async admit(id) {
      const ended = running.get(id)?.ended;
      if (ended === undefined) return admit(id);
      // Not waited for: it may be the attempt itself that asks.
      void ended.then(() => admit(id));
    },
  });
  const view = (download: Download) => engineWaits.view(sites.view(download));
  const reader = createDownloadReader({ records, log, view });
  records.watch((change) => {
    if (change.kind === 'removed') void forgetWaits(change.id);
  });
  removeWorkWithRecords({
    ...dependencies,
    untilEnded: (id) => running.get(id)?.ended,
  });
  const runDependencies: RunDependencies = {
    ...dependencies,
    ...settings,
    random,
    mayContinue: (interruptions) => interruptions <= MOST_INTERRUPTIONS && !isStopping,
    sites,
    engineWaits,
    admit,
  };
  let isStopping = false;

  function requireEngine(version: string | undefined): void {
    if (version === undefined || dependencies.engines.has(version)) return;
    throw new RequestError('ENGINE_NOT_FOUND', `There is no yt-dlp ${version} here.`);
  }

  /** @throws {RequestError} when it cannot be retried like that */
  function queuedAgain(download: Download, request: RetryDownload): Partial<Download> {
    const isKept = isWhatIsThereWanted(download, request);
    const parts = request.parts === undefined ? [] : missingParts(download, request);
    // The list of an old record may be gone.
    const isPossible = download.status !== 'completed' || dependencies.playlists.has(download.id);
    if (parts.length === 0 && !(isPossible && actionsOf(download).has('retry'))) {
      throw refuseWholeRetry(download);
    }
    const selection = selectionOf(request, download);
    requireUsableProxy(selection, dependencies.checkProxy);
    // What it was accepted with holds, also when the probe is forgotten.
    if (request.options) requireKnownLanguages(selection, dependencies.isListedLanguage);
    dependencies.playlists.requireSameList(download, selection);
    return {
      ...selection,
      status: 'queued',
      waiting_for: 'slot',
      retry_parts: parts,
      accept_incomplete: isKept,
      retry_engine: request.engine ?? null,
      progress: 0,
      completed_at: null,
      // Marks the next start as a new attempt.
      retry_at: now().toISOString(),
    };
  }

  async function admit(id: string): Promise<void> {
    // A playlist whose list is read needs no slot.
    if (dependencies.playlists.has(id) && (await dependencies.playlists.feed(id))) return;
    const stored = await records.get(id);
    // Something may have moved it on while this was on its way here.
    if (stored?.download.status !== 'queued') return;
    await queue.enqueue(queueEntryOf(stored, dependencies.disk, engineWaits));
  }

  async function forgetWaits(id: string): Promise<void> {
    engineWaits.withdraw(id);
    await sites.withdraw(id);
  }

  /** First the record lets go of the files, durably: a history that cannot be written keeps both. */
  async function removeFiles({ id, storage_path, artifacts, expires_at }: Download) {
    const none = { storage_path: null, artifacts: [], expires_at: null };
    await records.change(id, () => ({ patch: none }));
    try {
      await files.remove(artifacts);
    } catch (error) {
      await records.change(id, () => ({
        patch: { storage_path, artifacts, expires_at },
      }));
      throw error;
    }
  }

  async function run(id: string): Promise<void> {
    const stored = await records.get(id);
    if (isStopping || !stored) return;
    if (!engineWaits.mayStart(stored)) return admit(id);
    const [controller, finisher] = [new AbortController(), new AbortController()];
    const signals = { signal: controller.signal, finish: finisher.signal };
    const end = runDownload(stored, signals, runDependencies).catch((error: unknown) => {
      logger.error({ err: error, downloadId: id }, 'download could not be run');
    });
    running.set(id, { controller, finisher, ended: end });
    await end;
    running.delete(id);
    await engineWaits.ended(id);
  }

  /** The server has stopped during this download; it goes on. */
  async function goOn(id: string): Promise<void> {
    const queued = { ...IDLE, status: 'queued', waiting_for: 'slot' } as const;
    log.write('info', say('CONTINUES_AFTER_STOP'), id, false);
    try {
      await records.change(id, () => ({ patch: queued }));
    } catch {
      // What else there is need not wait for it.
      const change = ({ download }: { download: Download }) =>
        download.status === 'running' ? { patch: queued } : null;
      void records.changeSurely(id, change).then(() => admit(id));
    }
  }

  return {
    ...reader,
    admit,
    async start() {
      const interrupted = await records.find({
        statuses: new Set(['running']),
      });
      await Promise.all(interrupted.map(({ download }) => goOn(download.id)));
      if (interrupted.length > 0) {
        log.write('info', say('CONTINUING_INTERRUPTED', { count: interrupted.length }), null, true);
      }
      await engineWaits.recover();
      await store.forgetSurplus().catch((error: unknown) => {
        logger.warn({ err: error }, 'old records are forgotten with the next download that ends');
      });
      await sites.recover();
      for (const { download } of await records.find({
        statuses: new Set(['queued']),
      })) {
        await admit(download.id);
      }
      queue.start(run);
    },
    async submit(request, idempotencyKey) {
      if (isStopping) {
        throw new RequestError(
          'SHUTTING_DOWN',
          'The server is stopping; send this again in a moment.',
          { retryAfterSeconds: 5 },
        );
      }
      const result = await submitDownloads(request, idempotencyKey, {
        ...dependencies,
        admit,
        maxQueueDepth: settings.maxQueueDepth,
      });
      return { ...result, downloads: result.downloads.map(view) };
    },
    async cancel(id) {
      const { download } = await records.change(id, ({ download: current }) => {
        if (!actionsOf(current).has('cancel')) {
          throw new RequestError('NOT_CANCELLABLE', `This download has already ${current.status}.`);
        }
        if (current.retry_parts.length > 0) return { patch: endOfParts(now()) };
        const completed_at = now().toISOString();
        return {
          patch: { ...IDLE, status: 'cancelled', retry_at: null, completed_at },
        };
      });
      const isRunning = running.has(id);
      running.get(id)?.controller.abort();
      await queue.remove(id);
      await forgetWaits(id);
      log.write('info', say('CANCELLED'), id, false);
      log.write(
        'info',
        say('CANCELLED_ONE', {
          name: download.title ?? new URL(download.url).hostname,
        }),
        id,
        true,
      );
      if (!isRunning) await workFolders.remove(id);
      return download;
    },
    async retry(id, request) {
      await records.required(id);
      requireEngine(request.engine);
      if (request.options) await requireUsableFolder(request.options, files);
      const { download: queued } = await records.change(
        id,
        ({ download }) => ({
          patch: queuedAgain(download, request),
          tally: begunAnew(download),
        }),
        { mostActive: settings.maxQueueDepth },
      );
      await forgetWaits(id);
      engineWaits.trial(queued);
      log.write('info', retryWords(queued), id, false);
      const isOther = Object.keys(request).length > 0 && queued.accept_incomplete !== true;
      const begin = async () => {
        if (isOther) await workFolders.remove(id);
        await admit(id);
      };
      // A cancelled run that is still ending owns the folder until then.
      const previous = running.get(id)?.ended;
      if (previous) void previous.then(begin);
      else await begin();
      return queued;
    },
    async pause(id) {
      const { download } = await records.change(id, ({ download: current }) => {
        requirePausable(current);
        return { patch: { ...IDLE, status: 'paused' } };
      });
      running.get(id)?.controller.abort();
      await queue.remove(id);
      await forgetWaits(id);
      log.write('info', say('PAUSED'), id, false);
      return download;
    },
    async resume(id) {
      const { download } = await records.change(id, ({ download: current }) => {
        if (!actionsOf(current).has('resume')) {
          throw new RequestError(
            'NOT_RESUMABLE',
            `Only a paused download can be resumed; this one is ${current.status}.`,
          );
        }
        const isEarly = current.error?.code === 'UPCOMING' && current.retry_at !== null;
        return {
          patch: {
            status: 'queued',
            waiting_for: isEarly ? 'release' : 'slot',
          },
        };
      });
      log.write('info', say('RESUMED'), id, false);
      await admit(id);
      return download;
    },
    async resumeHost(host) {
      const changed = await engineWaits.resume(host);
      const affected = await sites.resume(host, admit).catch((error: unknown) => {
        if (changed === null) throw error;
        return changed;
      });
      log.write('info', say('ASKING_SITE_AGAIN', { host }), null, true);
      return affected;
    },
    async finish(id) {
      const { download } = await records.required(id);
      requireRecording(download);
      running.get(id)?.finisher.abort();
      log.write('info', say('FINISHING_RECORDING'), id, false);
      return download;
    },
    async update(id, request) {
      const { download } = await records.change(id, () => ({ patch: request }));
      if (request.priority !== undefined) await admit(id);
      return view(download);
    },
    async purge(id, what) {
      const read = async () => (await records.required(id)).download;
      const download = await ended(read, running.get(id));
      if (what === 'file') await removeFiles(download);
      await records.forget([id]);
      await workFolders.remove(id);
    },
    brokenSites: engineWaits.list,
    watch: records.watch,
    async stop() {
      isStopping = true;
      records.stopRetrying();
      await queue.close();
      for (const { controller } of running.values()) controller.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
      await store.close();
    },
  };
}
