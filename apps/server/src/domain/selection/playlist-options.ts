import {
  LIMITS,
  positionCount,
  say,
  writtenRanges,
  type DownloadOptions,
  type FormatPreset,
  type ProblemDetail,
  type Said,
} from '@artemis/contracts';

/** What `options.playlist` asks that cannot be; the pattern of `items` is checked before. */
export function playlistProblems(
  { playlist }: DownloadOptions,
  preset: FormatPreset,
): ProblemDetail[] {
  if (playlist === undefined) return [];
  const { mode, items, entry_ids: entryIds } = playlist;
  const problem = (name: string, said: Said) => [{ path: `/options/playlist/${name}`, ...said }];
  if (entryIds !== undefined) {
    if (mode === 'all') return problem('entry_ids', say('NOT_WITH_MODE_ALL'));
    const isOne = mode === 'single' && entryIds.length === 1;
    if (mode !== 'select' && !isOne && preset !== 'Playlist (flat)') {
      return problem('entry_ids', say('ENTRIES_NEED_SELECT'));
    }
    const characters = entryIds.join('').length;
    return characters > LIMITS.entryIdCharacters
      ? problem(
          'entry_ids',
          say('ENTRY_IDS_TOO_LONG', { count: characters, limit: LIMITS.entryIdCharacters }),
        )
      : [];
  }
  if (items === undefined) {
    return mode === 'select' ? problem('items', say('SELECT_NEEDS_ITEMS')) : [];
  }
  if (mode === 'all') return problem('items', say('NOT_WITH_MODE_ALL'));
  if (mode !== 'select' && preset !== 'Playlist (flat)' && !/^\d+$/.test(items)) {
    return problem('items', say('ITEMS_NEED_SELECT'));
  }
  const ranges = writtenRanges(items);
  const reversed = ranges.find(({ first, last }) => last < first);
  if (reversed) {
    const { first, last } = reversed;
    return problem('items', say('RANGE_IS_REVERSED', { first, last }));
  }
  const count = positionCount(ranges);
  return count > LIMITS.selectedEntries
    ? problem('items', say('TOO_MANY_SELECTED', { count, limit: LIMITS.selectedEntries }))
    : [];
}
