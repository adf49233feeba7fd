import { statSync } from 'node:fs';

/**
 * Loads a part of the program that most runs do not need. Node 20.20's `realpathSync`, which finds imported files, stops
 * at the first link when the last thing that the process looked at (by `rm` too) was a socket or a pipe: a package
 * then misses its own dependencies (`Cannot find module`). So a folder is looked at first.
 */
export async function lateImport<Part>(load: () => Promise<Part>): Promise<Part> {
  statSync(import.meta.dirname);
  return load();
}
