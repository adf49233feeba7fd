import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder that a setting names can never be made: says which setting. */
export class SettingsFolderError extends Error {
  override readonly name = 'SettingsFolderError';
}

export interface SettingsFolders {
  readonly downloadsDir: string;
  readonly historyFile: string;
  readonly dataDir: string;
}

/** What only this server reads. */
const PRIVATE = 0o700;

/**
 * Makes the folders that the settings name, before anything else does: Node 20's own way to make parents never ends below
 * /proc, whose folders answer ENOENT to whoever makes one in them.
 * @throws {SettingsFolderError} where no folder can ever be made; other errors of the file system as they are
 */
export function makeSettingsFolders({ downloadsDir, historyFile, dataDir }: SettingsFolders): void {
  makeFolder('DOWNLOADS_DIR', downloadsDir);
  makeFolder('HISTORY_FILE', dirname(historyFile));
  makeFolder('DATA_DIR', dataDir, PRIVATE);
}

function makeFolder(setting: string, path: string, mode?: number): void {
  for (const folder of missingFolders(path)) {
    try {
      mkdirSync(folder, mode === undefined ? {} : { mode });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') {
        throw new SettingsFolderError(
          `Artemis cannot start: ${setting} must be below a folder in which folders can be made; the system refuses that there.`,
        );
      }
      // Another server of this checkout starts at the same time.
      if (code !== 'EEXIST') throw error;
    }
  }
}

/** From the top down. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = path; !isThere(folder); folder = dirname(folder)) missing.unshift(folder);
  return missing;
}

/** Only what is surely not there is to be made. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined || path === dirname(path);
  } catch {
    return true;
  }
}
