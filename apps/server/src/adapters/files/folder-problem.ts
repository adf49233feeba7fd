import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** See `FileStore.folderProblem`. */
export async function folderProblem(root: string, directory: string): Promise<string | null> {
  let path = '';
  for (const name of directory.split('/').filter((part) => part !== '')) {
    path = join(path, name);
    const found = await lstat(join(root, path)).catch(() => null);
    // Storing a file creates missing folders.
    if (found === null) return null;
    if (found.isSymbolicLink()) {
      return `contains ${path}, which is a link; Artemis does not follow links, so name a real folder`;
    }
    if (!found.isDirectory()) return `cannot be a folder: ${path} is a file`;
  }
  return null;
}
