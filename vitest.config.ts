import { defineConfig } from 'vitest/config';
import { LongestFirst } from './apps/server/test/longest-first.ts';
import { projects, transformed } from './apps/server/vitest.config.ts';

export default defineConfig({
  test: {
    experimental: transformed,
    sequence: { sequencer: LongestFirst },
    projects: [
      ...projects,
      'packages/contracts',
      'apps/web',
      {
        test: {
          name: 'scripts',
          include: ['scripts/test/**/*.test.mjs'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 30_000,
        },
      },
    ],
  },
});
