import { STATUSES, type Download, type Sort, type Status } from '@artemis/contracts';
import { RequestError } from './errors.ts';
import type { LiveDownload } from './live-downloads.ts';

export interface ListQuery {
  readonly statuses: ReadonlySet<Status> | null;
  readonly q: string | null;
  readonly sort: Sort;
  readonly limit: number;
  readonly cursor: string | null;
  readonly offset: number;
}

export interface ListPage {
  readonly downloads: readonly Download[];
  readonly total: number;
  readonly nextCursor: string | null;
}

/** Keeps a cursor below the limit of the contract, also when each character is escaped to six. */
const TEXT_KEY_CHARACTERS = 50;

type SortKey = readonly (string | number)[];

/** Ends with the order, so that no two records have the same key and a cursor names one place. */
const KEYS: Readonly<Record<string, (entry: LiveDownload) => SortKey>> = {
  created: ({ order }) => [order],
  queue: ({ download, order }) => [queueRank(download.status), -download.priority, order],
  title: ({ download, order }) => [
    (download.title ?? download.url).toLowerCase().slice(0, TEXT_KEY_CHARACTERS),
    order,
  ],
  host: ({ host, order }) => [host.slice(0, TEXT_KEY_CHARACTERS), order],
  size: ({ download, order }) => [download.file_size ?? download.total_bytes ?? 0, order],
  status: ({ download, order }) => [STATUSES.indexOf(download.status), order],
};

export function matches(entry: LiveDownload, query: Pick<ListQuery, 'statuses' | 'q'>): boolean {
  if (query.statuses && !query.statuses.has(entry.download.status)) return false;
  if (query.q === null) return true;
  const needle = query.q.toLowerCase();
  const { title, url, metadata, tags } = entry.download;
  return [title, url, metadata.uploader, ...tags].some((text) =>
    text?.toLowerCase().includes(needle),
  );
}

/**
 * One page. A cursor holds the sort key of the last record, so pages stay right while records come and go.
 * @throws {RequestError} VALIDATION_FAILED for a cursor that is not one of this sort
 */
export function listDownloads(entries: Iterable<LiveDownload>, query: ListQuery): ListPage {
  const isDescending = query.sort.startsWith('-');
  const keyOf = KEYS[query.sort.replace('-', '')];
  if (!keyOf) throw new Error(`no key for sort ${query.sort}`);
  const direction = isDescending ? -1 : 1;
  const found: { entry: LiveDownload; key: SortKey }[] = [];
  for (const entry of entries) {
    if (matches(entry, query)) found.push({ entry, key: keyOf(entry) });
  }
  found.sort((a, b) => direction * compare(a.key, b.key));

  let start = query.offset;
  if (query.cursor !== null) {
    const after = decodeCursor(query.cursor, query.sort);
    const index = found.findIndex(({ key }) => direction * compare(key, after) > 0);
    start = index === -1 ? found.length : index;
  }
  const page = found.slice(start, start + query.limit);
  const last = page.at(-1);
  const hasMore = start + page.length < found.length;
  return {
    downloads: page.map(({ entry }) => entry.download),
    total: found.length,
    nextCursor: last && hasMore ? encodeCursor(query.sort, last.key) : null,
  };
}

function queueRank(status: Status): number {
  return ['running', 'queued', 'paused'].includes(status)
    ? ['running', 'queued', 'paused'].indexOf(status)
    : 3;
}

function compare(a: SortKey, b: SortKey): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    if (left < right) return -1;
    if (left > right) return 1;
  }
  return 0;
}

function encodeCursor(sort: Sort, key: SortKey): string {
  return Buffer.from(JSON.stringify([sort, ...key])).toString('base64url');
}

function decodeCursor(cursor: string, sort: Sort): SortKey {
  const invalid = new RequestError('VALIDATION_FAILED', 'cursor is not one of this list.', {
    details: [{ path: '/cursor', message: 'is not one of this list' }],
  });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw invalid;
  }
  if (!Array.isArray(value) || value[0] !== sort) throw invalid;
  const key: unknown[] = value.slice(1);
  const isKey = key.every((part) => typeof part === 'string' || Number.isFinite(part));
  if (!isKey || key.length < 1 || key.length > 3) throw invalid;
  return key as SortKey;
}
