import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const repositoryDir = resolve(import.meta.dirname, '../../../..');

/** Names that once meant what another word means now, and that word. */
const RETIRED: readonly (readonly [RegExp, string])[] = [
  [/\b(SeenMedia|seenMedia|LookRequest|LookOutcome|lookArgv|lookRows)\w*/, 'probe'],
  [/\b(setDiskRoom|diskRoomBytes|noRoom|hadRoom)\b/, 'space (of a disk)'],
  [/\b(requireRoom|roomFor)\b/, 'capacity (of the queue)'],
  [/\b(openRoom|RoomOptions|roomRoutes)\b/, 'domain under test, overview'],
  [/\b(SelectionFields|recipe-explain|recipes\/|components\/presets\/Recipe)/, 'selection'],
  [/\b(Recipe|RecipeForm|isSameRecipe|parseRecipe|recipeLine|DEFAULT_RECIPE)\b/, 'selection'],
  [/state\/selection\.svelte/, 'row selection'],
  [/worker\/messages\b/, 'domain/attempt and worker/task'],
];

/** Of the worker and the engine alone: elsewhere the word has another meaning, or a name keeps it. */
const RETIRED_IN_WORKER: typeof RETIRED = [[/[jJ]ob[ -]?[fF]older/, 'work folder']];
const WORKER = /^apps\/server\/(engine|src\/worker|test\/worker)\/(?!argv\/)/;

function sources(): string[] {
  return execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.svelte', '*.mjs', '*.py'],
    {
      cwd: repositoryDir,
      encoding: 'utf8',
    },
  )
    .split('\n')
    .filter((path) => path !== '' && !path.endsWith('architecture/words.test.ts'));
}

test('no source uses a retired word', () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((path) => {
    const text = readFileSync(resolve(repositoryDir, path), 'utf8');
    return [...RETIRED, ...(WORKER.test(path) ? RETIRED_IN_WORKER : [])]
      .filter(([word]) => word.test(text))
      .map(([word, better]) => `${path}: ${word.exec(text)?.[0]} is called ${better}`);
  });
  expect(found).toEqual([]);
});

test('no source switches off a rule of the linters', () => {
  const found = sources().filter((path) =>
    /\b(eslint|oxlint)-disable/.test(readFileSync(resolve(repositoryDir, path), 'utf8')),
  );
  expect(found).toEqual([]);
});
