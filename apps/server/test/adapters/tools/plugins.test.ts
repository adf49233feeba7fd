import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPlugins } from '../../../src/adapters/tools/plugins.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugins-'));
});

afterAll(() => rm(folder, { recursive: true }));

it('plugins are named as yt-dlp would load them, and a missing folder is not passed on', async () => {
  const owners = join(folder, 'owners');
  const plugins = createPlugins(owners);
  expect(await plugins.look()).toEqual({ folder: owners, names: null });
  expect(plugins.folder()).toBeNull();

  const packages = join(owners, 'mine', 'yt_dlp_plugins');
  await mkdir(join(packages, 'extractor', 'site'), { recursive: true });
  await mkdir(join(packages, 'postprocessor'));
  await mkdir(join(owners, 'no-plugin'));
  await Promise.all([
    writeFile(join(packages, 'extractor', 'own.py'), ''),
    writeFile(join(packages, 'extractor', '_shared.py'), ''),
    writeFile(join(packages, 'extractor', 'README.md'), ''),
    writeFile(join(packages, 'postprocessor', 'after.py'), ''),
    writeFile(join(owners, 'packed.zip'), ''),
  ]);
  const names = ['after', 'own', 'packed.zip', 'site'];
  expect(await plugins.look()).toEqual({ folder: owners, names });
  expect([plugins.names(), plugins.folder()]).toEqual([names, owners]);

  await rm(owners, { recursive: true });
  expect(plugins.folder()).toBeNull();
});

it('there are no plugins when the setting names a file', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const plugins = createPlugins(file);
  expect(await plugins.look()).toEqual({ folder: file, names: null });
  expect(plugins.folder()).toBeNull();
});

it('there are no plugins without the setting', async () => {
  const plugins = createPlugins(null);
  expect([await plugins.look(), plugins.folder(), plugins.names()]).toEqual([null, null, []]);
});
