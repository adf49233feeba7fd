import type { Download } from '@artemis/contracts';
import type { ListedEntry } from '../attempt.ts';
import type { EntryEnd, StoredList } from '../ports.ts';
import type { Logger } from '../records.ts';

const RETRY_SAVE_MS = 1000;
/** Entries that are read from the disk at a time. */
const BLOCK_ENTRIES = 200;

/** By the number that stands for it in memory. */
const STATES = ['waiting', 'done', 'failed', 'skipped'] as const;

interface UnsavedEnd {
  readonly end: EntryEnd | null;
  readonly childId: string | null;
}

/** One list while somebody works with it: how its entries have ended, in memory at once and on the disk soon. */
export interface EntryList {
  readonly metadata: StoredList['metadata'];
  readonly total: number;
  /** Of the last entry; that of others may have gaps. */
  readonly lastIndex: number;
  indexAt(place: number): number;
  endAt(place: number): EntryEnd | null;
  /** One reader at a time. */
  entryAt(place: number): Promise<ListedEntry>;
  first(count: number): Promise<readonly ListedEntry[]>;
  counts(): NonNullable<Download['entries']>;
  /**
   * The entry with that index has ended: in memory at once, on the disk soon, and tried again every second while that
   * fails. False: there is no such entry.
   */
  end(index: number, end: EntryEnd, childId?: string): boolean;
  /** A download of this entry is active, whatever the last one came to: in memory only. */
  reopen(index: number): void;
  /** Those that failed are to be downloaded again. */
  reopenFailed(): void;
  /** Resolves when the disk has all ends that were set so far, or nobody waits for it any more. */
  saved(): Promise<void>;
  close(): Promise<void>;
}

export interface EntryListOptions {
  readonly stored: StoredList;
  /** Told when the end of a child is on the disk. */
  readonly onSaved: (childId: string) => void;
  readonly isStopping: () => boolean;
  readonly logger: Logger;
}

export function createEntryList(options: EntryListOptions): EntryList {
  const { stored, onSaved, isStopping, logger } = options;
  const { indexes } = stored;
  const states = new Uint8Array(indexes.length);
  const counts = { done: 0, failed: 0, skipped: 0 };
  let unsaved = new Map<number, UnsavedEnd>();
  let saving: Promise<void> | null = null;
  let block: { from: number; entries: readonly ListedEntry[] } = { from: 0, entries: [] };

  function endAt(place: number): EntryEnd | null {
    const state = STATES[states[place] ?? 0] ?? 'waiting';
    return state === 'waiting' ? null : state;
  }

  function set(place: number, end: EntryEnd | null): void {
    const before = endAt(place);
    if (before !== null) counts[before] -= 1;
    if (end !== null) counts[end] += 1;
    states[place] = STATES.indexOf(end ?? 'waiting');
  }

  function write(place: number, end: EntryEnd | null, childId: string | null): void {
    set(place, end);
    unsaved.set(place, { end, childId });
    saving ??= save();
  }

  async function save(): Promise<void> {
    // What else ends in this turn shares the write.
    await Promise.resolve();
    while (unsaved.size > 0) {
      const batch = unsaved;
      unsaved = new Map();
      try {
        await stored.setEnds(new Map([...batch].map(([place, { end }]) => [place, end])));
        for (const { childId } of batch.values()) if (childId !== null) onSaved(childId);
      } catch (error) {
        // What has been set since counts.
        unsaved = new Map([...batch, ...unsaved]);
        logger.error({ err: error }, 'the ends of playlist entries cannot be written');
        if (isStopping()) break;
        await new Promise((resolve) => setTimeout(resolve, RETRY_SAVE_MS).unref());
      }
    }
    saving = null;
  }

  /** -1: there is none. */
  function placeOf(index: number): number {
    let low = 0;
    let high = indexes.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = indexes[middle] ?? 0;
      if (found === index) return middle;
      if (found < index) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  for (const [place, end] of stored.ends) set(place, end);

  return {
    metadata: stored.metadata,
    total: indexes.length,
    lastIndex: indexes.at(-1) ?? 0,
    indexAt: (place) => indexes[place] ?? 0,
    endAt,
    async entryAt(place) {
      if (place < block.from || place >= block.from + block.entries.length) {
        block = { from: place, entries: await stored.read(place, BLOCK_ENTRIES) };
      }
      const entry = block.entries[place - block.from];
      if (!entry) throw new Error(`no entry at ${place}`);
      return entry;
    },
    first: (count) => stored.read(0, count),
    counts: () => ({ total: indexes.length, ...counts }),
    end(index, end, childId) {
      const place = placeOf(index);
      if (place === -1) return false;
      write(place, end, childId ?? null);
      return true;
    },
    reopen(index) {
      const place = placeOf(index);
      if (place !== -1) set(place, null);
    },
    reopenFailed() {
      for (let place = 0; place < indexes.length; place += 1) {
        if (endAt(place) === 'failed') write(place, null, null);
      }
    },
    async saved() {
      await saving;
    },
    async close() {
      await saving;
      await stored.close();
    },
  };
}
