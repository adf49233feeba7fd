import { STATUSES, type Download, type Status } from '@artemis/contracts';
import type { Filter, ListPage, ListQuery, StoredDownload } from '../../domain/download-store.ts';
import {
  decodeCursor,
  encodeCursor,
  TEXT_KEY_CHARACTERS,
  type SortKey,
} from '../../domain/list-cursor.ts';
import type { MemoryTable } from './memory-table.ts';

const KEYS: Readonly<Record<string, (stored: StoredDownload) => SortKey>> = {
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

interface Keyed {
  readonly stored: StoredDownload;
  readonly key: SortKey;
}

/** What is searched in a record, made once for each of its values. */
const searchTexts = new WeakMap<Download, string>();

export function matches(stored: StoredDownload, filter: Filter): boolean {
  const { download } = stored;
  const { statuses = null, q = null, host, errorCode, waitingFor, isEntry } = filter;
  if (statuses && !statuses.has(download.status)) return false;
  if (host !== undefined && stored.host !== host) return false;
  if (errorCode !== undefined && download.error?.code !== errorCode) return false;
  if (waitingFor !== undefined && download.waiting_for !== waitingFor) return false;
  if (isEntry === true && download.parent_id === null) return false;
  return q === null || searchTextOf(download).includes(q.toLowerCase());
}

/** One page of the table; its price is one look at each record, and none at all for the newest ones of a list without a search. */
export function listPage(table: MemoryTable, query: ListQuery): ListPage {
  const page = isNewestFirst(query) ? newestPage(table, query) : sortedPage(table, query);
  const { found, total, hasMore } = page;
  const last = found.at(-1);
  return {
    downloads: found.map(({ stored }) => stored.download),
    total,
    nextCursor: last && hasMore ? encodeCursor(query.sort, last.key) : null,
    rev: table.rev(),
  };
}

interface Page {
  readonly found: readonly Keyed[];
  readonly total: number;
  readonly hasMore: boolean;
}

function isNewestFirst({
  sort,
  q = null,
  host,
  errorCode,
  waitingFor,
  isEntry,
}: ListQuery): boolean {
  const rest = [host, errorCode, waitingFor, isEntry];
  return sort === '-created' && q === null && rest.every((condition) => condition === undefined);
}

/** The table is in this order already, and knows how many there are of each status. */
function newestPage(table: MemoryTable, query: ListQuery): Page {
  const { statuses = null, limit, cursor } = query;
  const total = [...(statuses ?? STATUSES)].reduce((sum, status) => sum + table.count(status), 0);
  const [before] = cursor === null ? [Infinity] : decodeCursor(cursor, query.sort);
  const found: Keyed[] = [];
  let skipped = 0;
  for (const stored of table.newestFirst()) {
    if (stored.order >= Number(before) || (statuses && !statuses.has(stored.download.status))) {
      continue;
    }
    if (cursor === null && skipped < query.offset) {
      skipped += 1;
      continue;
    }
    if (found.length === limit) return { found, total, hasMore: true };
    found.push({ stored, key: [stored.order] });
  }
  return { found, total, hasMore: false };
}

function sortedPage(table: MemoryTable, query: ListQuery): Page {
  const keyOf = KEYS[query.sort.replace('-', '')];
  if (!keyOf) throw new Error(`no key for sort ${query.sort}`);
  const direction = query.sort.startsWith('-') ? -1 : 1;
  const byKey = (a: Keyed, b: Keyed) => direction * compare(a.key, b.key);
  const after = query.cursor === null ? null : decodeCursor(query.cursor, query.sort);
  const start = query.cursor === null ? query.offset : 0;
  const most = start + query.limit;
  let total = 0;
  let rest = 0;
  let kept: Keyed[] = [];
  for (const stored of table.all()) {
    if (!matches(stored, query)) continue;
    total += 1;
    const key = keyOf(stored);
    if (after !== null && direction * compare(key, after) <= 0) continue;
    rest += 1;
    kept.push({ stored, key });
    // Only the first ones of the order are ever answered: sorting all of them would be most of the work.
    if (kept.length >= 2 * most + 1000) kept = kept.sort(byKey).slice(0, most);
  }
  const found = kept.sort(byKey).slice(start, most);
  return { found, total, hasMore: rest > start + found.length };
}

function searchTextOf(download: Download): string {
  const known = searchTexts.get(download);
  if (known !== undefined) return known;
  const { title, url, metadata, tags } = download;
  // Nothing that is searched has such a character, so nothing is found across two of them.
  const text = [title, url, metadata.uploader, ...tags].join('\0').toLowerCase();
  searchTexts.set(download, text);
  return text;
}

function queueRank(status: Status): number {
  const rank = ['running', 'queued', 'paused'].indexOf(status);
  return rank === -1 ? 3 : rank;
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
