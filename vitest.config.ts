import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Much of a test is waiting for a process or a page: on two cores vitest would run one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      'packages/*',
      'apps/*',
      'apps/server/vitest.browser.config.ts',
      { test: { name: 'scripts', include: ['scripts/test/**/*.test.mjs'], testTimeout: 30_000 } },
    ],
  },
});
