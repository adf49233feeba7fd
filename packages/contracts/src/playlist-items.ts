/** Positions from `first` to `last`, both included. */
export interface EntryRange {
  readonly first: number;
  readonly last: number;
}

/** The ranges of `options.playlist.items` as they are written; the text must be of the pattern of that field. */
export function writtenRanges(items: string): EntryRange[] {
  return items.split(',').map((part) => {
    const [first = '', last = first] = part.split('-');
    return { first: Number(first), last: Number(last) };
  });
}

/** The same positions in ascending order, each once, in as few ranges as possible. */
export function mergedRanges(ranges: readonly EntryRange[]): EntryRange[] {
  const merged: EntryRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1) merged.push(range);
    else merged[merged.length - 1] = { ...before, last: Math.max(before.last, range.last) };
  }
  return merged;
}

/** As `options.playlist.items` takes it. */
export function itemsOf(ranges: readonly EntryRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join();
}

export function positionCount(ranges: readonly EntryRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + Math.max(0, last - first + 1), 0);
}
