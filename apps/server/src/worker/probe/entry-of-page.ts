import type { PlaylistOptions, Selection } from '@artemis/contracts';
import type { ListedEntry } from '../../domain/attempt.ts';
import { asSingle, planOf } from '../plan/plan.ts';
import type { Listing } from './listing.ts';

/** Whether one of several media of a page is wanted, and it is known which of them by more than its position. */
export function isOneOfPage(selection: Selection): boolean {
  return selection.options.playlist?.entry_ids !== undefined && !planOf(selection).isFlat;
}

/** What reads all that the page has. */
export function asWholePage(selection: Selection): Selection {
  return withPlaylist(selection, { mode: 'all' });
}

/** What downloads the wanted entry from where it is now; null when it is not there. */
export function asFound(selection: Selection, listing: Listing): Selection | null {
  const entry = entryIn(listing.entries, selection.options.playlist ?? {});
  if (entry === null) return null;
  if (listing.isList === false) return asSingle(selection);
  const items = String(entry.position ?? entry.index);
  return withPlaylist(selection, { mode: 'single', items });
}

function entryIn(
  entries: readonly ListedEntry[],
  { entry_ids: ids = [], items }: PlaylistOptions,
): ListedEntry | null {
  const found = entries.filter(({ id }) => id !== null && ids.includes(id));
  // Media that differ in their tokens only have the same id: then the position decides.
  return found.find(({ position }) => String(position) === items) ?? found[0] ?? null;
}

function withPlaylist(selection: Selection, playlist: PlaylistOptions): Selection {
  return { ...selection, options: { ...selection.options, playlist } };
}
