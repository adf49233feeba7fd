import { LIMITS, parseUrl, type Metadata, type PlaylistOptions } from '@artemis/contracts';
import type { ListedEntry } from '../../domain/attempt.ts';
import { integerOf, listedUrlOf, listMetadata, textOf } from '../media/metadata.ts';
import type { VideoInfo } from '../output/output-lines.ts';

/** Limit for all titles, links and ids together; a longer list is cut here. */
const MAX_TEXT_CHARACTERS = 32 * 1024 ** 2;

/** Collects the entries of a list in the order in which yt-dlp prints them. */
export interface Listing {
  add(video: VideoInfo): void;
  readonly entries: readonly ListedEntry[];
  /** The link is a list and not a single video; null: nothing was added. */
  readonly isList: boolean | null;
  /** The list has more entries than were kept. */
  readonly isCut: boolean;
  /** The requested ids that were not in the list. */
  readonly missing: readonly string[];
  metadata(): Metadata;
}

export function createListing(options: PlaylistOptions): Listing {
  const { entry_ids: ids, max_items: maxItems = LIMITS.listedEntries } = options;
  const missing = ids === undefined ? null : new Set(ids);
  const entries: ListedEntry[] = [];
  let first: VideoInfo | null = null;
  let lastIndex = 0;
  let characters = 0;
  let isCut = false;

  return {
    add(video) {
      first ??= video;
      const entry = entryOf(video, lastIndex);
      lastIndex = entry.index;
      if (missing !== null && !takeOut(missing, entry)) return;
      characters += (entry.title?.length ?? 0) + (entry.url?.length ?? 0) + (entry.id?.length ?? 0);
      const isTooMuch = entries.length >= LIMITS.listedEntries || characters > MAX_TEXT_CHARACTERS;
      isCut ||= isTooMuch && entries.length < maxItems;
      if (!isTooMuch && entries.length < maxItems) entries.push(entry);
    },
    entries,
    get isList() {
      return first && integerOf(first.fields['playlist_index']) !== null;
    },
    get isCut() {
      return isCut;
    },
    get missing() {
      return [...(missing ?? [])];
    },
    metadata: () => listMetadata(first, entries.length),
  };
}

/** Whether the entry is wanted. An entry that is in the list twice is wanted once. */
function takeOut(wanted: Set<string>, { id, url }: ListedEntry): boolean {
  return (id !== null && wanted.delete(id)) || (url !== null && wanted.delete(url));
}

export function entryOf({ fields, durationSeconds }: VideoInfo, lastIndex: number): ListedEntry {
  const said = integerOf(fields['playlist_index']);
  // A list inside a list starts counting from one again.
  const index = said !== null && said > lastIndex ? said : lastIndex + 1;
  // An entry with a format was opened: its own link may be a stream that is gone tomorrow, while the page stays.
  const isOpened = typeof fields['format_id'] === 'string';
  return {
    index,
    id: idOf(fields),
    url: listedUrlOf(fields, isOpened),
    title: textOf(fields['title']),
    duration: durationSeconds,
    position: isOpened ? said : null,
  };
}

/**
 * yt-dlp (2026.10.26) numbers the media of a page that has no ids for them, and the number names another one when the page
 * changes. Such media is known by its link, without what differs with each look: signatures, tokens and times.
 */
function idOf({ id, url, extractor }: VideoInfo['fields']): string | null {
  const link = extractor === 'html5' && typeof url === 'string' ? parseUrl(url) : null;
  if (link === null) return textOf(id);
  const kept = [...link.searchParams].filter(([, value]) => !/^\d{10,}$|^.{24}/.test(value));
  const query = kept.length > 0 ? `?${new URLSearchParams(kept).toString()}` : '';
  return textOf(link.host + link.pathname + query);
}
