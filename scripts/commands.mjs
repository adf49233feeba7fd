import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSettings } from './settings.mjs';
import { SetupError, allOf, explain, repositoryDir } from './steps.mjs';
import { endSetUpOnSignals } from './stop-signals.mjs';
import { checkTypes, lintAndTestUnits, summarize, testWithProcesses, total } from './test-run.mjs';
import { ensureChromium, ensureFaketime, ensureTools, prefetchTools } from './tools.mjs';
import { buildServer, buildWeb, installDependencies } from './workspace.mjs';

/** Sets up what is missing, then becomes the server. It is the same process, so signals and the exit code are the server's. */
export async function start() {
  endSetUpOnSignals();
  const settings = await readSettings({ usesDotenv: true });
  const prefetched = prefetchTools(settings);
  await allOf([prefetched, installDependencies().then(build)]);
  await ensureTools(settings, await prefetched);
  await import(pathToFileURL(join(repositoryDir, 'apps/server/dist/main.js')).href);
}

function build() {
  return allOf([buildServer(), buildWeb()]);
}

/**
 * Gets the tools that `/readyz` reports as missing. A running server finds them by itself.
 * @param {{ wantsNewer: boolean }} options `wantsNewer`: get a newer yt-dlp even if the present one works
 */
export async function tools({ wantsNewer }) {
  endSetUpOnSignals();
  if (!existsSync(join(repositoryDir, 'apps/server/dist/adapters/tools/tools.js'))) {
    throw new SetupError('Artemis is not set up yet: run npm start once.');
  }
  const isWhole = await ensureTools(await readSettings({ usesDotenv: true }), { wantsNewer });
  if (!isWhole) process.exitCode = 1;
}

/**
 * Sets up what is missing and runs every check. The last line on stdout says `N passed, N failed`, even when the set-up
 * itself failed, which counts as a failure.
 */
export async function test() {
  // The tests must not depend on how the server of this checkout is configured.
  const settings = await readSettings({ usesDotenv: false });
  /** @type {string[]} */
  const failed = [];
  const attempt = async (/** @type {string} */ name, /** @type {() => Promise<void>} */ work) => {
    try {
      await work();
    } catch (error) {
      explain(error);
      failed.push(name);
    }
  };
  const prefetched = prefetchTools(settings);
  // Packages of the system: one after another, and beside all that needs none of them.
  const installed = prefetched
    .then(() => attempt('browser', () => ensureChromium(settings)))
    .then(() => attempt('libfaketime', () => ensureFaketime(settings)));
  await attempt('installation', installDependencies);
  if (failed.includes('installation')) {
    await installed;
    return summarize({ passed: 0, failed: 0 }, failed);
  }
  const [failedTypes] = await Promise.all([checkTypes(), attempt('web build', buildWeb)]);
  const beside = lintAndTestUnits();
  await installed;
  const state = await prefetched;
  await attempt('tools', async () => void (await ensureTools(settings, state)));
  const isBuilt = existsSync(join(repositoryDir, 'apps/server/dist/main.js'));
  const results = await testWithProcesses({ isBuilt });
  const { failedChecks, results: others } = await beside;
  summarize(total([...others, ...results]), [...failed, ...failedTypes, ...failedChecks]);
}
