import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { acquireYtDlp, mayTryAgain } from './acquire-yt-dlp.mjs';
import { canInstall, installPackages } from './debian.mjs';
import { repositoryDir, run, say, step } from './steps.mjs';

/**
 * Finds yt-dlp, Python and ffmpeg, and gets what is missing where that is allowed and possible. Never
 * fails: the server starts without them and says the same sentences in its readiness answer.
 * @param {import('./settings.mjs').Settings} settings
 */
export async function ensureTools(settings) {
  const server = await import(
    pathToFileURL(join(repositoryDir, 'apps/server/dist/adapters/tools.js')).href
  );
  const find = () =>
    server.findTools({
      ...settings,
      searchPath: process.env.PATH ?? '',
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
    const isStale = found.ytDlp !== null && server.isStale(found.ytDlp.version);
    const isWanted = settings.ytDlpPath === undefined && (found.ytDlp === null || isStale);
    // An old one still works for many sites, so it is not worth a wait at every start.
    if (isWanted && (!isStale || (await mayTryAgain(settings.toolsDir)))) {
      await step(`Getting yt-dlp ${server.PINNED_YTDLP_VERSION} or newer`, () =>
        acquireYtDlp({
          toolsDir: settings.toolsDir,
          python: found.python?.path ?? 'python3',
          oldestVersion: server.PINNED_YTDLP_VERSION,
          isStale: server.isStale,
        }),
      ).then(
        (source) => say(`  from ${source}`),
        (error) => say(`  ${error.message}`),
      );
      isChanged = true;
    }
    if (isChanged) found = await find();
  }
  for (const { message, remedy } of found.problems) say(`${message} To mend it: ${remedy}`);
}

/** @param {import('./settings.mjs').Settings} settings */
export async function ensureChromium(settings) {
  if ((await run('chromium', ['--version'], { timeoutMs: 10_000 })).exitCode === 0) return;
  if (settings.mayInstall && (await tryInstall(['chromium']))) return;
  say(
    'Chromium was not found; the browser tests need it. To mend it: sudo apt-get install chromium',
  );
}

/**
 * A library that gives a server under test another clock.
 * @param {import('./settings.mjs').Settings} settings
 */
export async function ensureFaketime(settings) {
  const folders = await readdir('/usr/lib').catch(() => []);
  if (folders.some((name) => existsSync(`/usr/lib/${name}/faketime/libfaketime.so.1`))) return;
  if (settings.mayInstall && (await tryInstall(['libfaketime']))) return;
  say(
    'libfaketime was not found; the tests of wrong clocks need it. To mend it: sudo apt-get install libfaketime',
  );
}

/** @param {{ ffmpeg: object | null, ffprobe: object | null }} found */
function needsFfmpeg({ ffmpeg, ffprobe }) {
  return ffmpeg === null || ffprobe === null;
}

/** @param {string[]} packages */
async function tryInstall(packages) {
  if (!(await canInstall())) return false;
  return step(
    `Installing ${packages.join(' and ')} with apt-get (ARTEMIS_SETUP=off forbids this)`,
    () => installPackages(packages),
  ).then(
    () => true,
    (error) => {
      say(`  ${error.message}`);
      return false;
    },
  );
}
