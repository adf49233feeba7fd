import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Folder of the libraries that the solver scripts of a yt-dlp import, when that yt-dlp does not contain them: a `DENO_DIR` in
 * the tools folder. Its name is a hash of `script`, the text of the script that names the libraries, so that each yt-dlp
 * finds its own libraries and no copy of yt-dlp is changed.
 */
export function solverFolder(toolsDir: string, script: string): string {
  const key = createHash('sha256').update(script).digest('hex').slice(0, 16);
  return join(toolsDir, 'solver', key);
}

/** The folder if it exists; it is then complete, because the set-up moves it to its place as the last step. */
export async function solverLibraries(toolsDir: string, script: string): Promise<string | null> {
  const folder = solverFolder(toolsDir, script);
  return stat(join(folder, 'npm')).then(
    (found) => (found.isDirectory() ? folder : null),
    () => null,
  );
}
