import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Sources instead of built files, as in development.
  ssr: { resolve: { conditions: ['@artemis/source', 'module', 'node', 'development|production'] } },
  test: {
    name: 'server',
    include: ['test/**/*.test.ts'],
    // Piscina's threads and the children of the engine do not live in vitest's own threads.
    pool: 'forks',
    // The real engine, ffmpeg and a browser take part, on machines with two busy cores.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
