import type { DownloadOptions } from './options.ts';
import type { FormatPreset } from './vocabulary.ts';

/** Positions from `first` to `last`, both included. */
export interface EntryRange {
  readonly first: number;
  readonly last: number;
}

/** The ranges of `options.playlist.items` as written. The text must match the pattern of that field. */
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

/** The ranges as the text of `options.playlist.items`. */
export function itemsOf(ranges: readonly EntryRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join();
}

export function positionCount(ranges: readonly EntryRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + Math.max(0, last - first + 1), 0);
}

/**
 * Whether the entries of the link, if it is a list, become downloads of their own. The flat preset only lists them.
 */
export function areEntriesWanted(preset: FormatPreset, { playlist }: DownloadOptions): boolean {
  return preset !== 'Playlist (flat)' && (playlist?.mode ?? 'single') !== 'single';
}
