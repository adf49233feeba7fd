import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { denoIn, findJsRuntime } from '../../../src/adapters/tools/js-runtimes.ts';
import { createToolAsker } from '../../../src/adapters/tools/tool-asker.ts';

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'artemis-runtimes-')));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(path: string, says: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${says}'\n`);
  await chmod(path, 0o755);
  return path;
}

async function find(nodeVersion: string, bundledDeno: string | null = null) {
  const searchPath = join(folder, 'bin');
  const asker = await createToolAsker(join(folder, 'tools/found.json'), searchPath);
  return findJsRuntime(asker, {
    toolsDir: join(folder, 'tools'),
    searchPath,
    nodeExecPath: '/own/node',
    nodeVersion,
    bundledDeno,
  });
}

const onPath = (name: string, says: string) => program(join(folder, 'bin', name), says);
const name = async (...how: Parameters<typeof find>) => {
  const found = await find(...how);
  return found && `${found.path} ${found.version} ${found.deniesNetwork ? 'offline' : 'open'}`;
};

test('runtimes that keep scripts offline are preferred, any other Node is the last resort', async () => {
  expect(await name('20.19.0')).toBeNull();
  expect(await name('v22.0.0')).toBe('/own/node 22.0.0 open');
  await onPath('node', '/other/node\n24.4.0');
  expect(await name('20.19.0')).toBe('/other/node 24.4.0 open');
  expect(await name('v22.0.0')).toBe('/own/node 22.0.0 open');
  await onPath('node', '/newer/node\n25.0.0');
  expect(await name('v22.0.0')).toBe('/newer/node 25.0.0 offline');
  expect(await name('v26.1.0')).toBe('/own/node 26.1.0 offline');
  await onPath('deno', '/old/deno\n2.2.9');
  expect(await name('v26.1.0')).toBe('/own/node 26.1.0 offline');
  await onPath('deno', '/real/deno\n2.3.0');
  expect(await name('v26.1.0')).toBe('/real/deno 2.3.0 offline');
  const fetched = await program(denoIn(join(folder, 'tools')), 'deno 2.8.0 (stable)');
  expect(await name('v26.1.0')).toBe(`${fetched} 2.8.0 offline`);
  const bundled = await program(join(folder, 'bundled/deno'), 'deno 2.9.6 (stable)');
  expect(await name('v26.1.0', dirname(bundled))).toBe(`${bundled} 2.9.6 offline`);
});

test('a bundled Deno that does not run on this system is skipped', async () => {
  const broken = join(folder, 'bundled/deno');
  await program(broken, 'not for this C library');
  expect(await name('v22.0.0', dirname(broken))).toBe('/own/node 22.0.0 open');
});
