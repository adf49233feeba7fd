import { expect, it } from 'vitest';
import { runCases } from './python-cases.ts';

it('unreleased media is reported with its time, although extractors refuse it first; so is a fault of a plugin', async () => {
  const release = 4_000_000_000;
  const found = (await runCases('release_cases.py', null)) as Record<string, unknown>;
  expect(found).toMatchObject({
    RefusesFirst: { expected: true, upcoming: true, release_at: release },
    HasNoFormats: { expected: false, release_at: release },
    FailsAfterwards: { expected: true, said: 'This concert starts at noon' },
    RefusesForGood: { expected: true, said: 'This concert was removed' },
    FailsInPlugin: { classes: ['TypeError'], in_extractor: true },
  });
  expect(found['RefusesForGood']).not.toHaveProperty('release_at');
}, 60_000);
