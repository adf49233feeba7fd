import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SetupError, mustRun } from './steps.mjs';

const npmMs = 120_000;
/** Where Deno looks for a package when nobody names another registry, as in a job. */
const usualRegistry = 'registry.npmjs.org';

/**
 * Fetches what the solver scripts of a yt-dlp import, in the versions that they name, and puts it into `folder`: whole or
 * not at all. yt-dlp checks the scripts themselves by their hashes.
 * @param {{ deno: string, script: string, folder: string }} options `script`: the text that imports them
 */
export async function fetchSolverLibraries({ deno, script, folder }) {
  await mkdir(dirname(folder), { recursive: true });
  const workDir = await mkdtemp(join(dirname(folder), '.new-'));
  try {
    const file = join(workDir, 'libraries.js');
    await writeFile(file, script);
    const isolation = ['--no-lock', '--no-config', '--node-modules-dir=none', '--ext=js'];
    await mustRun(
      deno,
      ['cache', ...isolation, file],
      'The scripts that solve challenges of YouTube could not be fetched from the npm registry.',
      {
        env: { ...registryEnvironment(), DENO_DIR: workDir, DENO_NO_UPDATE_CHECK: '1' },
        timeoutMs: npmMs,
      },
    );
    const copy = join(workDir, 'copy');
    await mkdir(copy);
    await rename(join(workDir, 'npm'), join(copy, 'npm'));
    await nameRegistry(join(copy, 'npm'));
    await rm(folder, { recursive: true, force: true });
    await rename(copy, folder);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** npm tells its scripts of a registry that was set; Deno reads it under another name. */
function registryEnvironment() {
  const registry = process.env['NPM_CONFIG_REGISTRY'] ?? process.env['npm_config_registry'];
  return registry === undefined ? process.env : { ...process.env, NPM_CONFIG_REGISTRY: registry };
}

/** Deno keeps packages below the address of their registry, and a job knows only the usual one. @param {string} npm */
async function nameRegistry(npm) {
  if ((await readdir(npm)).includes(usualRegistry)) return;
  const registry = (await readdir(npm, { recursive: true })).find(
    (path) => basename(path) === 'registry.json',
  );
  if (registry === undefined) throw new SetupError('Deno has fetched nothing.');
  await rename(join(npm, dirname(dirname(registry))), join(npm, usualRegistry));
}

/**
 * Installs Deno where npm has left it out of our dependencies (`--omit=optional`, or a network that failed meanwhile).
 * @param {{ toolsDir: string, version: string }} options
 */
export async function installDeno({ toolsDir, version }) {
  const folder = join(toolsDir, 'deno');
  await mkdir(folder, { recursive: true });
  // Else npm looks for the next package above, which is ours.
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  await mustRun(
    'npm',
    [
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `deno@${version}`,
    ],
    'Deno could not be installed from the npm registry.',
    { cwd: folder, timeoutMs: npmMs },
  );
}
