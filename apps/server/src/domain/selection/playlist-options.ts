import {
  LIMITS,
  positionCount,
  writtenRanges,
  type DownloadOptions,
  type FormatPreset,
  type ProblemDetail,
} from '@artemis/contracts';

/** What `options.playlist` asks that cannot be; the pattern of `items` is checked before. */
export function playlistProblems(
  { playlist }: DownloadOptions,
  preset: FormatPreset,
): ProblemDetail[] {
  if (playlist === undefined) return [];
  const { mode, items, entry_ids: entryIds } = playlist;
  const problem = (name: string, message: string) => [
    { path: `/options/playlist/${name}`, message },
  ];
  if (entryIds !== undefined) {
    if (mode === 'all') return problem('entry_ids', 'does not go with the mode all');
    if (mode !== 'select' && preset !== 'Playlist (flat)') {
      return problem('entry_ids', 'names entries, which needs the mode select');
    }
    const characters = entryIds.join('').length;
    return characters > LIMITS.entryIdCharacters
      ? problem(
          'entry_ids',
          `has ${characters} characters, and at most ${LIMITS.entryIdCharacters} are kept; name positions in items instead`,
        )
      : [];
  }
  if (items === undefined) {
    return mode === 'select' ? problem('items', 'must name the entries to select') : [];
  }
  if (mode === 'all') return problem('items', 'does not go with the mode all');
  if (mode !== 'select' && preset !== 'Playlist (flat)' && !/^\d+$/.test(items)) {
    return problem('items', 'names several entries, which needs the mode select');
  }
  const ranges = writtenRanges(items);
  const reversed = ranges.find(({ first, last }) => last < first);
  if (reversed) {
    const { first, last } = reversed;
    return problem('items', `has the range ${first}-${last}, which ends before it begins`);
  }
  const count = positionCount(ranges);
  return count > LIMITS.selectedEntries
    ? problem(
        'items',
        `selects ${count} entries, and at most ${LIMITS.selectedEntries} can be selected; take the mode all for more`,
      )
    : [];
}
