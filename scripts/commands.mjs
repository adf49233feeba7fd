import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSettings } from './settings.mjs';
import { repositoryDir } from './steps.mjs';
import { runTests } from './test-run.mjs';
import { ensureChromium, ensureTools } from './tools.mjs';
import { buildServer, buildWeb, installDependencies } from './workspace.mjs';

/** Sets up what is missing, then becomes the server: same process, so signals and the exit code are its own. */
export async function start() {
  await installDependencies();
  await buildServer();
  await buildWeb();
  await ensureTools(await readSettings({ usesDotenv: true }));
  await import(pathToFileURL(join(repositoryDir, 'apps/server/dist/main.js')).href);
}

/** Sets up what is missing and runs every check; the last line says `N passed, N failed`. */
export async function test() {
  await installDependencies();
  await buildServer();
  await buildWeb();
  // The tests must not depend on how the server of this checkout is configured.
  const settings = await readSettings({ usesDotenv: false });
  await ensureTools(settings);
  await ensureChromium(settings);
  await runTests();
}
