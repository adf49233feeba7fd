import { constants, type Stats } from 'node:fs';
import { access, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, isDiskFull } from '../../error-code.ts';

/** Large enough to fail on a full disk, small enough to be written every few seconds. */
const SAMPLE = Buffer.alloc(4096);

/** Why a folder cannot be used: completes a sentence that begins with the name of the folder. */
export type FolderProblem =
  | 'is missing'
  | 'is another one than at the start'
  | 'cannot be written'
  | 'is read-only'
  | 'is on a full disk';

/** A folder that must not change its identity: when its disk is unmounted, another folder is in its place. */
export interface WatchedFolder {
  readonly path: string;
  /** Null while the folder is the same as at the start. Never rejects. */
  identityProblem(): Promise<FolderProblem | null>;
  /** The same, and whether this user may write to it; with `sample` also writes a file of 4 KiB and removes it. Never rejects. */
  problem(sample?: string): Promise<FolderProblem | null>;
}

/**
 * @param markName an entry of the folder that does not change while the server runs. A remounted disk may have another device
 *   number; the folder is then recognized by its inode and the inode of this entry.
 */
export async function watchFolder(path: string, markName: string): Promise<WatchedFolder> {
  const mark = join(path, markName);
  const atStart = await stat(path);
  let markInode: number | null = null;

  async function identityProblem(): Promise<FolderProblem | null> {
    try {
      const [found, seen] = await Promise.all([stat(path), stat(mark).catch(() => null)]);
      return isTheSame(found, seen) ? null : 'is another one than at the start';
    } catch (error) {
      return isGone(error) ? 'is missing' : 'cannot be written';
    }
  }

  function isTheSame(found: Stats, seen: Stats | null): boolean {
    if (found.ino !== atStart.ino) return false;
    if (found.dev !== atStart.dev) return seen !== null && seen.ino === markInode;
    markInode = seen?.ino ?? markInode;
    return true;
  }

  return {
    path,
    identityProblem,
    async problem(sample) {
      const other = await identityProblem();
      if (other !== null) return other;
      try {
        await access(path, constants.W_OK | constants.X_OK);
        if (sample === undefined) return null;
        try {
          await writeFile(join(path, sample), SAMPLE, { mode: 0o600 });
        } finally {
          await rm(join(path, sample), { force: true }).catch(() => undefined);
        }
        return null;
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');
}

function refusalOf(error: unknown): FolderProblem {
  if (isGone(error)) return 'is missing';
  if (codeOf(error) === 'EROFS') return 'is read-only';
  return isDiskFull(error) ? 'is on a full disk' : 'cannot be written';
}
