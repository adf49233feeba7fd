import { resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractConfiguration from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { beforeAll, expect, test } from 'vitest';

const repositoryDir = resolve(import.meta.dirname, '../../../..');

let result: ICruiseResult;

beforeAll(async () => {
  const { forbidden = [], options = {} } = await extractConfiguration(
    resolve(repositoryDir, '.dependency-cruiser.cjs'),
  );
  const tsConfig = resolve(repositoryDir, 'tsconfig.base.json');
  const { output } = await cruise(
    ['apps/server/src', 'packages/contracts/src', 'apps/web/src'],
    {
      ...options,
      baseDir: repositoryDir,
      ruleSet: { forbidden },
      validate: true,
      // Wherever this is run from.
      tsConfig: { fileName: tsConfig },
    },
    undefined,
    { tsConfig: extractTsConfig(tsConfig) },
  );
  if (typeof output === 'string') throw new Error('Expected a result, not a report.');
  result = output;
});

function edgesOf(source: string): string[] {
  const found = result.modules.find((module) => module.source === source);
  return found?.dependencies.map(({ resolved }) => resolved) ?? [];
}

test('every import follows the rules of the architecture', () => {
  const violations = result.summary.violations.map(
    ({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`,
  );
  expect(violations).toEqual([]);
});

// A tool that cannot read the sources finds no violation either.
test('the check sees imports of values, types, packages by their sources, and Svelte files', () => {
  const finder = 'apps/server/src/adapters/tools/yt-dlp-finder.ts';
  expect(edgesOf('apps/server/src/adapters/tools/tools.ts')).toContain(finder);
  expect(edgesOf('apps/server/src/worker/task.ts')).toContain('apps/server/src/domain/attempt.ts');
  expect(edgesOf('apps/server/src/domain/ports.ts')).toContain('packages/contracts/src/index.ts');
  expect(edgesOf('apps/web/src/App.svelte').some((edge) => edge.endsWith('.svelte'))).toBe(true);
});
