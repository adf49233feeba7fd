import type { PlaylistEntry } from '@artemis/contracts';
import { itemsOf, mergedRanges, positionCount, type EntryRange } from '@artemis/contracts/client';
import { LIMITS } from '@artemis/contracts/vocabulary';

/**
 * Which entries of a playlist are wanted, by their positions: all but some, or only some. So entries that
 * are read later are in or out by the same rule.
 */
export class EntrySelection {
  #isAll = $state(true);
  #others: ReadonlySet<number> = $state.raw(new Set());

  /** Every entry, also those that nobody has read yet. */
  get isEverything(): boolean {
    return this.#isAll && this.#others.size === 0;
  }

  has(position: number): boolean {
    return this.#isAll !== this.#others.has(position);
  }

  /** Of a list with so many entries. */
  count(total: number): number {
    return this.#isAll ? total - this.#others.size : this.#others.size;
  }

  set(positions: readonly number[], isWanted: boolean): void {
    const next = new Set(this.#others);
    for (const position of positions) {
      if (isWanted === this.#isAll) next.delete(position);
      else next.add(position);
    }
    this.#others = next;
  }

  setAll(isWanted: boolean): void {
    this.#isAll = isWanted;
    this.#others = new Set();
  }

  invert(): void {
    this.#isAll = !this.#isAll;
  }

  /** Exactly these. */
  only(ranges: readonly EntryRange[]): void {
    this.setAll(false);
    const next = new Set<number>();
    for (const { first, last } of ranges) {
      for (let position = first; position <= last; position += 1) next.add(position);
    }
    this.#others = next;
  }

  /** As `options.playlist.items` takes it, of a list with so many entries. */
  items(total: number): EntryRange[] {
    const ranges: EntryRange[] = [];
    if (!this.#isAll) {
      for (const position of this.#others) ranges.push({ first: position, last: position });
      return mergedRanges(ranges);
    }
    let first = 1;
    for (const position of [...this.#others].sort((a, b) => a - b)) {
      if (position > first) ranges.push({ first, last: position - 1 });
      first = position + 1;
    }
    if (first <= total) ranges.push({ first, last: total });
    return ranges;
  }
}

/**
 * What a person typed, such as `1-20, 25, 40-`; an open end goes to the last entry. Null when it is not
 * understood, or names nothing that is there.
 */
export function parseRanges(text: string, total: number): readonly EntryRange[] | null {
  const ranges: EntryRange[] = [];
  for (const part of text.split(/[,;\s]+/).filter((one) => one !== '')) {
    const match = /^(\d{1,6})?(?:([-–])(\d{1,6})?)?$/.exec(part);
    if (!match) return null;
    const [, from, dash, to] = match;
    const first = Number(from ?? 1);
    const last = dash === undefined ? first : Math.min(total, Number(to ?? total));
    if (first < 1 || last < first || first > total) return null;
    ranges.push({ first, last });
  }
  return ranges.length === 0 ? null : mergedRanges(ranges);
}

/**
 * What `options.playlist.entry_ids` takes for the entries at these positions, so that they come also when the list has
 * changed. Null when some were not read, are not told apart by their names, or have more names than are kept: then only
 * positions are left.
 */
function entryIdsOf(
  entries: readonly PlaylistEntry[],
  wanted: readonly EntryRange[],
): string[] | null {
  const times = new Map<string, number>();
  for (const { id, url } of entries) {
    for (const name of new Set([id, url])) {
      if (name !== null) times.set(name, (times.get(name) ?? 0) + 1);
    }
  }
  const byPosition = new Map(entries.map((entry) => [entry.index, entry]));
  const ids: string[] = [];
  for (const { first, last } of wanted) {
    for (let position = first; position <= last; position += 1) {
      const entry = byPosition.get(position);
      const name = [entry?.id, entry?.url].find((one) => one && times.get(one) === 1);
      if (!name) return null;
      ids.push(name);
    }
  }
  const isKept = ids.join('').length <= LIMITS.entryIdCharacters;
  return isKept && ids.length > 0 && ids.length <= LIMITS.selectedEntries ? ids : null;
}

/**
 * The entries at these positions, and those of these names, as `options.playlist` names them. Beside names the positions
 * only say where the entries stood.
 */
export function chosenOf(
  entries: readonly PlaylistEntry[],
  wanted: readonly EntryRange[],
  names: readonly string[] = [],
): { items: string; entry_ids?: string[] } {
  const ids = entryIdsOf(entries, wanted);
  const items = itemsOf(wanted);
  return ids === null ? { items } : { items, entry_ids: [...ids, ...names] };
}

export function isNamed({ id, url }: PlaylistEntry, names: readonly string[]): boolean {
  return names.some((name) => name === id || name === url);
}

/** Whether the server takes so many positions in so many pieces. */
export function isTooMuch(ranges: readonly EntryRange[]): boolean {
  return (
    positionCount(ranges) > LIMITS.selectedEntries || itemsOf(ranges).length > MOST_ITEM_CHARACTERS
  );
}

const MOST_ITEM_CHARACTERS = 16_384;
