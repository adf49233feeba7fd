import { statfs } from 'node:fs/promises';

const CACHE_MS = 2000;

/** Free bytes on the disk of a folder, at most two seconds old; null when the system does not tell. */
export function createFreeSpace(path: string, nowMs: () => number): () => Promise<number | null> {
  let last: { readonly atMs: number; readonly bytes: number | null } | null = null;
  return async () => {
    if (last && nowMs() - last.atMs < CACHE_MS) return last.bytes;
    const bytes = await statfs(path).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => null,
    );
    last = { atMs: nowMs(), bytes };
    return bytes;
  };
}
