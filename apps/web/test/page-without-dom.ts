import type { Environment } from 'vitest/runtime';

/** Svelte's code for browsers, as the page runs it, without a DOM: jsdom takes longer to start than most files to run. */
const environment: Environment = {
  name: 'page-without-dom',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
};
export default environment;
