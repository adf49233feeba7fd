import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const contracts = join(import.meta.dirname, '../../../../packages/contracts');

it('the packed contracts have a README, a licence and all exported files, and no leftovers of a build', async () => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: contracts });
  const [packed] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
  const paths = packed.files.map(({ path }) => path);
  for (const path of ['README.md', 'LICENSE', 'src/client.ts', 'src/index.ts']) {
    expect(paths).toContain(path);
  }
  expect(
    paths.filter(
      (path) =>
        !/^(dist\/[^.].*\.(js|d\.ts)(\.map)?|src\/.*\.ts|[A-Z]+(\.md)?|package\.json)$/.test(path),
    ),
  ).toEqual([]);
});
