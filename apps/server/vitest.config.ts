import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const testDir = join(import.meta.dirname, 'test');

/** Benches that start the engine or a whole server: whoever imports one mostly waits for them. */
const ENGINE_BENCH = /(engine|task)-under-test|server-process/;
const ENGINE = [
  'test/{engine,integration,torture}/**/*.test.ts',
  // Other programs, and connections that are left to time out.
  'test/adapters/{egress/egress-proxy,tools/tools,file-store.s3}.test.ts',
  'test/config/start.test.ts',
  'test/security/exposure.test.ts',
  ...readdirSync(testDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.startsWith('browser'))
    .filter((name) => ENGINE_BENCH.test(readFileSync(join(testDir, name), 'utf8')))
    .map((name) => `test/${name}`),
];
const BROWSER = ['test/browser/**/*.test.ts'];
/** Workers that find no media would all make their own. */
const MEDIA = 'test/origin/media-setup.ts';

type Part = Pick<
  NonNullable<TestProjectInlineConfiguration['test']>,
  'include' | 'exclude' | 'isolate' | 'maxWorkers' | 'globalSetup'
>;

function project(name: string, groupOrder: number, part: Part): TestProjectInlineConfiguration {
  return {
    root: import.meta.dirname,
    // Sources instead of built files, as in development.
    // Without `module`, which Node does not know either: the AWS SDK has files there that only a bundler can read.
    ssr: { resolve: { conditions: ['@artemis/source', 'node', 'development|production'] } },
    test: {
      name,
      // Piscina's threads and the children of the engine do not live in vitest's own threads.
      pool: 'forks',
      maxWorkers: 2,
      sequence: { groupOrder },
      // The real engine, ffmpeg and a browser take part, several files at once, on machines with two busy cores.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Of one file, where a test says that its cases mostly wait.
      maxConcurrency: 9,
      ...part,
    },
  };
}

/**
 * Vitest hands what it has transformed to its processes in files: by default in a temporary folder, which stays when it
 * is killed (4.1.12). Here the next group of tests finds them. Their names are hashes of the content.
 */
export const transformed = {
  fsModuleCache: true,
  fsModuleCachePath: resolve(import.meta.dirname, '../../node_modules/.cache/vitest'),
};

export const projects = [
  // One process for all of its files: importing the server takes longer than most of them run.
  project('unit', 0, {
    include: ['test/**/*.test.ts'],
    exclude: [...ENGINE, ...BROWSER],
    isolate: false,
    globalSetup: [MEDIA],
  }),
  // Twice as many as there are cores where this has to run: these wait for most of their time.
  project('engine', 1, {
    include: ENGINE,
    isolate: false,
    maxWorkers: 4,
    globalSetup: [MEDIA, 'test/engine/engine-setup.ts'],
  }),
  project('browser', 2, { include: BROWSER, isolate: false, maxWorkers: 3, globalSetup: [MEDIA] }),
];

export default defineConfig({ test: { experimental: transformed, projects } });
