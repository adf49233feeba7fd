import { lstat, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readIdentity } from '../../../src/adapters/files/data-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-data-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('the secret and the instance id are made once and stay', async () => {
  const first = await readIdentity(folder, null);
  expect(await readIdentity(folder, null)).toEqual(first);
  expect(await readFile(join(folder, 'instance-id'), 'utf8')).toBe(first.instanceId);
});

test('a secret that cannot be read now ends the start and is not replaced', async () => {
  const path = join(folder, 'secret');
  await symlink(path, path);
  await expect(readIdentity(folder, null)).rejects.toMatchObject({ code: 'ELOOP' });
  expect((await lstat(path)).isSymbolicLink()).toBe(true);
});
