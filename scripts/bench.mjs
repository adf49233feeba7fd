// `pnpm bench engine [row…]` and the other files of bench/: builds the server, then measures the build.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryDir, say } from './steps.mjs';

const [name = '', ...args] = process.argv.slice(2);
const script = join(repositoryDir, 'bench', `${name}.ts`);

/** @param {string[]} nodeArgs */
function node(nodeArgs) {
  const { status } = spawnSync(process.execPath, nodeArgs, {
    cwd: repositoryDir,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

if (!/^[a-z]+$/.test(name) || !existsSync(script)) {
  say(
    'Name what to measure: pnpm bench engine [row…], api, web [row…], overload, soak, history or waiting.',
  );
  process.exit(2);
}
node(['node_modules/@typescript/native/bin/tsc', '-b', 'apps/server']);
if (name === 'web')
  node(['apps/web/node_modules/vite/bin/vite.js', 'build', 'apps/web', '--logLevel', 'warn']);
node(['--conditions=@artemis/source', '--import', 'tsx', script, ...args]);
