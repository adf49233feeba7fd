import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';

const MOST_BYTES = 32 * 1024 ** 2;
/** Does not follow a link, and does not block on a pipe or a device. */
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a small file in a work folder. A job may have left anything under this name: a link to another file of the user, a
 * device, a gigabyte. Rejects when the file is missing, not regular or too large.
 */
export async function readFolderRecord(path: string): Promise<string> {
  const handle = await open(path, READING);
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.size > MOST_BYTES) throw new Error('not a record of ours');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Replaces the file in one step; never writes through a link. */
export async function writeFolderRecord(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
