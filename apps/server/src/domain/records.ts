import { say, type Download } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import type {
  Change,
  Changes,
  Counts,
  DownloadStore,
  Filter,
  Idempotency,
  ListPage,
  ListQuery,
  StoreChange,
  StoredDownload,
  Submission,
  Submitted,
  TransitionOptions,
} from './download-store.ts';
import { RequestError } from './errors.ts';

const RETRY_MS = 1000;

export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What becomes of a record as it is now; null leaves it as it is. May be asked again, when the record has changed meanwhile. */
export type Decide = (stored: StoredDownload) => Change | null;

/** The records of one workspace, as the domain works with them. */
export interface Records {
  get(id: string): Promise<StoredDownload | null>;
  /** @throws {RequestError} DOWNLOAD_NOT_FOUND */
  required(id: string): Promise<StoredDownload>;
  find(filter: Filter): Promise<readonly StoredDownload[]>;
  list(query: ListQuery): Promise<ListPage>;
  counts(): Promise<Counts>;
  changesSince(rev: string, limit: number): Promise<Changes | null>;
  /** As that of the store. */
  recall(idempotency: Idempotency): Promise<Submitted | null>;
  /** @throws {RequestError} STORE_UNAVAILABLE */
  submit(submission: Submission): Promise<Submitted>;
  /** Rejects when they could not be stored. */
  add(downloads: readonly Download[]): Promise<readonly StoredDownload[]>;
  /**
   * Changes a record for a request that must be told how it went. Durable when resolved.
   * @throws {RequestError} DOWNLOAD_NOT_FOUND, STORE_UNAVAILABLE, QUEUE_FULL with `mostActive`; and what `decide` throws
   */
  change(id: string, decide: Decide, options?: TransitionOptions): Promise<StoredDownload>;
  /**
   * The same for what has happened already: while it cannot be written, it is tried again every second. Resolves with the
   * record once it is durable; null when there is none, nothing was to be changed, or the server ends meanwhile.
   */
  changeSurely(
    id: string,
    decide: Decide,
    options?: TransitionOptions,
  ): Promise<StoredDownload | null>;
  /** As that of the store. */
  progress(id: string, token: string | null, patch: Partial<Download>): void;
  /** What is to be seen of them has changed, though nothing has happened to them. */
  touch(ids: readonly string[]): void;
  /** @throws {RequestError} STORE_UNAVAILABLE */
  forget(ids: readonly string[]): Promise<void>;
  watch(listener: (change: StoreChange) => void): () => void;
  /** From now on nothing waits for a history that cannot be written: each change is tried once more. */
  stopRetrying(): void;
}

export interface RecordsDependencies {
  readonly store: DownloadStore;
  readonly workspace: string;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly now: () => Date;
}

const QUEUE_FULL_RETRY_SECONDS = 15;

export function createRecords(dependencies: RecordsDependencies): Records {
  const { store, workspace, log, logger, now } = dependencies;
  const waiting = new Set<() => void>();
  let isStopping = false;

  /** Reads and changes again until nobody else was faster. */
  async function attempt(
    id: string,
    decide: Decide,
    options: TransitionOptions,
  ): Promise<StoredDownload | 'missing' | 'unchanged' | 'full'> {
    for (;;) {
      const stored = await store.get(workspace, id);
      if (!stored) return 'missing';
      const change = decide(stored);
      if (!change) return 'unchanged';
      const patch = { ...change.patch, updated_at: now().toISOString() };
      const done = await store.transition(
        workspace,
        id,
        stored.version,
        { ...change, patch },
        options,
      );
      if (done.kind === 'stored') return done.stored;
      if (done.kind !== 'conflict') return done.kind;
    }
  }

  async function change(
    id: string,
    decide: Decide,
    options: TransitionOptions = {},
  ): Promise<StoredDownload> {
    let done;
    try {
      done = await attempt(id, decide, options);
    } catch (error) {
      throw error instanceof RequestError ? error : storeUnavailable(error);
    }
    if (done === 'full') throw queueFull(options.mostActive ?? 0, 1);
    if (done === 'missing' || done === 'unchanged') return required(id);
    return done;
  }

  async function required(id: string): Promise<StoredDownload> {
    const stored = await store.get(workspace, id);
    if (stored) return stored;
    throw new RequestError('DOWNLOAD_NOT_FOUND', `There is no download with the id ${id}.`);
  }

  /** A second, or until the server ends. */
  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        waiting.delete(end);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(end, RETRY_MS);
      timer.unref();
      waiting.add(end);
    });
  }

  return {
    get: (id) => store.get(workspace, id),
    required,
    find: (filter) => store.find(workspace, filter),
    list: (query) => store.list(workspace, query),
    counts: () => store.counts(workspace),
    changesSince: (rev, limit) => store.changesSince(workspace, rev, limit),
    recall: (idempotency) => store.recall(workspace, idempotency),
    async submit(submission) {
      try {
        return await store.submit(workspace, submission);
      } catch (error) {
        throw storeUnavailable(error);
      }
    },
    add: (downloads) => store.add(workspace, downloads),
    change,
    async changeSurely(id, decide, options = {}) {
      for (let tries = 1; ; tries += 1) {
        const isLast = isStopping;
        try {
          const done = await attempt(id, decide, options);
          return typeof done === 'string' ? null : done;
        } catch (error) {
          logger.error({ err: error, downloadId: id }, 'history cannot be written');
          if (isLast) return null;
        }
        if (tries === 1) {
          log.write('error', say('HISTORY_TRIED_AGAIN'), null, true);
        }
        if (!isStopping) await pause();
      }
    },
    progress: (id, token, patch) => void store.progress(workspace, id, token, patch),
    touch(ids) {
      for (const id of ids) void store.progress(workspace, id, null, {});
    },
    async forget(ids) {
      try {
        await store.remove(workspace, ids);
      } catch (error) {
        throw storeUnavailable(error);
      }
    },
    watch: (listener) => store.watch(listener),
    stopRetrying() {
      isStopping = true;
      for (const end of [...waiting]) end();
    },
  };
}

export function storeUnavailable(cause: unknown): RequestError {
  return new RequestError(
    'STORE_UNAVAILABLE',
    'The history could not be written, so nothing was changed. Check the disk of the history file and try again.',
    { cause, retryAfterSeconds: 5 },
  );
}

export function queueFull(mostActive: number, count: number): RequestError {
  return new RequestError(
    'QUEUE_FULL',
    `The queue holds at most ${mostActive} downloads and has no place for ${count} more.`,
    { retryAfterSeconds: QUEUE_FULL_RETRY_SECONDS },
  );
}
