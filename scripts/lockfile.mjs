import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryDir } from './steps.mjs';

/** The page contains only its browser part, not what it needs to compile. */
const BUNDLED = 'svelte';

/**
 * One package that runs with the server or is part of the page.
 * @typedef {{ name: string, version: string, integrity: string, isForSomeSystems: boolean, license: string | null }} LockedPackage
 */

/**
 * Everything below the `dependencies` of our packages, sorted by name, from `pnpm-lock.yaml` alone. The licence is the one
 * that the package states; null for a package that is not installed here, which only those for other systems may be.
 * @returns {Promise<LockedPackage[]>}
 */
export async function productionPackages() {
  const lock = await readFile(join(repositoryDir, 'pnpm-lock.yaml'), 'utf8');
  const snapshots = entriesOf(sectionOf(lock, 'snapshots'));
  const facts = entriesOf(sectionOf(lock, 'packages'));
  const pending = [...entriesOf(sectionOf(lock, 'importers')).values()].flatMap(importedBy);
  /** @type {Set<string>} */
  const reached = new Set();
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    const text = snapshots.get(key);
    if (text === undefined) throw new Error(`${key} is not in the lockfile`);
    pending.push(...requiredBy(text));
  }
  const keys = new Set([...reached].map((key) => key.replace(/\(.*$/, '')));
  for (const key of facts.keys()) if (key.startsWith(`${BUNDLED}@`)) keys.add(key);
  const found = await Promise.all([...keys].map((key) => describe(key, facts.get(key) ?? '')));
  return found.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** @param {string} key @param {string} text @returns {Promise<LockedPackage>} */
async function describe(key, text) {
  const at = key.lastIndexOf('@');
  const [name, version] = [key.slice(0, at), key.slice(at + 1)];
  return {
    name,
    version,
    integrity: /integrity: ([^}\s,]+)/.exec(text)?.[1] ?? '',
    isForSomeSystems: /^ {4}(os|cpu|libc):/m.test(text),
    license: await licenseOf(name, version),
  };
}

/** @param {string} name @param {string} version */
async function licenseOf(name, version) {
  const store = join(repositoryDir, 'node_modules/.pnpm');
  const wanted = `${name.replace('/', '+')}@${version}`;
  // The folder name of a package with peers continues after the version.
  const folder = (await readdir(store)).find(
    (found) => found === wanted || found.startsWith(`${wanted}_`),
  );
  if (folder === undefined) return null;
  const text = await readFile(join(store, folder, 'node_modules', name, 'package.json'), 'utf8');
  /** @type {{ license?: unknown, licenses?: { type?: unknown }[] }} */
  const manifest = JSON.parse(text);
  const license = manifest.license ?? manifest.licenses?.[0]?.type;
  return typeof license === 'string' ? license : 'unknown';
}

/** @param {string} lock @param {string} name */
function sectionOf(lock, name) {
  const start = lock.indexOf(`\n${name}:\n`);
  if (start === -1) throw new Error(`the lockfile has no ${name}`);
  const text = lock.slice(start + name.length + 3);
  const end = text.search(/^\S/m);
  return end === -1 ? text : text.slice(0, end);
}

/** The blocks below the keys of a section. @param {string} text @returns {Map<string, string>} */
function entriesOf(text) {
  return new Map(
    text
      .split(/^ {2}(?=\S)/m)
      .slice(1)
      .map((block) => {
        const [first = '', ...rest] = block.split('\n');
        const key = first.slice(0, first.lastIndexOf(':')).replace(/^'|'$/g, '');
        return [key, rest.join('\n')];
      }),
  );
}

/** Keys of the `dependencies` of one of our packages, including optional ones, without our own packages. @param {string} text */
function importedBy(text) {
  const blocks = text.matchAll(/^ {4}(?:optionalD|d)ependencies:\n((?: {6}.*\n?)+)/gm);
  const block = [...blocks].map(([, lines = '']) => lines).join('');
  return [...block.matchAll(/^ {6}(\S+):\n {8}specifier: .*\n {8}version: (\S+)/gm)]
    .filter(([, , version = '']) => !version.startsWith('link:'))
    .map(([, name = '', version = '']) => `${name.replaceAll("'", '')}@${version}`);
}

/** @param {string} text */
function requiredBy(text) {
  const blocks = [...text.matchAll(/^ {4}(?:optionalD|d)ependencies:\n((?: {6}.*\n?)+)/gm)];
  return blocks.flatMap(([, block = '']) =>
    [...block.matchAll(/^ {6}(\S+): (\S+)$/gm)].map(
      ([, name = '', version = '']) => `${name.replaceAll("'", '')}@${version}`,
    ),
  );
}
