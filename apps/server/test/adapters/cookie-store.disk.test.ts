import { chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDiskCookieStore } from '../../src/adapters/cookie-store.disk.ts';
import type { StoredJar } from '../../src/domain/ports.ts';

let home: string;
let folder: string;
let warnings: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'artemis-cookies-'));
  folder = join(home, 'data/cookies');
  warnings = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = () =>
  createDiskCookieStore(folder, {
    info: () => undefined,
    warn: (details, message) => warnings.push(JSON.stringify(details) + message),
    error: () => undefined,
  });

const modeOf = async (path: string) => (await lstat(path)).mode & 0o777;

function jarOf(site: string, value: string): StoredJar {
  const cookie = {
    ...{ domain: site, isForSubdomains: true, path: '/', isSecure: true, isHttpOnly: false },
    ...{ expiresAt: null, name: 'sid', value },
  };
  return { site, cookies: [cookie], updatedAt: '2026-11-22T12:00:00.000Z', lastSuccessAt: null };
}

it("keeps cookies across a restart, readable by the server's user alone", async () => {
  const store = open();
  expect(await store.load()).toEqual([]);
  await store.write(jarOf('example.com', 'first'));
  await store.write(jarOf('example.com', 'second'));
  await store.write(jarOf('127.0.0.1', 'x'));
  expect(await modeOf(folder)).toBe(0o700);
  expect(await modeOf(join(folder, 'example.com.json'))).toBe(0o600);
  expect((await readdir(folder)).sort()).toEqual(['127.0.0.1.json', 'example.com.json']);
  const jars = await open().load();
  expect(jars).toHaveLength(2);
  expect(jars).toContainEqual(jarOf('example.com', 'second'));
  await store.remove('example.com');
  expect(await open().load()).toEqual([jarOf('127.0.0.1', 'x')]);
});

it('makes files private that a backup restored as readable, and removes truncated ones', async () => {
  await open().write(jarOf('example.com', 'x'));
  await chmod(folder, 0o755);
  await chmod(join(folder, 'example.com.json'), 0o644);
  await writeFile(join(folder, 'example.com.json.tmp'), '{"half');
  await open().load();
  expect(await modeOf(folder)).toBe(0o700);
  expect(await modeOf(join(folder, 'example.com.json'))).toBe(0o600);
  expect(await readdir(folder)).toEqual(['example.com.json']);
});

it('leaves an unreadable file alone, and its warning does not quote the content', async () => {
  await open().write(jarOf('example.com', 'x'));
  const damaged = 'planted-secret not JSON';
  await writeFile(join(folder, 'damaged.example.json'), damaged);
  await writeFile(join(folder, 'other.example.json'), JSON.stringify(jarOf('evil.example', 'x')));
  const half = { ...jarOf('half.example', 'planted'), version: 1, cookies: [{ name: 'sid' }] };
  await writeFile(join(folder, 'half.example.json'), JSON.stringify(half));
  // Kept by an earlier version: others have names below it.
  const shared = { ...jarOf('github.io', 'planted'), version: 1 };
  await writeFile(join(folder, 'github.io.json'), JSON.stringify(shared));
  await writeFile(join(folder, 'notes.txt'), 'mine');
  expect((await open().load()).map(({ site }) => site)).toEqual(['example.com']);
  expect(warnings).toHaveLength(4);
  expect(warnings.join()).not.toContain('planted');
  expect(await readFile(join(folder, 'damaged.example.json'), 'utf8')).toBe(damaged);
});
