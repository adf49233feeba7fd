import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');
const read = (name: string) => readFile(resolve(root, name), 'utf8');

describe('a package that we install', () => {
  it('runs no script during installation', async () => {
    const workspace = await read('pnpm-workspace.yaml');
    expect(workspace).toMatch(/^strictDepBuilds: true$/m);
    expect(workspace).toMatch(/^allowBuilds: \{ deno: false, esbuild: false \}$/m);
    expect(workspace).not.toMatch(/onlyBuiltDependencies|dangerouslyAllowAllBuilds/);
  });

  it('is pinned with a checksum and comes only from the registry', async () => {
    const lock = await read('pnpm-lock.yaml');
    expect(lock).not.toMatch(/https?:\/\/|git\+|tarball:|\bfile:/);
    const resolutions = lock.match(/^ {4}resolution: .*$/gm) ?? [];
    expect(resolutions.length).toBeGreaterThan(100);
    for (const line of resolutions)
      expect(line).toMatch(/^ {4}resolution: \{integrity: sha512-[A-Za-z0-9+/=]+\}$/);
    const catalog =
      /^catalog:\n((?: {2}.*\n)+)/m.exec(await read('pnpm-workspace.yaml'))?.[1] ?? '';
    for (const line of catalog.trim().split('\n'))
      expect(line).toMatch(/: (npm:\S+@)?\d+\.\d+\.\d+$/);
  });
});
