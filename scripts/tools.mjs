import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { acquireYtDlp, mayTryAgain } from './acquire-yt-dlp.mjs';
import { canInstall, installPackages } from './debian.mjs';
import { fetchSolverLibraries, installDeno } from './solver.mjs';
import { SetupError, allOf, repositoryDir, run, say, step } from './steps.mjs';
import { isStale, triedVersion } from './yt-dlp-age.mjs';

/** @typedef {import('./settings.mjs').Settings} Settings */

/**
 * Gets what a fresh machine obviously lacks. Runs beside the installation, before the server's finder of tools is built.
 * Never fails.
 * @param {Settings} settings
 * @returns {Promise<{ hasTriedYtDlp: boolean }>} for `ensureTools`
 */
export async function prefetchTools(settings) {
  if (!settings.mayInstall) return { hasTriedYtDlp: false };
  const packages = [
    ...(settings.pythonPath === undefined && !isOnPath('python3') ? ['python3'] : []),
    ...(settings.ffmpegPath === undefined && !['ffmpeg', 'ffprobe'].every(isOnPath)
      ? ['ffmpeg']
      : []),
  ];
  const copies = await readdir(join(settings.toolsDir, 'yt-dlp')).catch(() => []);
  const hasTriedYtDlp =
    settings.ytDlpPath === undefined &&
    !isOnPath('yt-dlp') &&
    !copies.some((name) => !name.startsWith('.'));
  const installed = packages.length > 0 ? tryInstall(packages) : Promise.resolve();
  // Unpacking yt-dlp needs Python.
  if (packages.includes('python3')) await installed;
  await allOf([
    installed,
    hasTriedYtDlp ? tryAcquire(settings, settings.pythonPath ?? 'python3') : Promise.resolve(),
  ]);
  return { hasTriedYtDlp };
}

/**
 * Finds yt-dlp, Python, ffmpeg and what YouTube needs, and gets what is missing if that is allowed and possible. Never
 * fails: the server starts without them, and `/readyz` says the same sentences.
 * @param {Settings} settings
 * @param {{ hasTriedYtDlp?: boolean, wantsNewer?: boolean }} [state]
 */
export async function ensureTools(settings, { hasTriedYtDlp = false, wantsNewer = false } = {}) {
  const server = await serverModule('tools');
  const find = () =>
    server.findTools({
      ...settings,
      searchPath: process.env['PATH'] ?? '',
      nodeExecPath: process.execPath,
      nodeVersion: process.versions.node,
    });
  let found = await find();

  if (settings.mayInstall) {
    const packages = [
      ...(found.python === null && settings.pythonPath === undefined ? ['python3'] : []),
      ...(needsFfmpeg(found) && settings.ffmpegPath === undefined ? ['ffmpeg'] : []),
    ];
    let isChanged = packages.length > 0 && (await tryInstall(packages));
    if (isChanged) found = await find();
    const version = found.ytDlp?.version;
    const isOld = version !== undefined && isStale(version);
    const isWanted =
      settings.ytDlpPath === undefined && (version === undefined || isOld || wantsNewer);
    // An old yt-dlp still works for many sites, so not every start waits for a newer one.
    const isTime = wantsNewer || version === undefined || (await mayTryAgain(settings.toolsDir));
    if (isWanted && isTime && !hasTriedYtDlp) {
      await tryAcquire(settings, found.python?.path ?? 'python3', wantsNewer ? version : undefined);
      isChanged = true;
    }
    if (isChanged) found = await find();
    if (await ensureSolver(settings, found)) found = await find();
  }
  for (const { message, remedy } of found.problems) say(`${message} To fix this: ${remedy}`);
  return found.problems.length === 0;
}

/**
 * Gets only the solver libraries, for a copy of yt-dlp that was fetched beside the running ones: without them it would fail
 * its trial.
 * @param {{ toolsDir: string, modules: string }} copy `modules`: the folder that holds its `yt_dlp`
 */
export async function ensureSolverOf({ toolsDir, modules }) {
  const { findTools } = await serverModule('tools');
  const found = await findTools({
    toolsDir,
    ytDlpPath: modules,
    searchPath: process.env['PATH'] ?? '',
    nodeExecPath: process.execPath,
    nodeVersion: process.versions.node,
  });
  await ensureSolver({ toolsDir }, found);
}

/**
 * Gets what YouTube needs besides yt-dlp: a JavaScript runtime, and the scripts that some copies of yt-dlp lack.
 * @param {Pick<Settings, 'toolsDir'>} settings
 * @param {{ jsRuntime: { name: string, path: string } | null, solverLibraries: string | null, ytDlp: { kind: string, hasEjs: boolean, solverScript: string | null } | null }} found
 * @returns {Promise<boolean>} whether something has changed
 */
async function ensureSolver({ toolsDir }, { jsRuntime, solverLibraries, ytDlp }) {
  const [{ denoIn, isDenoOffered }, { solverFolder }] = await Promise.all([
    serverModule('js-runtimes'),
    serverModule('solver-libraries'),
  ]);
  let deno = jsRuntime?.name === 'deno' ? jsRuntime.path : null;
  let isChanged = false;
  if (deno === null && isDenoOffered()) {
    isChanged = await attempt('Installing Deno, which solves the challenges of YouTube', async () =>
      installDeno({ toolsDir, version: await denoVersion() }),
    );
    if (isChanged) deno = denoIn(toolsDir);
  }
  const script = ytDlp?.hasEjs === false && ytDlp.kind === 'module' ? ytDlp.solverScript : null;
  if (deno === null || script === null || solverLibraries !== null) return isChanged;
  const program = deno;
  return (
    (await attempt('Getting the scripts that solve the challenges of YouTube', () =>
      fetchSolverLibraries({ deno: program, script, folder: solverFolder(toolsDir, script) }),
    )) || isChanged
  );
}

/** The version in the catalog of our dependencies. */
async function denoVersion() {
  const text = await readFile(join(repositoryDir, 'pnpm-workspace.yaml'), 'utf8');
  const version = /^ {2}deno: (\S+)$/m.exec(text)?.[1];
  if (version === undefined) throw new SetupError('pnpm-workspace.yaml names no version of Deno.');
  return version;
}

/** @param {Settings} settings */
export async function ensureChromium(settings) {
  if ((await run('chromium', ['--version'], { timeoutMs: 10_000 })).exitCode === 0) return;
  if (settings.mayInstall && (await tryInstall(['chromium']))) return;
  say(
    'Chromium was not found; the browser tests need it. To fix this, run: sudo apt-get install chromium',
  );
}

/**
 * libfaketime gives a server under test another clock.
 * @param {Settings} settings
 */
export async function ensureFaketime(settings) {
  const folders = await readdir('/usr/lib').catch(() => []);
  if (folders.some((name) => existsSync(`/usr/lib/${name}/faketime/libfaketime.so.1`))) return;
  if (settings.mayInstall && (await tryInstall(['libfaketime']))) return;
  say(
    'libfaketime was not found; the tests of wrong clocks need it. To fix this, run: sudo apt-get install libfaketime',
  );
}

/** @param {string} name of a file that finds tools, in the built server */
function serverModule(name) {
  return import(
    pathToFileURL(join(repositoryDir, `apps/server/dist/adapters/tools/${name}.js`)).href
  );
}

/** @param {string} name */
function isOnPath(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** @param {{ ffmpeg: object | null, ffprobe: object | null }} found */
function needsFfmpeg({ ffmpeg, ffprobe }) {
  return ffmpeg === null || ffprobe === null;
}

/** @param {Settings} settings @param {string} python @param {string} [newerThan] */
async function tryAcquire({ toolsDir }, python, newerThan) {
  await attempt(`Getting yt-dlp ${triedVersion} or newer`, async () => {
    const options = { toolsDir, python, oldestVersion: triedVersion, isStale, newerThan };
    say(`  yt-dlp comes from ${await acquireYtDlp(options)}`);
  });
}

/** @param {string[]} packages */
async function tryInstall(packages) {
  if (!(await canInstall())) return false;
  return attempt(
    `Installing ${packages.join(' and ')} with apt-get (ARTEMIS_SETUP=off forbids this)`,
    () => installPackages(packages),
  );
}

/** Prints a failure and goes on. @param {string} title @param {() => Promise<unknown>} work */
function attempt(title, work) {
  return step(title, work).then(
    () => true,
    (error) => {
      say(`  ${error.message}`);
      return false;
    },
  );
}
