import { expect, it } from 'vitest';
import { runKills } from './kills.ts';
import { createRandom } from './random.ts';

it('loses nothing and leaves nothing when its processes are killed at random', async () => {
  const report = await runKills({ rounds: 6, random: createRandom(20_261_122) });
  expect(report.lost).toEqual([]);
  expect(report.different).toEqual([]);
  expect(report.leftOver).toEqual([]);
  expect(report.failures.filter((failure) => !failure.startsWith('WORKER_CRASHED'))).toEqual([]);
  expect(report.completed).toBeGreaterThan(0);
}, 240_000);
