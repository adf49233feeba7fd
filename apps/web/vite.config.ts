import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const server = 'http://127.0.0.1:8500';

export default defineConfig({
  // Relative, so that one build works below any path. Every route is one level deep for that reason.
  base: './',
  plugins: [svelte(), svelteTesting()],
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
    rolldownOptions: {
      output: {
        // What the first screen shares with later parts, in one file instead of several small ones.
        codeSplitting: {
          groups: [
            {
              name: 'base',
              test: /node_modules|packages.contracts|src.storage.cell/,
              tags: ['$initial'],
            },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  test: {
    name: 'web',
    environment: 'jsdom',
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
  },
});
