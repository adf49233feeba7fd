import {
  LIMITS,
  positionCount,
  writtenRanges,
  type Download,
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
  const { mode, items } = playlist;
  const problem = (name: string, message: string) => [
    { path: `/options/playlist/${name}`, message },
  ];
  if (items === undefined) {
    return mode === 'select' ? problem('items', 'must name the entries to select') : [];
  }
  if (mode !== 'select' && (mode !== undefined || preset !== 'Playlist (flat)')) {
    return problem('items', 'goes only with the mode select');
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

/** Whether a download is the parent of the entries of a list. A link that leads to no list is downloaded as it is. */
export function wantsEntries({
  format_preset: preset,
  options,
}: Pick<Download, 'format_preset' | 'options'>): boolean {
  const { mode = 'single' } = options.playlist ?? {};
  return mode !== 'single' && preset !== 'Playlist (flat)';
}
