import { crc32 } from 'node:zlib';
import type { HistoryChange } from '../../domain/ports.ts';
import { readIdempotency, readRecord } from './document.ts';

/** A history file as it lies on the disk, so that a journal never meets another one. */
export interface Base {
  /** Of the last change that is in the file. */
  readonly seq: number;
  readonly bytes: number;
  /** Without its head: that says only whether a journal lies beside. */
  readonly crc: number;
}

export interface JournalGroup {
  readonly seq: number;
  readonly changes: readonly HistoryChange[];
  /** Parts of it that are no records, though the line is as it was written. */
  readonly unreadable: number;
}

export type JournalEntry = { readonly base: Base } | JournalGroup;

export interface JournalLines {
  readonly entries: readonly JournalEntry[];
  /** Up to the end of the last whole line. What lies behind it was never acknowledged. */
  readonly wholeBytes: number;
  /** Lines that are not as they were written, with whole ones behind them. */
  readonly damaged: number;
}

/** A line says what was saved in one turn; each change as JSON. Its parts count together or not at all. */
export function groupLine(seq: number, changes: readonly string[]): string {
  return checked(`{"seq":${seq},"changes":[${changes.join(',')}]}`);
}

/** From here on the file with these bytes has everything up to its `seq`. */
export function baseLine(base: Base): string {
  return checked(JSON.stringify({ base }));
}

function checked(text: string): string {
  return `${hexOf(crc32(text))} ${text}\n`;
}

function hexOf(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

const SUM_LENGTH = 8;

export function readJournalLines(bytes: Buffer): JournalLines {
  const entries: JournalEntry[] = [];
  let wholeBytes = 0;
  let damaged = 0;
  let doubtful = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) break;
    const entry = readLine(bytes.subarray(start, end));
    start = end + 1;
    if (entry) {
      entries.push(entry);
      wholeBytes = start;
      damaged += doubtful;
      doubtful = 0;
    } else {
      doubtful += 1;
    }
  }
  return { entries, wholeBytes, damaged };
}

function readLine(line: Buffer): JournalEntry | null {
  const text = line.subarray(SUM_LENGTH + 1);
  if (line.toString('latin1', 0, SUM_LENGTH + 1) !== `${hexOf(crc32(text))} `) return null;
  try {
    return entryOf(JSON.parse(text.toString()) as Record<string, unknown>);
  } catch {
    return null;
  }
}

function entryOf(value: Record<string, unknown>): JournalEntry | null {
  if (value['base']) return { base: value['base'] as Base };
  const { seq, changes } = value;
  if (typeof seq !== 'number' || !Array.isArray(changes)) return null;
  let unreadable = 0;
  const read = changes.map((raw: HistoryChange): HistoryChange => {
    const put = (raw.put ?? []).flatMap((entry) => readRecord(entry) ?? []);
    const [remember] = readIdempotency([raw.remember]);
    unreadable += (raw.put?.length ?? 0) - put.length;
    return { ...raw, put, ...(remember ? { remember } : {}) };
  });
  return { seq, changes: read, unreadable };
}

export interface Replay {
  /** Those that the file has not, oldest first. */
  readonly groups: readonly JournalGroup[];
  /** Lines that are damaged, missing or hold what is no record. */
  readonly damaged: number;
}

/**
 * What the journal adds to this history file; null when it belongs to another one. A line that is missing takes nothing with
 * it but its own changes: each of the others says whole records.
 */
export function replayFor(file: Base, journals: readonly JournalLines[]): Replay | null {
  const entries = journals.flatMap((journal) => journal.entries);
  const known = entries.findLast(
    (entry) => 'base' in entry && entry.base.crc === file.crc && entry.base.bytes === file.bytes,
  );
  if (!known || !('base' in known)) return null;
  const { seq } = known.base;
  const groups = entries.filter((entry) => 'seq' in entry).filter((group) => group.seq > seq);
  let missing = 0;
  let unreadable = 0;
  let last = seq;
  for (const group of groups) {
    missing += Math.abs(group.seq - last - 1);
    unreadable += group.unreadable;
    last = group.seq;
  }
  const damaged = journals.reduce((sum, journal) => sum + journal.damaged, 0);
  return { groups, damaged: Math.max(missing, damaged) + unreadable };
}
