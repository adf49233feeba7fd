import type { Stats } from 'node:fs';
import { lstat, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { codeOf } from '../../error-code.ts';

export async function lstatOrNull(path: string): Promise<Stats | null> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

export async function isEmpty(path: string): Promise<boolean> {
  const found = await lstatOrNull(path);
  return found?.isFile() === true && found.size === 0;
}

/**
 * Moves a file; false when the name is taken. A hard link is atomic and fails on a taken name. On file systems without hard
 * links (exFAT, some network shares) an exclusive create claims the name, and a rename replaces the claim.
 */
export async function moveWithoutReplacing(
  source: string,
  target: string,
  makeLink: (existing: string, name: string) => Promise<void>,
): Promise<boolean> {
  try {
    await makeLink(source, target);
    await unlink(source);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
    try {
      await (await open(target, 'wx')).close();
    } catch (claimError) {
      if (codeOf(claimError) === 'EEXIST') return false;
      throw claimError;
    }
    await rename(source, target);
  }
  return true;
}

/** Gives a file from a private work folder the permissions of any new file of this user. */
export async function openToUser(file: FileHandle, { mode }: Stats): Promise<void> {
  await file.chmod((mode & 0o700) | (0o666 & ~process.umask()));
}
