import type { Download, LogLine } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import type { Changes, Filter, ListPage, ListQuery } from './download-store.ts';
import { RequestError } from './errors.ts';
import type { Records } from './records.ts';

/** Reads downloads as they are to be seen at this moment. */
export interface DownloadReader {
  /** @throws {RequestError} VALIDATION_FAILED for a cursor of another list */
  list(query: ListQuery): Promise<ListPage>;
  /** @throws {RequestError} REV_GONE */
  changesSince(rev: string, limit: number): Promise<Changes>;
  /** @throws {RequestError} DOWNLOAD_NOT_FOUND */
  get(id: string): Promise<Download>;
  /** The same with the first entries of its list, if it has one. */
  detail(id: string): Promise<Download>;
  /** Null for one that is not known. */
  peek(id: string): Promise<Download | null>;
  /** Ids of all that match, oldest first. */
  find(filter: Pick<Filter, 'statuses' | 'q'>): Promise<readonly string[]>;
  /** @throws {RequestError} DOWNLOAD_NOT_FOUND */
  logOf(id: string, after: number): Promise<{ lines: readonly LogLine[]; next: number }>;
  /** A record as it is to be seen: what it waits for is known only now. */
  view(download: Download): Download;
}

export interface DownloadReaderSources {
  readonly records: Pick<Records, 'get' | 'required' | 'list' | 'find' | 'changesSince'>;
  readonly log: ActivityLog;
  readonly view: (download: Download) => Download;
}

export function createDownloadReader({
  records,
  log,
  view,
}: DownloadReaderSources): DownloadReader {
  const get = async (id: string) => view((await records.required(id)).download);

  return {
    view,
    get,
    detail: get,
    async list(query) {
      const page = await records.list(query);
      return { ...page, downloads: page.downloads.map(view) };
    },
    async changesSince(rev, limit) {
      const changes = await records.changesSince(rev, limit);
      if (!changes) {
        throw new RequestError(
          'REV_GONE',
          'This revision is no longer known. Read the list again.',
        );
      }
      return { ...changes, downloads: changes.downloads.map(view) };
    },
    async peek(id) {
      const stored = await records.get(id);
      return stored && view(stored.download);
    },
    find: async (filter) => (await records.find(filter)).map(({ download }) => download.id),
    async logOf(id, after) {
      await records.required(id);
      return log.ofDownload(id, after);
    },
  };
}
