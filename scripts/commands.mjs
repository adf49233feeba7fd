import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSettings } from './settings.mjs';
import { explain, repositoryDir } from './steps.mjs';
import { endSetUpOnSignals } from './stop-signals.mjs';
import { runChecksAndTests, summarize } from './test-run.mjs';
import { ensureChromium, ensureFaketime, ensureTools } from './tools.mjs';
import { buildServer, buildWeb, installDependencies } from './workspace.mjs';

/** Sets up what is missing, then becomes the server: same process, so signals and the exit code are its own. */
export async function start() {
  endSetUpOnSignals();
  await installDependencies();
  await buildServer();
  await buildWeb();
  await ensureTools(await readSettings({ usesDotenv: true }));
  await import(pathToFileURL(join(repositoryDir, 'apps/server/dist/main.js')).href);
}

/**
 * Sets up what is missing and runs every check. The last line on stdout says `N passed, N failed`, also
 * when the set-up itself failed, which counts as a failure.
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
  await attempt('installation', installDependencies);
  if (failed.length > 0) return summarize({ passed: 0, failed: 0 }, failed);
  await attempt('server build', buildServer);
  await attempt('web build', buildWeb);
  await attempt('tools', () => ensureTools(settings));
  await attempt('browser', () => ensureChromium(settings));
  await attempt('libfaketime', () => ensureFaketime(settings));
  const isBuilt = !failed.includes('server build');
  const { failedChecks, tests } = await runChecksAndTests({ isBuilt });
  summarize(tests, [...failed, ...failedChecks]);
}
