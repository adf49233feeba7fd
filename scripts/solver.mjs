import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SetupError, mustRun } from './steps.mjs';

const npmMs = 120_000;
/** The registry where Deno looks for a package by default, as it does during a download. */
const usualRegistry = 'registry.npmjs.org';

/**
 * Fetches the libraries that the solver scripts of a yt-dlp import, in the versions that they name, into `folder`: all of
 * them or none. yt-dlp checks the scripts themselves by their hashes.
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

/** npm passes a configured registry to its scripts in lower case; Deno reads the upper-case name. */
function registryEnvironment() {
  const registry = process.env['NPM_CONFIG_REGISTRY'] ?? process.env['npm_config_registry'];
  return registry === undefined ? process.env : { ...process.env, NPM_CONFIG_REGISTRY: registry };
}

/** Deno stores packages by the host of their registry, and a download knows only the usual one. @param {string} npm */
async function nameRegistry(npm) {
  if ((await readdir(npm)).includes(usualRegistry)) return;
  const registry = (await readdir(npm, { recursive: true })).find(
    (path) => basename(path) === 'registry.json',
  );
  if (registry === undefined) throw new SetupError('Deno fetched no packages.');
  await rename(join(npm, dirname(dirname(registry))), join(npm, usualRegistry));
}

/**
 * Installs Deno when npm has left it out of our dependencies (`--omit=optional`, or a network failure).
 * @param {{ toolsDir: string, version: string }} options
 */
export async function installDeno({ toolsDir, version }) {
  const folder = join(toolsDir, 'deno');
  await mkdir(folder, { recursive: true });
  // Without this file npm would use the next package.json above, which is ours.
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
