import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** Of `FileStore.folderProblem`. */
export async function folderProblem(root: string, directory: string): Promise<string | null> {
  let path = '';
  for (const name of directory.split('/').filter((part) => part !== '')) {
    path = join(path, name);
    const found = await lstat(join(root, path)).catch(() => null);
    // The rest is made when something is stored.
    if (found === null) return null;
    if (found.isSymbolicLink()) {
      return `leads over ${path}, which is a link that Artemis has not made and does not follow; name a real folder`;
    }
    if (!found.isDirectory()) return `cannot be a folder: ${path} is a file`;
  }
  return null;
}
