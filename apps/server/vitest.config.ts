import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** What starts the engine, whole servers or other programs, and mostly waits for them. */
const ENGINE = [
  'test/{engine,integration,torture}/**/*.test.ts',
  'test/adapters/{egress-proxy,tools}.test.ts',
  'test/config/start.test.ts',
  'test/docs/api.test.ts',
  'test/security/exposure.test.ts',
  'test/worker/{continuing,download-task,file-heads,folder-record,keep-incomplete,live}.test.ts',
  'test/worker/{missing-segments,mp4-index,resuming,two-faced,whole-files}.test.ts',
];
const BROWSER = ['test/browser/**/*.test.ts'];

/** Files side by side: what the slowest machine that this is tried on has cores. */
const WORKERS = 2;

type Part = Pick<
  NonNullable<TestProjectInlineConfiguration['test']>,
  'include' | 'exclude' | 'isolate'
>;

function project(name: string, groupOrder: number, part: Part): TestProjectInlineConfiguration {
  return {
    root: import.meta.dirname,
    // Sources instead of built files, as in development.
    ssr: {
      resolve: { conditions: ['@artemis/source', 'module', 'node', 'development|production'] },
    },
    test: {
      name,
      // Piscina's threads and the children of the engine do not live in vitest's own threads.
      pool: 'forks',
      maxWorkers: WORKERS,
      sequence: { groupOrder },
      // The real engine, ffmpeg and a browser take part, two files at once, on machines with two busy cores.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Of one file, where a test says that its cases mostly wait.
      maxConcurrency: 9,
      ...part,
    },
  };
}

export const projects = [
  // One process for all of its files: importing the server takes longer than most of them run.
  project('unit', 0, {
    include: ['test/**/*.test.ts'],
    exclude: [...ENGINE, ...BROWSER],
    isolate: false,
  }),
  project('engine', 1, { include: ENGINE }),
  project('browser', 2, { include: BROWSER, isolate: false }),
];

export default defineConfig({ test: { projects } });
