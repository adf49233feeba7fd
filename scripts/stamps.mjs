import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repositoryDir } from './steps.mjs';

const generated = new Set(['node_modules', 'dist', 'dist-test', '.svelte-check', '__pycache__']);

/**
 * A hash over names and contents, so that touching a file or checking out a branch and back rebuilds nothing.
 * @param {readonly string[]} paths files and folders, relative to the repository; absent ones count as absent
 */
export async function hashOf(paths) {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of (await Promise.all(paths.map(filesIn))).flat()) {
    hash
      .update(`${file}\0`)
      .update(await readFile(join(repositoryDir, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @param {string} path @returns {Promise<string[]>} */
async function filesIn(path) {
  const absolute = join(repositoryDir, path);
  if (!existsSync(absolute)) return [];
  const entries = await readdir(absolute, { withFileTypes: true }).catch(() => null);
  if (entries === null) return [path];
  const nested = entries
    .filter(({ name }) => !generated.has(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(async (entry) => {
      const inner = `${path}/${entry.name}`;
      return entry.isDirectory() ? filesIn(inner) : entry.isFile() ? [inner] : [];
    });
  return (await Promise.all(nested)).flat();
}

/**
 * Does the work only when the stamp of that name differs or `product` is missing. Stamps afterwards.
 * @param {{ name: string, hash: string, product: string }} stamp
 * @param {() => Promise<unknown>} work
 */
export async function unlessStamped({ name, hash, product }, work) {
  if (await isStamped({ name, hash, product })) return;
  await work();
  await putStamp(name, hash);
}

/** @param {{ name: string, hash: string, product: string }} stamp */
export async function isStamped({ name, hash, product }) {
  if (!existsSync(join(repositoryDir, product))) return false;
  return (await readFile(stampFile(name), 'utf8').catch(() => '')) === hash;
}

/** @param {string} name @param {string} hash */
export async function putStamp(name, hash) {
  await mkdir(dirname(stampFile(name)), { recursive: true });
  await writeFile(stampFile(name), hash);
}

// In node_modules, so that removing that folder (the usual remedy) also removes every claim that something is up to date.
function stampFile(/** @type {string} */ name) {
  return join(repositoryDir, 'node_modules', '.artemis', name);
}
