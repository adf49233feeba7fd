import type { Download } from '@artemis/contracts';
import type { FormatPreset, Quality, TerminalStatus } from '@artemis/contracts/vocabulary';
import { dedupeKey, hostOf } from '../links/dedupe-key.ts';

/** What this browser remembers of a download that ended, longer than the server does. */
export interface HistoryEntry {
  readonly id: string;
  /** The server that made it; another one has another history. */
  readonly instance: string;
  readonly url: string;
  readonly key: string;
  readonly title: string;
  readonly uploader: string | null;
  readonly host: string;
  readonly finishedAt: string;
  readonly bytes: number | null;
  readonly preset: FormatPreset;
  readonly quality: Quality;
  readonly path: string | null;
  readonly height: number | null;
  readonly duration: number | null;
  readonly expiresAt: string | null;
  readonly errorCode: string | null;
  readonly state: TerminalStatus | 'removed-on-server';
  /** Milliseconds since the epoch at which the server last listed it; null when it no longer does. */
  readonly seenOnServerAt: number | null;
}

export interface MergeResult {
  /** Entries to write, new ones and changed ones. */
  readonly writes: readonly HistoryEntry[];
  /** More downloads ended than the server keeps: at least one in between is remembered by nobody. */
  readonly hasGap: boolean;
}

/** Null for a record that has not ended. */
export function toHistoryEntry(
  record: Download,
  instance: string,
  at: number,
): HistoryEntry | null {
  const { status, completed_at: finishedAt } = record;
  if (status !== 'completed' && status !== 'failed' && status !== 'cancelled') return null;
  return {
    id: record.id,
    instance,
    url: record.url,
    key: dedupeKey(record.url),
    title: record.title ?? record.url,
    uploader: record.metadata.uploader ?? null,
    host: hostOf(record.url),
    finishedAt: finishedAt ?? record.updated_at,
    bytes: record.file_size,
    preset: record.format_preset,
    quality: record.quality,
    path: record.storage_path,
    height: record.metadata.height ?? null,
    duration: record.metadata.duration ?? null,
    expiresAt: record.expires_at,
    errorCode: record.error?.code ?? null,
    state: status,
    seenOnServerAt: at,
  };
}

/**
 * Joins the server's newest ended records with what this browser knows. The server is right about facts. An
 * entry that the server does not list was removed there only when it lies within the time that the list
 * covers; an older one was merely pushed out.
 */
export function mergeHistory(
  local: readonly HistoryEntry[],
  server: readonly HistoryEntry[],
  options: { readonly instance: string; readonly isComplete: boolean },
): MergeResult {
  const writes: HistoryEntry[] = [...server];
  const listed = new Set(server.map((entry) => entry.id));
  const oldest = server.reduce<string | null>(
    (min, entry) => (min === null || entry.finishedAt < min ? entry.finishedAt : min),
    null,
  );
  const own = local.filter((entry) => entry.instance === options.instance);
  // From an earlier server: this one does not have its files.
  for (const entry of local) {
    if (entry.instance !== options.instance && entry.seenOnServerAt !== null)
      writes.push({ ...entry, seenOnServerAt: null });
  }
  for (const entry of own) {
    if (listed.has(entry.id) || entry.state === 'removed-on-server') continue;
    const isCovered = options.isComplete || (oldest !== null && entry.finishedAt > oldest);
    if (isCovered) {
      writes.push({ ...entry, state: 'removed-on-server', path: null, seenOnServerAt: null });
    } else if (entry.seenOnServerAt !== null) {
      writes.push({ ...entry, seenOnServerAt: null });
    }
  }
  const newestOwn = own.reduce(
    (max, entry) => (entry.finishedAt > max ? entry.finishedAt : max),
    '',
  );
  return {
    writes,
    hasGap: !options.isComplete && newestOwn !== '' && oldest !== null && oldest > newestOwn,
  };
}
