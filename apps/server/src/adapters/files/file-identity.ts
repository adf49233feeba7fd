import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

const SAMPLE_BYTES = 64 * 1024;
/** Does not follow a link, and does not block on a pipe. */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Distinguishes a file from others. */
export interface FileFacts {
  readonly inode: number;
  readonly sizeBytes: number;
  /** Missing, like `sample`, in entries of older versions that were not learned yet. */
  readonly modifiedMs?: number;
  /** Hash of the size and of the first and last 64 KiB. */
  readonly sample?: string;
}

type Found = Pick<Stats, 'ino' | 'size' | 'mtimeMs'>;

/** `moved`: the same content with another inode or time, as after copying the folder. */
export type Likeness = 'same' | 'moved' | 'other';

/**
 * Compares size and content. When inode and time are both the same, the content is not read: a copy has another inode, and an
 * edit in place another time. A copy with other times still counts as ours. Without a sample the inode decides.
 */
export async function compareFile(
  known: FileFacts,
  found: Found,
  readSample: () => Promise<string>,
): Promise<Likeness> {
  if (known.sizeBytes !== found.size) return 'other';
  const isInode = known.inode === found.ino;
  if (known.sample === undefined) return isInode ? 'same' : 'other';
  if (isInode && known.modifiedMs === found.mtimeMs) return 'same';
  return (await readSample()) === known.sample ? 'moved' : 'other';
}

/** Only the fields of `FileFacts`. */
export function factsIn({ inode, sizeBytes, modifiedMs, sample }: FileFacts): FileFacts {
  const known = modifiedMs === undefined || sample === undefined ? {} : { modifiedMs, sample };
  return { inode, sizeBytes, ...known };
}

/** @param act runs first, with the open file */
export async function factsOf(
  path: string,
  act?: (file: FileHandle, found: Stats) => Promise<void>,
): Promise<FileFacts> {
  const file = await open(path, OPEN_FLAGS);
  try {
    const found = await file.stat();
    await act?.(file, found);
    const { ino, size, mtimeMs } = found;
    return {
      inode: ino,
      sizeBytes: size,
      modifiedMs: mtimeMs,
      sample: await sampleOf(file, size),
    };
  } finally {
    await file.close();
  }
}

/** The file must be a regular one. Reads at most 128 KiB. */
export async function sampleOf(file: FileHandle, sizeBytes: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(Math.min(sizeBytes, 2 * SAMPLE_BYTES));
  const head = Math.min(sizeBytes, SAMPLE_BYTES);
  const hash = createHash('sha256').update(`${sizeBytes}\n`);
  const isWhole = sizeBytes <= buffer.length;
  const pieces: [number, number, number][] = isWhole
    ? [[0, sizeBytes, 0]]
    : [
        [0, head, 0],
        [head, SAMPLE_BYTES, sizeBytes - SAMPLE_BYTES],
      ];
  const read = await Promise.all(
    pieces.map(([offset, count, position]) => file.read(buffer, offset, count, position)),
  );
  const length = read.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  return hash.update(buffer.subarray(0, length)).digest('base64url').slice(0, 22);
}

export async function readSample(path: string, sizeBytes: number): Promise<string> {
  const file = await open(path, OPEN_FLAGS);
  try {
    return await sampleOf(file, sizeBytes);
  } finally {
    await file.close();
  }
}
