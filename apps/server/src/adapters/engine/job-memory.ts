import { totalmem } from 'node:os';

const GIB = 1024 ** 3;
/** Deno, which solves the challenges of YouTube, does not start with less. */
const LEAST_BYTES = GIB;
/** No good download was seen to need more; what grows beyond it is an attack or a fault. */
const MOST_BYTES = 2 * GIB;
/** The rest is for the server, its engine host and the system. */
const SHARE = 0.75;

/** Bytes that this process and what it starts may use: of the computer, or of the container where that is less. */
export function usableMemoryBytes(): number {
  const limit = process.constrainedMemory();
  // 0: it is not known; without a limit some systems name a number beyond all memory.
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * Bytes of data that each process of a job may have, so that `maxWorkers` of them fit. On a small computer with many
 * workers they do not, since a job needs the least of it; the limit then only stops what grows without end.
 */
export function jobMemoryBytes(usableBytes: number, maxWorkers: number): number {
  const share = Math.floor((usableBytes * SHARE) / maxWorkers);
  return Math.min(MOST_BYTES, Math.max(LEAST_BYTES, share));
}
