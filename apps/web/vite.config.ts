import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { SERVICE_WORKER, shellPlugin } from './shell-plugin.ts';
import { wordsPlugin } from './words-plugin.ts';

const server = 'http://127.0.0.1:8500';

/** A gzipped copy beside each text file, which the server sends to whoever takes it. */
function gzippedCopies(): Plugin {
  return {
    name: 'gzipped-copies',
    apply: 'build',
    async writeBundle({ dir = 'dist' }) {
      const names = await readdir(dir, { recursive: true });
      const texts = names.filter((name) => /\.(js|css|svg|webmanifest)$/.test(name));
      for (const name of texts) {
        const path = join(dir, name);
        await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  // Relative, so that one build works below any path. Every route is one level deep for that reason.
  base: './',
  plugins: [wordsPlugin(), svelte(), shellPlugin(), gzippedCopies()],
  resolve: { conditions: ['@artemis/source', ...defaultClientConditions] },
  server: {
    host: '127.0.0.1',
    // The server judges Host and Origin, so the proxy has to speak as one of its own pages.
    proxy: Object.fromEntries(
      ['/api', '/healthz', '/readyz'].map((path) => [
        path,
        { target: server, changeOrigin: true, headers: { origin: server } },
      ]),
    ),
  },
  build: {
    target: 'es2023',
    manifest: true,
    // A data: address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // All of it is 8 KB gzipped: less than what a dozen small requests cost.
    cssCodeSplit: false,
    rolldownOptions: {
      input: ['index.html', 'src/service-worker.ts'],
      output: {
        // At the root, because a service worker rules only what lies below it; its name has to stay.
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? SERVICE_WORKER : 'assets/[name]-[hash].js',
        // What parts share, in a few files instead of many small ones: a request costs more than the bytes.
        codeSplitting: {
          groups: [
            {
              name: 'base',
              test: /node_modules|packages.contracts|src.storage.cell/,
              tags: ['$initial'],
            },
            {
              name: 'later',
              test: /src.(?:components.\w+.(?:VirtualGrid|LogLines|Overlay|Modal|IntakeFacts)|browser.save-text)\./,
              includeDependenciesRecursively: false,
            },
            {
              name: 'row',
              test: /src.(?:components.\w+.ProgressBar|format.lamp|text.codes)\./,
              includeDependenciesRecursively: false,
            },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  test: {
    name: 'web',
    // Files that need a storage or a window name jsdom themselves; nothing here mounts a component.
    environment: './test/page-without-dom.ts',
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    restoreMocks: true,
    // Linters and other tests run beside these.
    testTimeout: 30_000,
  },
});
