import type { Download, Status } from '@artemis/contracts';
import { isTerminal, TERMINAL_STATUSES } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { RequestError } from './errors.ts';
import type { LiveDownload, LiveDownloads } from './live-downloads.ts';
import type { HistoryStore } from './ports.ts';
import { canMove } from './status.ts';

const RETRY_SAVE_MS = 1000;
/** Most small downloads have ended by then, and the record is written once with that. */
const SAVE_SOON_MS = 250;

export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Keeps the live records and the history in step. */
export interface Records {
  /**
   * Moves a record to another status, in memory at once. The promise resolves when it is durable; while the
   * history cannot be written it stays open and the newest state is tried again every second.
   */
  move(id: string, to: Status, patch: Partial<Download>): Promise<void>;
  /** The same for what may be lost in a crash: written a quarter of a second later, or with an earlier write of this record. */
  moveSoon(id: string, to: Status, patch: Partial<Download>): void;
  /** The same for a request that must be told: rejects with STORE_UNAVAILABLE when it could not be written. */
  moveOrRefuse(id: string, to: Status, patch: Partial<Download>): Promise<void>;
  /** Writes the record as it is now; the rules of `move` apply. */
  persist(id: string): Promise<void>;
  /** Forgets records durably. Rejects with STORE_UNAVAILABLE. */
  forget(ids: readonly string[]): Promise<void>;
  /** Forgets what is beyond the limit already, as after a start with a lower one. Rejects with STORE_UNAVAILABLE. */
  forgetSurplus(): Promise<void>;
  /** From now on nothing waits for a history that cannot be written: each save is tried once. */
  stopRetrying(): void;
  /** Tries once more what could not be written. */
  close(): Promise<void>;
}

export interface RecordsDependencies {
  readonly live: LiveDownloads;
  readonly history: HistoryStore;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly historyLimit: number;
  /** Records that must not be forgotten yet, though they have ended. */
  readonly isHeld: (id: string) => boolean;
  readonly now: () => Date;
}

export function storeUnavailable(cause: unknown): RequestError {
  return new RequestError(
    'STORE_UNAVAILABLE',
    'The history could not be written, so nothing was changed. Check the disk of the history file and try again.',
    { cause, retryAfterSeconds: 5 },
  );
}

export function createRecords(dependencies: RecordsDependencies): Records {
  const { live, history, log, logger, historyLimit, isHeld, now } = dependencies;
  const unsaved = new Map<string, (() => void)[]>();
  const leaving = new Set<string>();
  const soon = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let soonTimer: NodeJS.Timeout | null = null;
  let isStopping = false;

  function apply(id: string, to: Status, patch: Partial<Download>): LiveDownload {
    const entry = live.get(id);
    if (!entry) throw new Error(`no download ${id}`);
    const { status } = entry.download;
    if (status !== to && !canMove(status, to)) throw new Error(`no move from ${status} to ${to}`);
    return live.update(id, { ...patch, status: to, updated_at: now().toISOString() }) ?? entry;
  }

  /**
   * Terminal records beyond the limit, oldest first, without those that a save under way takes with it. Those that are
   * held take nobody's place: as many as are kept may be held, and then every record would go as it ends.
   */
  function beyondLimit(): string[] {
    let ended = -leaving.size;
    for (const status of TERMINAL_STATUSES) ended += live.count(status);
    if (ended <= historyLimit) return [];
    const free = [...live.all()].filter(
      ({ download: { id, status } }) => isTerminal(status) && !leaving.has(id) && !isHeld(id),
    );
    return free
      .sort(byEnd)
      .slice(0, Math.max(0, free.length - historyLimit))
      .map(({ download }) => download.id);
  }

  /** Undoes one change, but not what came after it: progress, or another move. */
  function takeBack(id: string, before: Download, after: Download): void {
    const current = live.get(id)?.download;
    if (!current || current.status !== after.status) return;
    const keys = (Object.keys(after) as (keyof Download)[]).filter(
      (key) => after[key] !== before[key] && current[key] === after[key],
    );
    live.update(id, Object.fromEntries(keys.map((key) => [key, before[key]])));
  }

  function dropFromMemory(ids: readonly string[]): void {
    for (const id of ids) {
      // Retried while it was being removed: its newer save comes after the removal, so it stays.
      const status = live.get(id)?.download.status;
      if (status !== undefined && !isTerminal(status)) continue;
      live.remove(id);
      log.forget(id);
    }
  }

  async function save(ids: readonly string[]): Promise<void> {
    for (const id of ids) soon.delete(id);
    const put = ids.flatMap((id) => live.get(id)?.download ?? []);
    const remove = put.some(({ status }) => isTerminal(status)) ? beyondLimit() : [];
    for (const id of remove) leaving.add(id);
    try {
      await history.save({ put: put.filter(({ id }) => !remove.includes(id)), remove });
    } finally {
      for (const id of remove) leaving.delete(id);
    }
    dropFromMemory(remove);
  }

  function tryLater(): void {
    if (timer || isStopping) return;
    timer = setTimeout(() => {
      timer = null;
      void saveUnsaved();
    }, RETRY_SAVE_MS);
    timer.unref();
  }

  async function saveUnsaved(): Promise<void> {
    const waiting = [...unsaved];
    if (waiting.length === 0) return;
    try {
      await save(waiting.map(([id]) => id));
      for (const [id, resolvers] of waiting) {
        if (unsaved.get(id) === resolvers) unsaved.delete(id);
        for (const resolve of resolvers) resolve();
      }
    } catch (error) {
      logger.error({ err: error, records: waiting.length }, 'history still cannot be written');
    }
    if (unsaved.size > 0) tryLater();
  }

  async function persist(id: string): Promise<void> {
    try {
      await save([id]);
    } catch (error) {
      logger.error({ err: error, downloadId: id }, 'history cannot be written, will try again');
      log.write(
        'error',
        'The history cannot be written; Artemis tries again every second.',
        null,
        true,
      );
      if (isStopping) return;
      await new Promise<void>((resolve) => {
        unsaved.set(id, [...(unsaved.get(id) ?? []), resolve]);
        tryLater();
      });
    }
  }

  async function forget(ids: readonly string[]): Promise<void> {
    try {
      await history.save({ remove: ids });
    } catch (error) {
      throw storeUnavailable(error);
    }
    dropFromMemory(ids);
  }

  function saveSoon(): void {
    soonTimer = null;
    for (const id of soon) void persist(id);
  }

  return {
    persist,
    async move(id, to, patch) {
      apply(id, to, patch);
      await persist(id);
    },
    moveSoon(id, to, patch) {
      apply(id, to, patch);
      soon.add(id);
      soonTimer ??= setTimeout(saveSoon, SAVE_SOON_MS).unref();
    },
    async moveOrRefuse(id, to, patch) {
      const before = live.get(id)?.download;
      const after = apply(id, to, patch);
      try {
        await save([id]);
      } catch (error) {
        if (before) takeBack(id, before, after.download);
        throw storeUnavailable(error);
      }
    },
    forget,
    async forgetSurplus() {
      const surplus = beyondLimit();
      if (surplus.length > 0) await forget(surplus);
    },
    stopRetrying() {
      isStopping = true;
      if (timer) clearTimeout(timer);
      for (const resolvers of unsaved.values()) for (const resolve of resolvers) resolve();
    },
    async close() {
      if (soonTimer) clearTimeout(soonTimer);
      saveSoon();
      await saveUnsaved();
    },
  };
}

/** A playlist is older than its entries, but ends after them: in the same millisecond as the last one when that is quick. */
function byEnd(a: LiveDownload, b: LiveDownload): number {
  return endedAt(a) - endedAt(b) || generation(b) - generation(a) || a.order - b.order;
}

/** 1 for an entry of a playlist. */
function generation({ download }: LiveDownload): 0 | 1 {
  return download.parent_id === null ? 0 : 1;
}

function endedAt({ download }: LiveDownload): number {
  return Date.parse(download.completed_at ?? download.updated_at);
}
