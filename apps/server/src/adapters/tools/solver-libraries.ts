import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Where the libraries lie that the solver scripts of a yt-dlp import, when it does not bring them itself: a `DENO_DIR` in
 * the tools folder, named after the script that names them, so that each yt-dlp finds its own, and no copy of yt-dlp
 * is changed. `script` is the text of that script.
 */
export function solverFolder(toolsDir: string, script: string): string {
  const key = createHash('sha256').update(script).digest('hex').slice(0, 16);
  return join(toolsDir, 'solver', key);
}

/** The folder when it is there and whole: the set-up moves it to its place as the last step. */
export async function solverLibraries(toolsDir: string, script: string): Promise<string | null> {
  const folder = solverFolder(toolsDir, script);
  return stat(join(folder, 'npm')).then(
    (found) => (found.isDirectory() ? folder : null),
    () => null,
  );
}
