import {
  isTerminal,
  type CreateDownloads,
  type Download,
  type LogLine,
  type RetryDownload,
} from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { RequestError } from './errors.ts';
import { listDownloads, type ListPage, type ListQuery } from './list-downloads.ts';
import type { LiveChange, LiveDownloads } from './live-downloads.ts';
import type {
  DownloadQueue,
  DownloadRunner,
  FileName,
  FileStore,
  HistoryContent,
  HistoryStore,
  Notifier,
} from './ports.ts';
import { selectionOf } from './presets.ts';
import type { Logger, Records } from './records.ts';
import { runDownload, type RunDependencies } from './run-download.ts';
import { createSubmissions, type SubmitResult, type UrlVerdict } from './submit.ts';

export interface DownloadsDependencies {
  readonly live: LiveDownloads;
  readonly records: Records;
  readonly history: HistoryStore;
  readonly queue: DownloadQueue;
  readonly runner: DownloadRunner;
  readonly files: FileStore;
  readonly notifier: Notifier;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly checkUrl: (raw: string) => UrlVerdict;
  readonly fileName: (download: Download) => FileName;
  readonly settings: {
    readonly maxQueueDepth: number;
    readonly maxAttempts: number;
    readonly cleanupAfterDays: number;
  };
  readonly now?: () => Date;
  readonly random?: () => number;
}

/** Everything that can be done with downloads. Records that are answered are as they are at that moment. */
export interface Downloads {
  /** Takes over what an earlier run of the server left, and begins to run downloads. Call once, first. */
  start(content: HistoryContent): Promise<void>;
  submit(request: CreateDownloads, idempotencyKey: string | null): Promise<SubmitResult>;
  list(query: ListQuery): ListPage;
  rev(): string;
  /** @throws {RequestError} REV_GONE */
  changesSince(rev: string, limit: number): ReturnType<LiveDownloads['changesSince']> & object;
  /** @throws {RequestError} DOWNLOAD_NOT_FOUND */
  get(id: string): Download;
  cancel(id: string): Promise<Download>;
  retry(id: string, request: RetryDownload): Promise<Download>;
  purge(id: string, what: 'record' | 'file'): Promise<void>;
  logOf(id: string, after: number): { lines: readonly LogLine[]; next: number };
  subscribe(listener: (change: LiveChange) => void): () => void;
  /** Ends running attempts so that the next start continues them; resolves when none is left. */
  stop(): Promise<void>;
}

export function createDownloads(dependencies: DownloadsDependencies): Downloads {
  const { live, records, history, queue, files, log, logger, settings } = dependencies;
  const now = dependencies.now ?? (() => new Date());
  const submissions = createSubmissions({
    ...dependencies,
    now,
    maxQueueDepth: settings.maxQueueDepth,
  });
  const running = new Map<string, { controller: AbortController; ended: Promise<void> }>();
  const attemptsBefore = new Map<string, number>();
  const runDependencies: RunDependencies = {
    ...dependencies,
    ...settings,
    now,
    random: dependencies.random ?? Math.random,
    attemptsBefore: (id) => attemptsBefore.get(id) ?? 0,
  };
  let isStopping = false;

  function required(id: string): Download {
    const entry = live.get(id);
    if (!entry) {
      throw new RequestError('DOWNLOAD_NOT_FOUND', `There is no download with the id ${id}.`);
    }
    return entry.download;
  }

  function view(download: Download): Download {
    if (download.status !== 'queued') return download;
    const host = live.get(download.id)?.host ?? '';
    return { ...download, waiting_for: queue.waitingReason({ id: download.id, host }) };
  }

  async function enqueue(id: string): Promise<void> {
    const entry = live.get(id);
    if (!entry) return;
    const { priority, retry_at: retryAt } = entry.download;
    await queue.enqueue({
      id,
      priority,
      order: entry.order,
      host: entry.host,
      notBeforeMs: retryAt === null ? null : Date.parse(retryAt),
    });
  }

  async function run(id: string): Promise<void> {
    if (isStopping) return;
    const controller = new AbortController();
    const ended = runDownload(id, controller.signal, runDependencies).catch((error: unknown) => {
      logger.error({ err: error, downloadId: id }, 'download could not be run');
    });
    running.set(id, { controller, ended });
    await ended;
    running.delete(id);
  }

  return {
    async start({ downloads, idempotency }) {
      for (const download of [...downloads].reverse()) live.add(download);
      const interrupted = downloads.filter(({ status }) => status === 'running');
      for (const { id } of interrupted) {
        void records.move(id, 'queued', {
          phase: null,
          waiting_for: 'slot',
          speed_bps: null,
          eta_seconds: null,
        });
        log.write('info', 'The server stopped during this download; it continues now.', id, false);
      }
      if (interrupted.length > 0) {
        log.write('info', `Continuing ${interrupted.length} interrupted downloads.`, null, true);
      }
      submissions.recover(idempotency);
      for (const { download } of live.all()) {
        if (download.status === 'queued') await enqueue(download.id);
      }
      queue.start(run);
    },
    async submit(request, idempotencyKey) {
      if (isStopping) {
        throw new RequestError(
          'SHUTTING_DOWN',
          'The server is stopping; send this again in a moment.',
          {
            retryAfterSeconds: 5,
          },
        );
      }
      const result = await submissions.submit(request, idempotencyKey);
      return { ...result, downloads: result.downloads.map(view) };
    },
    list(query) {
      const page = listDownloads(live.all(), query);
      return { ...page, downloads: page.downloads.map(view) };
    },
    rev: () => live.rev(),
    changesSince(rev, limit) {
      const changes = live.changesSince(rev, limit);
      if (!changes) {
        throw new RequestError(
          'REV_GONE',
          'These changes are no longer known; read the list again.',
        );
      }
      return { ...changes, downloads: changes.downloads.map(view) };
    },
    get: (id) => view(required(id)),
    async cancel(id) {
      const download = required(id);
      if (isTerminal(download.status)) {
        throw new RequestError('NOT_CANCELLABLE', `This download has already ${download.status}.`);
      }
      const saved = records.moveOrRefuse(id, 'cancelled', {
        phase: null,
        waiting_for: null,
        speed_bps: null,
        eta_seconds: null,
        retry_at: null,
        completed_at: now().toISOString(),
      });
      const isRunning = running.has(id);
      running.get(id)?.controller.abort();
      await queue.remove(id);
      log.write('info', 'Cancelled.', id, false);
      log.write('info', `Cancelled: ${download.title ?? new URL(download.url).hostname}`, id, true);
      await saved;
      if (!isRunning) await files.removeJobFolder(id);
      return required(id);
    },
    async retry(id, request) {
      const download = required(id);
      if (download.status !== 'failed' && download.status !== 'cancelled') {
        throw new RequestError(
          'NOT_RETRYABLE',
          `Only a failed or cancelled download can be retried; this one is ${download.status}.`,
        );
      }
      const selection = selectionOf(request, download);
      submissions.requireRoom(1);
      const isOther = Object.keys(request).length > 0;
      if (isOther && !running.has(id)) await files.removeJobFolder(id);
      attemptsBefore.set(id, download.attempt);
      await records.moveOrRefuse(id, 'queued', {
        ...selection,
        waiting_for: 'slot',
        progress: 0,
        completed_at: null,
        // Marks the next start as a new attempt.
        retry_at: now().toISOString(),
      });
      const queued = required(id);
      submissions.track(queued);
      log.write('info', 'Queued again.', id, false);
      await enqueue(id);
      return queued;
    },
    async purge(id, what) {
      const download = required(id);
      if (!isTerminal(download.status) || running.has(id)) {
        throw new RequestError('STILL_ACTIVE', 'This download is still active; cancel it first.');
      }
      if (what === 'file') await files.remove(download.artifacts);
      await records.forget([id]);
      await files.removeJobFolder(id);
      attemptsBefore.delete(id);
    },
    logOf(id, after) {
      required(id);
      return log.ofDownload(id, after);
    },
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
