import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { say, type Said } from '@artemis/contracts';

/** See `FileStore.folderProblem`. */
export async function folderProblem(root: string, directory: string): Promise<Said | null> {
  let path = '';
  for (const name of directory.split('/').filter((part) => part !== '')) {
    path = join(path, name);
    const found = await lstat(join(root, path)).catch(() => null);
    // Storing a file creates missing folders.
    if (found === null) return null;
    if (found.isSymbolicLink()) {
      return say('FOLDER_IS_LINK', { path });
    }
    if (!found.isDirectory()) return say('FOLDER_IS_FILE', { path });
  }
  return null;
}
