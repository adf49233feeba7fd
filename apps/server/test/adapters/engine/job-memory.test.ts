import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { jobMemoryBytes, usableMemoryBytes } from '../../../src/adapters/engine/job-memory.ts';

const GIB = 1024 ** 3;

it.each([
  [64, 4, 2],
  [8, 4, 1.5],
  [8, 3, 2],
  [4, 4, 1],
  [1, 1, 1],
  [16, 64, 1],
])('with %d GiB, %d workers may use %d GiB each', (usable, workers, each) => {
  expect(jobMemoryBytes(usable * GIB, workers)).toBe(each * GIB);
});

it('usable memory is at most that of the computer', () => {
  expect(usableMemoryBytes()).toBeGreaterThan(0);
  expect(usableMemoryBytes()).toBeLessThanOrEqual(totalmem());
});
