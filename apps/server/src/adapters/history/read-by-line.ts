import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Download } from '@artemis/contracts';
import { HEADS, readIdempotency, readRecord, type ParsedHistory } from './document.ts';
import type { Base } from './journal-text.ts';

const BLOCK_BYTES = 1024 * 1024;
const START = /^\{"version":(?:1|1\.0|1\.1),"seq":(\d{1,15}),"downloads":\[$/;
const END = /^\],"idempotency":\[/;

export interface ReadHistory {
  readonly parsed: ParsedHistory;
  readonly base: Base;
  /** False when it says less than what was read from it, so that a journal cannot follow it. */
  readonly isComplete: boolean;
}

/**
 * Reads a history file as Artemis writes it, a record at a time, so that no second form of it is in memory. Null when it is
 * not written like that, or anything is wrong with it: then it is judged as a whole.
 */
export async function readByLine(path: string): Promise<ReadHistory | null> {
  const file = await open(path, 'r');
  try {
    return await readLines(file);
  } finally {
    await file.close();
  }
}

async function readLines(file: FileHandle): Promise<ReadHistory | null> {
  const downloads: Download[] = [];
  const ids = new Set<string>();
  let seq: number | null = null;
  let unreadable = 0;
  let isLasting = true;
  let isAfterRecord = false;
  let lastText: string[] | null = null;

  const readLine = (line: string): boolean => {
    if (lastText) return lastText.push(line) > 0;
    if (seq === null) {
      const start = START.exec(line);
      seq = Number(start?.[1]);
      return start !== null;
    }
    if (END.test(line)) {
      lastText = [line];
      return !isAfterRecord;
    }
    // The list is one line long and empty when there is no record.
    if (line === '') return downloads.length === 0;
    const hasComma = line.endsWith(',');
    if (downloads.length + unreadable > 0 && !isAfterRecord) return false;
    isAfterRecord = hasComma;
    const raw = jsonIn(hasComma ? line.slice(0, -1) : line);
    if (raw === undefined) return false;
    const download = readRecord(raw);
    if (!download || ids.has(download.id)) {
      unreadable += 1;
      return true;
    }
    ids.add(download.id);
    isLasting &&= (raw as Partial<Download>).id === download.id;
    downloads.push(download);
    return true;
  };

  const whole = await forEachLine(file, readLine);
  if (!whole || seq === null || lastText === null) return null;
  const end = jsonIn(`{"downloads":[${(lastText as string[]).join('\n')}`);
  if (end === undefined) return null;
  const { idempotency } = end as { idempotency: unknown };
  return {
    parsed: { downloads, idempotency: readIdempotency(idempotency), seq, unreadable },
    base: { seq, ...whole },
    isComplete: isLasting && unreadable === 0,
  };
}

/** Size and checksum of the file; null as soon as a line is refused. */
async function forEachLine(
  file: FileHandle,
  readLine: (line: string) => boolean,
): Promise<Omit<Base, 'seq'> | null> {
  let bytes = 0;
  let crc = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, null);
    if (bytesRead === 0) break;
    const read = block.subarray(0, bytesRead);
    crc = crc32(bytes === 0 ? read.subarray(HEADS.closed.length) : read, crc);
    bytes += bytesRead;
    const data = rest.length === 0 ? read : Buffer.concat([rest, read]);
    let start = 0;
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
      if (!readLine(data.toString('utf8', start, end))) return null;
      start = end + 1;
    }
    rest = data.subarray(start);
  }
  if (rest.length > 0 && !readLine(rest.toString('utf8'))) return null;
  return { bytes, crc };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
