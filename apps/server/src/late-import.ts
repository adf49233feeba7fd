import { statSync } from 'node:fs';

/**
 * Imports a part of the program that most runs do not need. Works around Node 20.20: its `realpathSync`, which resolves imports,
 * stops at the first link when the last file that the process has examined (also by `rm`) was a socket or a pipe. A package
 * then misses its own dependencies (`Cannot find module`). Examining a folder first avoids that.
 */
export async function lateImport<Part>(load: () => Promise<Part>): Promise<Part> {
  statSync(import.meta.dirname);
  return load();
}
