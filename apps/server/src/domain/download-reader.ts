import type { Download, LogLine } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { RequestError } from './errors.ts';
import { listDownloads, matches, type ListPage, type ListQuery } from './list-downloads.ts';
import type { LiveDownloads } from './live-downloads.ts';

/** Reads downloads as they are to be seen at this moment. */
export interface DownloadReader {
  list(query: ListQuery): ListPage;
  rev(): string;
  /** @throws {RequestError} REV_GONE */
  changesSince(rev: string, limit: number): ReturnType<LiveDownloads['changesSince']> & object;
  /** @throws {RequestError} DOWNLOAD_NOT_FOUND */
  get(id: string): Download;
  /** The same with the first entries of its list, if it has one. */
  detail(id: string): Promise<Download>;
  /** Null for one that is not known. */
  peek(id: string): Download | null;
  /** Ids of all that match, oldest first. */
  find(query: Pick<ListQuery, 'statuses' | 'q'>): readonly string[];
  logOf(id: string, after: number): { lines: readonly LogLine[]; next: number };
}

export interface DownloadReaderSources {
  readonly live: LiveDownloads;
  readonly log: ActivityLog;
  /** A record as it is to be seen: what it waits for is known only now. */
  readonly view: (download: Download) => Download;
}

export function createDownloadReader({ live, log, view }: DownloadReaderSources): DownloadReader & {
  /** The record as it is stored. @throws {RequestError} DOWNLOAD_NOT_FOUND */
  required(id: string): Download;
} {
  function required(id: string): Download {
    const entry = live.get(id);
    if (!entry) {
      throw new RequestError('DOWNLOAD_NOT_FOUND', `There is no download with the id ${id}.`);
    }
    return entry.download;
  }

  return {
    required,
    list(query) {
      const page = listDownloads(live.all(), query);
      return { ...page, downloads: page.downloads.map(view) };
    },
    rev: () => live.rev(),
    changesSince(rev, limit) {
      const changes = live.changesSince(rev, limit);
      if (!changes) {
        throw new RequestError(
          'REV_GONE',
          'This revision is no longer known. Read the list again.',
        );
      }
      return { ...changes, downloads: changes.downloads.map(view) };
    },
    get: (id) => view(required(id)),
    detail: (id) => Promise.resolve(id).then((known) => view(required(known))),
    peek(id) {
      const entry = live.get(id);
      return entry && view(entry.download);
    },
    find: (query) =>
      [...live.all()]
        .filter((entry) => matches(entry, query))
        .sort((a, b) => a.order - b.order)
        .map(({ download }) => download.id),
    logOf(id, after) {
      required(id);
      return log.ofDownload(id, after);
    },
  };
}
