import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf, isStamped, putStamp, unlessStamped } from './stamps.mjs';
import { SetupError, mustRun, repositoryDir, run, say, step } from './steps.mjs';

/** Without these npm waits 71 s when there is no network. */
const impatientNetwork = {
  npm_config_fetch_retries: '1',
  npm_config_fetch_retry_mintimeout: '500',
  npm_config_fetch_retry_maxtimeout: '1000',
};
const networkTrouble =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL/;

/** Installs the locked dependencies when they differ from those of the last start. */
export async function installDependencies() {
  const hash = await hashOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...(await manifests())]);
  const stamp = { name: 'installed', hash, product: 'node_modules/typescript' };
  if (await isStamped(stamp)) return;
  const { packageManager } = JSON.parse(
    await readFile(join(repositoryDir, 'package.json'), 'utf8'),
  );
  const installed = await step(`Installing dependencies (${packageManager})`, () =>
    install(packageManager),
  ).catch(continueWithOldOnes);
  if (installed) await putStamp(stamp.name, stamp.hash);
}

async function manifests() {
  const folders = await Promise.all(
    ['packages', 'apps'].map(async (group) =>
      (await readdir(join(repositoryDir, group))).map((name) => `${group}/${name}/package.json`),
    ),
  );
  return ['package.json', ...folders.flat().sort()];
}

/** @param {string} packageManager */
async function install(packageManager) {
  const env = {
    ...process.env,
    ...impatientNetwork,
    // The tools that build are development dependencies, and nothing may ask a question.
    NODE_ENV: 'development',
    CI: 'true',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    npm_config_manage_package_manager_versions: 'false',
    npm_config_update_notifier: 'false',
  };
  const pnpm = await pnpmCommand(packageManager, env);
  const [command = '', ...args] = [...pnpm, 'install', '--frozen-lockfile', '--prefer-offline'];
  const { exitCode, output } = await run(command, args, { env });
  if (exitCode === 0) return true;
  if (!networkTrouble.test(output)) {
    throw new SetupError('The dependencies could not be installed.', output);
  }
  throw new SetupError(
    'The package registry cannot be reached. Connect this computer to the network once and run the same command again.',
  );
}

/** @param {string} packageManager @param {NodeJS.ProcessEnv} env */
async function pnpmCommand(packageManager, env) {
  const wanted = /^pnpm@(\d+)\./.exec(packageManager)?.[1];
  const { exitCode, stdout } = await run('pnpm', ['--version'], { env, timeoutMs: 10_000 });
  if (exitCode === 0 && stdout.trim().split('.')[0] === wanted) return ['pnpm'];
  return ['npx', '--yes', packageManager];
}

/** @param {unknown} error */
function continueWithOldOnes(error) {
  if (!(error instanceof SetupError) || error.details !== '') throw error;
  if (!existsSync(join(repositoryDir, 'node_modules/typescript'))) throw error;
  say(
    'The package registry cannot be reached. Continuing with the dependencies of an earlier start.',
  );
  return false;
}

const shared = ['pnpm-lock.yaml', 'tsconfig.base.json', 'packages/contracts'];

function hashOfServer() {
  return hashOf([...shared, 'apps/server/src', 'apps/server/tsconfig.json']);
}

/**
 * For work that builds the server among other things: afterwards `buildServer` has nothing to do.
 * @param {() => Promise<boolean>} work resolves to whether the server is built
 */
export async function buildServerBy(work) {
  const hash = await hashOfServer();
  const isBuilt = await work();
  if (isBuilt) await putStamp('server', hash);
  return isBuilt;
}

export async function buildServer() {
  const hash = await hashOfServer();
  await unlessStamped({ name: 'server', hash, product: 'apps/server/dist' }, () =>
    step('Building the server', () =>
      mustRun(
        process.execPath,
        // Checking the types would take several times as long; `npm test` does it.
        ['node_modules/@typescript/native/bin/tsc', '-b', '--noCheck', 'apps/server'],
        'The server could not be built.',
      ),
    ),
  );
}

export async function buildWeb() {
  const hash = await hashOf([...shared, 'apps/web']);
  await unlessStamped({ name: 'web', hash, product: 'apps/web/dist/index.html' }, () =>
    step('Building the web page', () =>
      mustRun(
        process.execPath,
        ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'],
        'The web page could not be built.',
        { cwd: join(repositoryDir, 'apps/web') },
      ),
    ),
  );
}
