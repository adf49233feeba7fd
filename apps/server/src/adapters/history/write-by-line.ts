import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Download } from '@artemis/contracts';
import { syncFolder, type FileCalls } from '../files/durable-file.ts';
import type { IdempotencyEntry } from '../../domain/ports.ts';
import { HEADS } from './document.ts';
import type { Base } from './journal-text.ts';

/** About a millisecond of work, after which others have their turn. */
const CHUNK_CHARACTERS = 128 * 1024;
/** Bytes that wait to reach the disk at once would hold up every append to the journal meanwhile. */
const UNSYNCED_BYTES = 4 * 1024 * 1024;

export type Head = (typeof HEADS)[keyof typeof HEADS];

export interface Snapshot {
  readonly seq: number;
  /** Oldest first. */
  readonly records: readonly Download[];
  readonly idempotency: readonly IdempotencyEntry[];
}

/** A new history file that is durable, but not in its place yet. */
export interface Draft {
  readonly base: Base;
  /** Durable when resolved. */
  replace(): Promise<void>;
}

/** One record a line, newest first. */
export function startOfHistory(head: Head, seq: number): string {
  return `${head}"seq":${seq},"downloads":[\n`;
}

export function endOfHistory(idempotency: readonly string[]): string {
  return `\n],"idempotency":[${idempotency.join(',\n')}]}\n`;
}

export function baseOf(seq: number, text: string): Base {
  const bytes = Buffer.from(text);
  return { seq, bytes: bytes.length, crc: crc32(bytes.subarray(HEADS.closed.length)) };
}

/** Writes the file without ever holding all of its text, and lets others have their turn. One draft of a path at a time. */
export async function writeDraft(
  path: string,
  { seq, records, idempotency }: Snapshot,
  head: Head,
  calls: FileCalls,
): Promise<Draft> {
  const temporary = `${path}.tmp`;
  const file = await calls.open(temporary, 'w', 0o644);
  let bytes = 0;
  let crc = 0;
  let unsynced = 0;
  const write = async (text: string) => {
    const chunk = Buffer.from(text);
    crc = crc32(bytes === 0 ? chunk.subarray(HEADS.closed.length) : chunk, crc);
    bytes += chunk.length;
    unsynced += chunk.length;
    await calls.write(file, chunk);
    if (unsynced < UNSYNCED_BYTES) return;
    await calls.sync(file);
    unsynced = 0;
  };
  try {
    let text = startOfHistory(head, seq);
    for (let index = records.length - 1; index >= 0; index -= 1) {
      text += JSON.stringify(records[index]) + (index > 0 ? ',\n' : '');
      if (text.length < CHUNK_CHARACTERS) continue;
      await write(text);
      text = '';
    }
    await write(text + endOfHistory(idempotency.map((entry) => JSON.stringify(entry))));
    await calls.sync(file);
  } finally {
    await file.close();
  }
  return {
    base: { seq, bytes, crc },
    async replace() {
      await calls.rename(temporary, path);
      await syncFolder(dirname(path), calls);
    },
  };
}

/**
 * Says in the file whether a journal lies beside it, durably. False when it is not written in a way in which that is one byte.
 */
export async function writeHead(path: string, head: Head, calls: FileCalls): Promise<boolean> {
  const file = await calls.open(path, 'r+');
  try {
    const start = Buffer.alloc(head.length);
    await file.read(start, 0, start.length, 0);
    const found = start.toString('latin1');
    if (found === head) return true;
    if (found !== HEADS.closed && found !== HEADS.journaled) return false;
    await file.write(head, 0, 'latin1');
    await calls.sync(file);
    return true;
  } finally {
    await file.close();
  }
}
