import type { FileHandle } from 'node:fs/promises';

const HEAD_BYTES = 27;
/** A page has at most 255 pieces of 255 bytes, and a byte for each. */
const MOST_PAGE_BYTES = HEAD_BYTES + 255 + 255 * 255;
/** Tags with a picture need this many pages at most, before the first page with sound. */
const MOST_FIRST_PAGES = 300;
const NO_POSITION = -1n;

interface Page {
  readonly serial: number;
  readonly sequence: number;
  /** 0 for headers. */
  readonly position: bigint;
  readonly bytes: number;
}

/**
 * Where the last page of an Ogg file ends by its own head; null when the file does not say. A recording of a broadcast ends
 * somewhere in a page, and its pages begin somewhere: of such a file nothing is missing that anybody has.
 */
export async function promisedByPages(file: FileHandle): Promise<number | null> {
  const { size } = await file.stat();
  const start = Math.max(0, size - MOST_PAGE_BYTES);
  const tail = await read(file, start, MOST_PAGE_BYTES);
  const at = tail.lastIndexOf('OggS', undefined, 'latin1');
  if (at === -1) return null;
  // The head itself may be cut.
  const end = start + at + (pageIn(tail.subarray(at))?.bytes ?? tail.length - at + 1);
  return end > size && (await beginsAtItsBeginning(file)) ? end : null;
}

async function beginsAtItsBeginning(file: FileHandle): Promise<boolean> {
  const next = new Map<number, number>();
  let at = 0;
  for (let count = 0; count < MOST_FIRST_PAGES; count += 1) {
    const page = pageIn(await read(file, at, HEAD_BYTES + 255));
    if (page === null) return true;
    if (page.sequence !== (next.get(page.serial) ?? 0)) return false;
    next.set(page.serial, page.sequence + 1);
    if (page.position !== 0n && page.position !== NO_POSITION) return true;
    at += page.bytes;
  }
  return true;
}

/** Null: there is no whole head of a page. */
function pageIn(bytes: Buffer): Page | null {
  if (bytes.length < HEAD_BYTES || bytes.toString('latin1', 0, 4) !== 'OggS') return null;
  const pieces = bytes.readUInt8(26);
  const lengths = bytes.subarray(HEAD_BYTES, HEAD_BYTES + pieces);
  if (lengths.length < pieces) return null;
  return {
    serial: bytes.readUInt32LE(14),
    sequence: bytes.readUInt32LE(18),
    position: bytes.readBigInt64LE(6),
    bytes: HEAD_BYTES + pieces + lengths.reduce((total, length) => total + length, 0),
  };
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
