import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';

/** Where yt-dlp looks for plugins (`yt_dlp/plugins.py` of 2026.10.26): in subfolders and archives of the named folder. */
const KINDS = ['extractor', 'postprocessor'];
const ARCHIVES = ['.zip', '.egg', '.whl'];

export interface PluginsFound {
  readonly folder: string;
  /** Sorted names of plugins, and of archives. Null: the folder cannot be read. */
  readonly names: readonly string[] | null;
}

/** The owner's plugins for yt-dlp. The server never loads them; each job loads them in its sandbox. */
export interface Plugins {
  /** Null without a setting, and while the folder is missing: yt-dlp does not start with a missing folder. */
  folder(): string | null;
  /** The names of the last look; empty before the first look. */
  names(): readonly string[];
  /** Null without a setting. Never rejects. */
  look(): Promise<PluginsFound | null>;
}

export function createPlugins(folder: string | null): Plugins {
  let seen: readonly string[] = [];

  async function look(): Promise<PluginsFound | null> {
    if (folder === null) return null;
    const names = await namesIn(folder).catch(() => null);
    seen = names ?? [];
    return { folder, names };
  }

  void look();
  return {
    folder: () => (folder !== null && isFolder(folder) ? folder : null),
    names: () => seen,
    look,
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function namesIn(folder: string): Promise<string[]> {
  const packages = await readdir(folder);
  const found = await Promise.all(
    packages.map(async (name) => {
      if (ARCHIVES.includes(parse(name).ext)) return [name];
      const modules = await Promise.all(
        KINDS.map((kind) => modulesIn(join(folder, name, 'yt_dlp_plugins', kind))),
      );
      return modules.flat();
    }),
  );
  return found.flat().sort();
}

async function modulesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.name.startsWith('_'))
    .filter((entry) => entry.isDirectory() || parse(entry.name).ext === '.py')
    .map((entry) => parse(entry.name).name);
}
