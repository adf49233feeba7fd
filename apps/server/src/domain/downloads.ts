import {
  actionsOf,
  type CreateDownloads,
  type Download,
  type RetryDownload,
  type UpdateDownload,
} from '@artemis/contracts';
import type { AttemptUsage } from './attempt.ts';
import type { ActivityLog } from './activity-log.ts';
import { createAttemptCount } from './attempt-count.ts';
import { IDLE } from './blank-record.ts';
import { createCounter } from './counter.ts';
import type { DiskGate } from './disk-gate.ts';
import { createEngineWaits, type ToldBrokenSite } from './engines/engine-waits.ts';
import { createDownloadReader, type DownloadReader } from './download-reader.ts';
import { RequestError } from './errors.ts';
import type { CheckProxy, CheckUrl } from './links/url-policy.ts';
import type { LiveChange, LiveDownloads } from './live-downloads.ts';
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
  HistoryContent,
  HistoryStore,
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
import { MOST_DEATHS, MOST_INTERRUPTIONS } from './retry-policy.ts';
import { createParkedSites } from './sites/parked-sites.ts';
import { queueEntryOf } from './queue-entry.ts';
import { endOfParts } from './store-parts.ts';
import { createSubmissions, type SubmitResult } from './submit.ts';
import { removeWorkWithRecords } from './work-of-records.ts';

export interface DownloadsDependencies {
  readonly live: LiveDownloads;
  readonly records: Records;
  readonly history: HistoryStore;
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
  readonly believedNow: () => Date;
  readonly random?: () => number;
}

/** Everything that can be done with downloads. Records that are answered are as they are at that moment. */
export interface Downloads extends DownloadReader {
  /** Puts a queued download into the queue; does nothing for any other. Idempotent. */
  admit(id: string): Promise<void>;
  /** Takes over what an earlier run of the server left, and begins to run downloads. Call once, first. */
  start(content: HistoryContent): Promise<void>;
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
  brokenSites(): readonly ToldBrokenSite[];
  /** Ends a live recording with what it has. One that the server's end cuts off meanwhile goes on after the next start. */
  finish(id: string): Promise<Download>;
  update(id: string, request: UpdateDownload): Promise<Download>;
  purge(id: string, what: 'record' | 'file'): Promise<void>;
  subscribe(listener: (change: LiveChange) => void): () => void;
  /** Ends running attempts so that the next start continues them; resolves when none is left. */
  stop(): Promise<void>;
}

export function createDownloads(dependencies: DownloadsDependencies): Downloads {
  const { live, records, history, queue, files, workFolders, log, logger, now, settings } =
    dependencies;
  const submissions = createSubmissions({
    ...dependencies,
    admit,
    maxQueueDepth: settings.maxQueueDepth,
  });
  const running = new Map<string, Run>();
  const attempts = createAttemptCount();
  const [interruptions, deaths, looks] = [createCounter(), createCounter(), createCounter()];
  const random = dependencies.random ?? Math.random;
  const sites = createParkedSites(dependencies);
  function beginAnew(download: Download): void {
    attempts.beginAnew(download);
    for (const counter of [interruptions, deaths, looks]) counter.forget(download.id);
  }

  const engineWaits = createEngineWaits({
    ...dependencies,
    beginAnew,
    async admit(id) {
      const ended = running.get(id)?.ended;
      if (ended === undefined) return admit(id);
      // Not waited for: it may be the attempt itself that asks.
      void ended.then(() => admit(id));
    },
  });
  const view = (download: Download) => engineWaits.view(sites.view(download));
  const { required, ...reader } = createDownloadReader({ live, log, view });
  live.subscribe((change) => {
    if (change.kind !== 'removed') return;
    attempts.forget(change.id);
    for (const counter of [interruptions, deaths, looks]) counter.forget(change.id);
    void forgetWaits(change.id);
  });
  removeWorkWithRecords({ ...dependencies, untilEnded: (id) => running.get(id)?.ended });
  const runDependencies: RunDependencies = {
    ...dependencies,
    ...settings,
    random,
    mayContinue: (id) => interruptions.next(id) <= MOST_INTERRUPTIONS && !isStopping,
    mayRunAgain: (id) => deaths.next(id) < MOST_DEATHS,
    sites,
    engineWaits,
    admit,
    countLook: (id) => looks.next(id),
    attempts,
  };
  let isStopping = false;

  function requireEngine(version: string | undefined): void {
    if (version === undefined || dependencies.engines.has(version)) return;
    throw new RequestError('ENGINE_NOT_FOUND', `There is no yt-dlp ${version} here.`);
  }

  async function admit(id: string): Promise<void> {
    // A playlist whose list is read needs no slot. No `await` for any other: who admits some in one turn relies on that.
    if (dependencies.playlists.has(id) && (await dependencies.playlists.feed(id))) return;
    const entry = live.get(id);
    // Something may have moved it on while this was on its way here.
    if (entry?.download.status !== 'queued') return;
    await queue.enqueue(queueEntryOf(entry, dependencies.disk, engineWaits));
  }

  async function forgetWaits(id: string): Promise<void> {
    engineWaits.withdraw(id);
    await sites.withdraw(id);
  }

  /**
   * A stop was refused because it could not be written, but the attempt has been ended and the place in the queue
   * is lost: the download queues again, and continues from its partial file.
   */
  async function goOn(id: string): Promise<void> {
    await running.get(id)?.ended;
    if (isStopping) return;
    if (live.get(id)?.download.status === 'running') {
      void records.move(id, 'queued', { ...IDLE, waiting_for: 'slot' });
    }
    await admit(id);
  }

  async function orGoOn(id: string, saved: Promise<void>): Promise<void> {
    try {
      await saved;
    } catch (error) {
      void goOn(id);
      throw error;
    }
  }

  /** First the record lets go of the files, durably: a history that cannot be written keeps both. */
  async function removeFiles({ id, status, storage_path, artifacts, expires_at }: Download) {
    const none = { storage_path: null, artifacts: [], expires_at: null };
    await records.moveOrRefuse(id, status, none);
    try {
      await files.remove(artifacts);
    } catch (error) {
      await records.moveOrRefuse(id, status, { storage_path, artifacts, expires_at });
      throw error;
    }
  }

  async function run(id: string): Promise<void> {
    const entry = live.get(id);
    if (isStopping || !entry) return;
    if (!engineWaits.mayStart(entry)) return admit(id);
    const [controller, finisher] = [new AbortController(), new AbortController()];
    const signals = { signal: controller.signal, finish: finisher.signal };
    const end = runDownload(id, signals, runDependencies).catch((error: unknown) => {
      logger.error({ err: error, downloadId: id }, 'download could not be run');
    });
    running.set(id, { controller, finisher, ended: end });
    await end;
    running.delete(id);
    engineWaits.ended(id);
  }

  return {
    ...reader,
    admit,
    async start({ downloads, idempotency }) {
      for (const download of [...downloads].reverse()) live.add(download);
      const interrupted = downloads.filter(({ status }) => status === 'running');
      for (const { id } of interrupted) {
        void records.move(id, 'queued', { ...IDLE, waiting_for: 'slot' });
        log.write('info', 'The server stopped during this download; it continues now.', id, false);
      }
      if (interrupted.length > 0) {
        log.write('info', `Continuing ${interrupted.length} interrupted downloads.`, null, true);
      }
      submissions.recover(idempotency);
      engineWaits.recover();
      await records.forgetSurplus().catch((error: unknown) => {
        logger.warn({ err: error }, 'old records are forgotten with the next download that ends');
      });
      await sites.recover();
      for (const { download } of live.all()) {
        if (download.status === 'queued') await admit(download.id);
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
      const result = await submissions.submit(request, idempotencyKey);
      return { ...result, downloads: result.downloads.map(view) };
    },
    async cancel(id) {
      const download = required(id);
      if (!actionsOf(download).has('cancel')) {
        throw new RequestError('NOT_CANCELLABLE', `This download has already ${download.status}.`);
      }
      const isStored = download.retry_parts.length > 0;
      const saved = isStored
        ? records.moveOrRefuse(id, 'completed', endOfParts(now()))
        : records.moveOrRefuse(id, 'cancelled', {
            ...IDLE,
            retry_at: null,
            completed_at: now().toISOString(),
          });
      const isRunning = running.has(id);
      running.get(id)?.controller.abort();
      await queue.remove(id);
      await orGoOn(id, saved);
      await forgetWaits(id);
      log.write('info', 'Cancelled.', id, false);
      log.write('info', `Cancelled: ${download.title ?? new URL(download.url).hostname}`, id, true);
      if (!isRunning) await workFolders.remove(id);
      return required(id);
    },
    async retry(id, request) {
      required(id);
      requireEngine(request.engine);
      if (request.options) await requireUsableFolder(request.options, files);
      const download = required(id);
      const isKept = isWhatIsThereWanted(download, request);
      const parts = request.parts === undefined ? [] : missingParts(download, request);
      const isWhole = parts.length === 0;
      // The list of an old record may be gone.
      const isPossible = download.status !== 'completed' || dependencies.playlists.has(id);
      if (isWhole && !(isPossible && actionsOf(download).has('retry'))) {
        throw refuseWholeRetry(download);
      }
      const selection = selectionOf(request, download);
      requireUsableProxy(selection, dependencies.checkProxy);
      // What it was accepted with holds, also when the probe is forgotten.
      if (request.options) requireKnownLanguages(selection, dependencies.isListedLanguage);
      dependencies.playlists.requireSameList(download, selection);
      // An entry of a playlist does not count.
      if (download.parent_id === null) submissions.requireCapacity(1);
      const isOther = Object.keys(request).length > 0 && !isKept;
      beginAnew(download);
      await records.moveOrRefuse(id, 'queued', {
        ...selection,
        waiting_for: 'slot',
        retry_parts: parts,
        accept_incomplete: isKept,
        retry_engine: request.engine ?? null,
        progress: 0,
        completed_at: null,
        // Marks the next start as a new attempt.
        retry_at: now().toISOString(),
      });
      const queued = required(id);
      submissions.track(queued);
      await forgetWaits(id);
      engineWaits.trial(queued);
      log.write('info', retryWords(queued), id, false);
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
      const download = required(id);
      requirePausable(download);
      const saved = records.moveOrRefuse(id, 'paused', IDLE);
      running.get(id)?.controller.abort();
      await queue.remove(id);
      await orGoOn(id, saved);
      await forgetWaits(id);
      log.write('info', 'Paused.', id, false);
      return required(id);
    },
    async resume(id) {
      const download = required(id);
      if (!actionsOf(download).has('resume')) {
        throw new RequestError(
          'NOT_RESUMABLE',
          `Only a paused download can be resumed; this one is ${download.status}.`,
        );
      }
      const isEarly = download.error?.code === 'UPCOMING' && download.retry_at !== null;
      await records.moveOrRefuse(id, 'queued', { waiting_for: isEarly ? 'release' : 'slot' });
      const queued = required(id);
      log.write('info', 'Resumed.', id, false);
      await admit(id);
      return queued;
    },
    async resumeHost(host) {
      const changed = await engineWaits.resume(host);
      const affected = await sites.resume(host, admit).catch((error: unknown) => {
        if (changed === null) throw error;
        return changed;
      });
      log.write('info', `Asking ${host} again.`, null, true);
      return affected;
    },
    async finish(id) {
      requireRecording(required(id));
      running.get(id)?.finisher.abort();
      log.write('info', 'Finishing the recording.', id, false);
      return required(id);
    },
    async update(id, request) {
      const { status } = required(id);
      await records.moveOrRefuse(id, status, request);
      if (request.priority !== undefined) await admit(id);
      return view(required(id));
    },
    async purge(id, what) {
      const download = await ended(() => required(id), running.get(id));
      if (what === 'file') await removeFiles(download);
      await records.forget([id]);
      await workFolders.remove(id);
    },
    brokenSites: engineWaits.list,
    subscribe: (listener) => live.subscribe(listener),
    async stop() {
      isStopping = true;
      records.stopRetrying();
      await queue.close();
      for (const { controller } of running.values()) controller.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
      await records.close();
      await history.close();
    },
  };
}
