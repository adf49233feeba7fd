import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../../error-code.ts';

/** A folder of a setting cannot be created; the message names the setting. */
export class SettingsFolderError extends Error {
  override readonly name = 'SettingsFolderError';
}

export interface SettingsFolders {
  readonly downloadsDir: string;
  readonly scratchDir: string | null;
  readonly historyFile: string;
  readonly dataDir: string;
}

/** Mode of folders that only this server reads. */
const PRIVATE = 0o700;

/**
 * Creates the folders of the settings before anything else does. It makes parents one by one, because Node 20's recursive
 * `mkdir` never ends below /proc, where creating a folder fails with ENOENT.
 * @throws {SettingsFolderError} where no folder can be created; other errors of the file system are passed on
 */
export function makeSettingsFolders(folders: SettingsFolders): void {
  const { downloadsDir, scratchDir, historyFile, dataDir } = folders;
  makeFolder('DOWNLOADS_DIR', downloadsDir);
  if (scratchDir !== null) makeFolder('SCRATCH_DIR', scratchDir, PRIVATE);
  makeFolder('HISTORY_FILE', dirname(historyFile));
  makeFolder('DATA_DIR', dataDir, PRIVATE);
}

function makeFolder(setting: string, path: string, mode?: number): void {
  for (const folder of missingFolders(path)) {
    try {
      mkdirSync(folder, mode === undefined ? {} : { mode });
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') {
        throw new SettingsFolderError(
          `Artemis cannot start: the system does not allow folders at the place of ${setting}. Set ${setting} to another place.`,
        );
      }
      // Another server of this checkout has made the folder at the same time.
      if (code !== 'EEXIST') throw error;
    }
  }
}

/** Missing folders of a path, topmost first. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = path; !isThere(folder); folder = dirname(folder)) missing.unshift(folder);
  return missing;
}

/** True also when the system does not tell: only folders that are certainly missing are created. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined || path === dirname(path);
  } catch {
    return true;
  }
}
