import { createHash, randomUUID } from 'node:crypto';
import type { Download, DownloadOptions, FormatPreset, Selection } from '@artemis/contracts';
import type { ListedEntry } from '../attempt.ts';
import { BLANK_RECORD } from '../blank-record.ts';
import type { EntryList } from './entry-list.ts';

/** What the entries of a playlist are downloaded with: the choices of their parent, for one entry. */
export function entrySelection(parent: Download, { id, position }: ListedEntry): Selection {
  const { playlist, ...options } = parent.options;
  return {
    format_preset: parent.format_preset,
    quality: parent.quality,
    options:
      position === null
        ? options
        : {
            ...options,
            // The page may have changed when its turn comes: the position is for media without an id only.
            playlist: {
              mode: 'single',
              items: String(position),
              ...(id !== null && { entry_ids: [id] }),
            },
          },
  };
}

/** A queued download of one entry; `url` has passed the rules for links. */
export function newChild(
  parent: Download,
  list: EntryList,
  entry: ListedEntry,
  url: string,
  at: string,
): Download {
  return {
    ...BLANK_RECORD,
    id: randomUUID(),
    url,
    ...entrySelection(parent, entry),
    title: entry.title,
    waiting_for: 'slot',
    metadata: {
      title: entry.title,
      duration: entry.duration,
      playlist_title: list.metadata.playlist_title ?? null,
      playlist_index: entry.index,
      playlist_count: list.lastIndex,
    },
    priority: parent.priority,
    tags: parent.tags,
    parent_id: parent.id,
    created_at: at,
    updated_at: at,
  };
}

/** Under which a link is remembered as downloaded: other presets make other files of it, and count as others. */
export function linkKey(preset: FormatPreset, url: string, { playlist }: DownloadOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([preset, url, playlist?.entry_ids?.[0] ?? playlist?.items ?? null]))
    .digest('base64url')
    .slice(0, 20);
}

/** All keys of a download that is stored: its link, and the page that the site calls its own. */
export function linkKeysOf({ format_preset: preset, url, options, metadata }: Download): string[] {
  const page = metadata.webpage_url ?? url;
  return [...new Set([url, page])].map((link) => linkKey(preset, link, options));
}
