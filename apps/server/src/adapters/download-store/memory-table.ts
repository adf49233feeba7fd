import { randomBytes } from 'node:crypto';
import { isTerminal, STATUSES, type Download, type Status } from '@artemis/contracts';
import {
  IMPLICIT_WORKSPACE,
  type Changes,
  type Counts,
  type StoreChange,
  type StoredDownload,
} from '../../domain/download-store.ts';
import { NO_TALLY, type Tally } from '../../domain/tally.ts';

const REMEMBERED_REMOVALS = 10_000;
/** Stale places of the list of changes are left in it until it is as long as that and twice the records. */
const SHORTEST_COMPACTED = 1000;

/** All records as they are this moment, with the progress that is never written. Revisions are of one run of the server. */
export interface MemoryTable {
  get(id: string): StoredDownload | null;
  /** A record that is new; the older it is, the earlier it must be added. */
  add(download: Download, tally?: Tally): StoredDownload;
  /** Puts a new value in the place of one that is there. */
  put(stored: StoredDownload, isProgress: boolean): void;
  remove(id: string): void;
  /** The oldest first. */
  all(): IterableIterator<StoredDownload>;
  newestFirst(): IterableIterator<StoredDownload>;
  count(status: Status): number;
  counts(): Counts;
  rev(): string;
  changesSince(rev: string, limit: number): Changes | null;
  watch(listener: (change: StoreChange) => void): () => void;
}

interface Place {
  readonly id: string;
  readonly rev: number;
}

export function createMemoryTable(): MemoryTable {
  const runId = randomBytes(6).toString('base64url');
  const records = new Map<string, StoredDownload>();
  const revs = new Map<string, number>();
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<
    Status,
    number
  >;
  const listeners = new Set<(change: StoreChange) => void>();
  /** Each change at its place, so that a poll costs what has changed and not what there is. */
  let changes: Place[] = [];
  let removals: Place[] = [];
  let forgottenRemovalsUntil = 0;
  /** Ids in the order of their age; those that are gone stay until the next compaction. */
  let ages: string[] = [];
  let lastRev = 0;
  let lastOrder = 0;
  let active = 0;

  function tell(change: StoreChange): void {
    for (const listener of listeners) listener(change);
  }

  function count({ status, parent_id: parentId }: Download, step: 1 | -1): void {
    counts[status] += step;
    if (parentId === null && !isTerminal(status)) active += step;
  }

  function note(id: string): void {
    lastRev += 1;
    revs.set(id, lastRev);
    changes.push({ id, rev: lastRev });
    if (changes.length < Math.max(SHORTEST_COMPACTED, 2 * records.size)) return;
    changes = changes.filter(({ id: changed, rev }) => revs.get(changed) === rev);
  }

  function compactAges(): void {
    if (ages.length < Math.max(SHORTEST_COMPACTED, 2 * records.size)) return;
    ages = ages.filter((id) => records.has(id));
  }

  /** Index of the first place after this revision. */
  function firstAfter(places: readonly Place[], since: number): number {
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[middle]?.rev ?? 0) > since) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    get: (id) => records.get(id) ?? null,
    add(download, tally = NO_TALLY) {
      lastOrder += 1;
      const stored: StoredDownload = {
        workspace: IMPLICIT_WORKSPACE,
        download,
        order: lastOrder,
        host: new URL(download.url).hostname,
        tally,
        token: null,
        version: 1,
      };
      records.set(download.id, stored);
      ages.push(download.id);
      count(download, 1);
      note(download.id);
      tell({ kind: 'changed', stored, isProgress: false });
      return stored;
    },
    put(stored, isProgress) {
      const { id } = stored.download;
      const before = records.get(id);
      if (!before) return;
      count(before.download, -1);
      count(stored.download, 1);
      records.set(id, stored);
      note(id);
      tell({ kind: 'changed', stored, isProgress });
    },
    remove(id) {
      const stored = records.get(id);
      if (!stored) return;
      count(stored.download, -1);
      records.delete(id);
      revs.delete(id);
      compactAges();
      lastRev += 1;
      removals.push({ id, rev: lastRev });
      if (removals.length > 2 * REMEMBERED_REMOVALS) {
        forgottenRemovalsUntil = removals[REMEMBERED_REMOVALS - 1]?.rev ?? 0;
        removals = removals.slice(REMEMBERED_REMOVALS);
      }
      tell({ kind: 'removed', id });
    },
    all: () => records.values(),
    *newestFirst() {
      for (let index = ages.length - 1; index >= 0; index -= 1) {
        const stored = records.get(ages[index] ?? '');
        if (stored) yield stored;
      }
    },
    count: (status) => counts[status],
    counts: () => ({ byStatus: { ...counts }, active, rev: `${runId}.${lastRev}` }),
    rev: () => `${runId}.${lastRev}`,
    changesSince(rev, limit) {
      const [run, number, rest] = rev.split('.');
      const since = Number(number);
      const isKnown =
        run === runId && rest === undefined && /^\d{1,15}$/.test(number ?? '') && since <= lastRev;
      if (!isKnown || since < forgottenRemovalsUntil) return null;
      const downloads: Download[] = [];
      let until = lastRev;
      let hasMore = false;
      for (let index = firstAfter(changes, since); index < changes.length; index += 1) {
        const place = changes[index];
        const stored = records.get(place?.id ?? '');
        if (!place || !stored || revs.get(place.id) !== place.rev) continue;
        if (downloads.length === limit) {
          hasMore = true;
          break;
        }
        downloads.push(stored.download);
        until = place.rev;
      }
      if (!hasMore) until = lastRev;
      const removed = removals
        .slice(firstAfter(removals, since))
        .filter((removal) => removal.rev <= until)
        .map(({ id }) => id);
      return { downloads, removed, rev: `${runId}.${until}`, hasMore };
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
