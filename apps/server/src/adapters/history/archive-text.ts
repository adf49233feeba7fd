import { crc32 } from 'node:zlib';
import type { Download } from '@artemis/contracts';
import { readRecord } from './document.ts';

/** What one turn has changed in the archive. */
export interface ArchiveChange {
  readonly put: readonly Download[];
  readonly remove: readonly string[];
}

export interface ArchiveLine extends ArchiveChange {
  /** Of the change of the history that it belongs to; 0 for what was taken over from an older archive. */
  readonly seq: number;
  readonly unreadable: number;
}

export interface ArchiveLines {
  readonly lines: readonly ArchiveLine[];
  /** Up to the end of the last whole line. */
  readonly wholeBytes: number;
  /** Lines and records that could not be read, with whole ones behind them. */
  readonly damaged: number;
}

const START = '{"crc":"';
const SUM_LENGTH = 8;
const TEXT_AT = START.length + SUM_LENGTH + 2;

/** One line of JSON whose first field is a checksum of what follows it. */
export function archiveLine(seq: number, { put, remove }: ArchiveChange): string {
  const text = `"seq":${seq},"put":${JSON.stringify(put)},"remove":${JSON.stringify(remove)}}`;
  return `${START}${sumOf(text)}",${text}\n`;
}

function sumOf(text: string | Buffer): string {
  return crc32(text).toString(16).padStart(SUM_LENGTH, '0');
}

export function readArchiveLines(bytes: Buffer): ArchiveLines {
  const lines: ArchiveLine[] = [];
  let wholeBytes = 0;
  let damaged = 0;
  let doubtful = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) break;
    const line = readLine(bytes.subarray(start, end));
    start = end + 1;
    if (line) {
      lines.push(line);
      wholeBytes = start;
      damaged += doubtful + line.unreadable;
      doubtful = 0;
    } else {
      doubtful += 1;
    }
  }
  return { lines, wholeBytes, damaged };
}

function readLine(line: Buffer): ArchiveLine | null {
  const sum = line.toString('latin1', START.length, START.length + SUM_LENGTH);
  if (sum !== sumOf(line.subarray(TEXT_AT))) return null;
  try {
    const { seq, put, remove } = JSON.parse(line.toString()) as ArchiveLine;
    const read = put.flatMap((entry) => readRecord(entry) ?? []);
    return { seq, put: read, remove, unreadable: put.length - read.length };
  } catch {
    return null;
  }
}
