import { defineConfig } from 'vitest/config';
import server from './vitest.config.ts';

/** A page, its server and Chromium fill two cores: these run after the other tests, one file at a time. */
export default defineConfig({
  ...server,
  test: {
    ...server.test,
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    exclude: [],
    maxWorkers: 1,
    sequence: { groupOrder: 1 },
  },
});
