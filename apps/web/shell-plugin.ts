import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

export const SERVICE_WORKER = 'service-worker.js';

/** Writes the list of built files into the service worker, with a version that changes when one of them does. */
export function shellPlugin(): Plugin {
  let publicDir = '';
  return {
    name: 'artemis-shell',
    apply: 'build',
    enforce: 'post',
    configResolved: (config) => {
      ({ publicDir } = config);
    },
    generateBundle(_options, bundle) {
      const worker = bundle[SERVICE_WORKER];
      if (worker?.type !== 'chunk') return this.error('the service worker was not built');
      const page = bundle['index.html'];
      if (page?.type !== 'asset') return this.error('the page was not built');
      const ownNames = readdirSync(publicDir);
      const built = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
      const version = createHash('sha256');
      version.update(built.join()).update(page.source);
      for (const name of ownNames) version.update(readFileSync(join(publicDir, name)));
      // A call, because the bundler would write a bare name into every place that uses it.
      worker.code = worker.code.replace(
        'ARTEMIS_SHELL()',
        JSON.stringify({
          version: version.digest('hex').slice(0, 12),
          files: [...built, ...ownNames],
        }),
      );
    },
  };
}
