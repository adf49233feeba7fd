import { randomBytes } from 'node:crypto';
import { isTerminal, STATUSES, type Download, type Status } from '@artemis/contracts';

const REMEMBERED_REMOVALS = 10_000;

export interface LiveDownload {
  readonly download: Download;
  /** Age: grows with each submission, also over restarts. */
  readonly order: number;
  readonly host: string;
  readonly rev: number;
}

export type LiveChange =
  | { readonly kind: 'changed'; readonly download: Download; readonly isProgress: boolean }
  | { readonly kind: 'removed'; readonly id: string };

/**
 * All records as they are this moment, with the progress that is never written. Every change raises the
 * revision; revisions of another run of the server are not known here.
 */
export interface LiveDownloads {
  add(download: Download): LiveDownload;
  /** The new state of a record that is known; ignored for one that is not. */
  update(id: string, patch: Partial<Download>, isProgress?: boolean): LiveDownload | null;
  remove(id: string): void;
  get(id: string): LiveDownload | null;
  all(): IterableIterator<LiveDownload>;
  count(status: Status): number;
  /** What counts against the limit of the queue: a playlist once, and its entries not at all. */
  activeCount(): number;
  rev(): string;
  /** Null when `rev` is of another run, not a revision, or too old. At most `limit` records, oldest change first. */
  changesSince(
    rev: string,
    limit: number,
  ): { downloads: Download[]; removed: string[]; rev: string; hasMore: boolean } | null;
  subscribe(listener: (change: LiveChange) => void): () => void;
}

export function createLiveDownloads(): LiveDownloads {
  const runId = randomBytes(6).toString('base64url');
  const entries = new Map<string, LiveDownload>();
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<
    Status,
    number
  >;
  const listeners = new Set<(change: LiveChange) => void>();
  let removals: { id: string; rev: number }[] = [];
  let forgottenRemovalsUntil = 0;
  let lastRev = 0;
  let lastOrder = 0;
  let active = 0;

  function tell(change: LiveChange): void {
    for (const listener of listeners) listener(change);
  }

  function count({ status, parent_id: parentId }: Download, step: 1 | -1): void {
    counts[status] += step;
    if (parentId === null && !isTerminal(status)) active += step;
  }

  function put(entry: LiveDownload): LiveDownload {
    entries.set(entry.download.id, entry);
    count(entry.download, 1);
    return entry;
  }

  return {
    add(download) {
      lastRev += 1;
      lastOrder += 1;
      const entry = put({
        download,
        order: lastOrder,
        host: new URL(download.url).hostname,
        rev: lastRev,
      });
      tell({ kind: 'changed', download, isProgress: false });
      return entry;
    },
    update(id, patch, isProgress = false) {
      const entry = entries.get(id);
      if (!entry) return null;
      lastRev += 1;
      count(entry.download, -1);
      const download = { ...entry.download, ...patch };
      const next = put({ ...entry, download, rev: lastRev });
      tell({ kind: 'changed', download, isProgress });
      return next;
    },
    remove(id) {
      const entry = entries.get(id);
      if (!entry) return;
      lastRev += 1;
      count(entry.download, -1);
      entries.delete(id);
      removals.push({ id, rev: lastRev });
      if (removals.length > 2 * REMEMBERED_REMOVALS) {
        forgottenRemovalsUntil = removals[REMEMBERED_REMOVALS - 1]?.rev ?? 0;
        removals = removals.slice(REMEMBERED_REMOVALS);
      }
      tell({ kind: 'removed', id });
    },
    get: (id) => entries.get(id) ?? null,
    all: () => entries.values(),
    count: (status) => counts[status],
    activeCount: () => active,
    rev: () => `${runId}.${lastRev}`,
    changesSince(rev, limit) {
      const [run, number, rest] = rev.split('.');
      const since = Number(number);
      const isKnown =
        run === runId && rest === undefined && /^\d{1,15}$/.test(number ?? '') && since <= lastRev;
      if (!isKnown || since < forgottenRemovalsUntil) return null;
      const changed = [...entries.values()]
        .filter((entry) => entry.rev > since)
        .sort((a, b) => a.rev - b.rev);
      const page = changed.slice(0, limit);
      const hasMore = changed.length > page.length;
      const until = hasMore ? (page.at(-1)?.rev ?? lastRev) : lastRev;
      return {
        downloads: page.map((entry) => entry.download),
        removed: removals
          .filter((removal) => removal.rev > since && removal.rev <= until)
          .map((removal) => removal.id),
        rev: `${runId}.${until}`,
        hasMore,
      };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
