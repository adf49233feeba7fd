import { totalmem } from 'node:os';

const GIB = 1024 ** 3;
/** Deno, which solves YouTube's challenges, does not start with less. */
const LEAST_BYTES = GIB;
/** No successful download was seen to need more; a job that does is under attack or faulty. */
const MOST_BYTES = 2 * GIB;
/** Share of the memory for jobs; the rest is for the server, its engine host and the system. */
const SHARE = 0.75;

/** Memory in bytes for this process and its children: that of the computer, or the container's limit where that is less. */
export function usableMemoryBytes(): number {
  const limit = process.constrainedMemory();
  // 0: unknown. Without a limit some systems report a number larger than the memory.
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * Memory limit in bytes for each process of a job, so that `maxWorkers` jobs fit. On a small computer with many workers they
 * do not fit, because a job needs the minimum; the limit then only stops endless growth.
 */
export function jobMemoryBytes(usableBytes: number, maxWorkers: number): number {
  const share = Math.floor((usableBytes * SHARE) / maxWorkers);
  return Math.min(MOST_BYTES, Math.max(LEAST_BYTES, share));
}
