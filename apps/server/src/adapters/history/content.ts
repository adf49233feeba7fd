import type { Download } from '@artemis/contracts';
import { IDEMPOTENCY_MS, type HistoryChange, type IdempotencyEntry } from '../../domain/ports.ts';

/** What is durable. The records are those that were saved, not copies: who saves a record does not change it afterwards. */
export interface Content {
  /** By id, oldest first. */
  readonly records: Map<string, Download>;
  /** By id, in the order in which they were archived. */
  readonly archived: Map<string, Download>;
  /** By key, the last that was remembered at the end. */
  readonly keys: Map<string, IdempotencyEntry>;
}

export function emptyContent(): Content {
  return { records: new Map(), archived: new Map(), keys: new Map() };
}

/** `downloads` newest first, as they lie in the file. */
export function contentOf(
  downloads: readonly Download[],
  idempotency: readonly IdempotencyEntry[],
): Content {
  const content = emptyContent();
  for (let index = downloads.length - 1; index >= 0; index -= 1) {
    const download = downloads[index];
    if (download) content.records.set(download.id, download);
  }
  for (const entry of idempotency) content.keys.set(entry.key, entry);
  return content;
}

export function copyOf({ records, archived, keys }: Content): Content {
  return { records: new Map(records), archived: new Map(archived), keys: new Map(keys) };
}

export function applyChange(content: Content, change: HistoryChange): void {
  const { records, archived, keys } = content;
  for (const download of change.put ?? [])
    (archived.has(download.id) ? archived : records).set(download.id, download);
  for (const id of change.archive ?? []) archive(content, id);
  for (const id of change.remove ?? []) {
    records.delete(id);
    archived.delete(id);
  }
  const { remember, forgetKeys = [] } = change;
  if (!remember) return;
  for (const key of forgetKeys) keys.delete(key);
  keys.delete(remember.key);
  keys.set(remember.key, remember);
}

function archive({ records, archived }: Content, id: string): void {
  const download = records.get(id);
  if (!download) return;
  records.delete(id);
  archived.set(id, download);
}

export function forgetOldKeys({ keys }: Content, now: Date): void {
  const limit = now.getTime() - IDEMPOTENCY_MS;
  for (const { key, at } of keys.values()) if (!(Date.parse(at) > limit)) keys.delete(key);
}
