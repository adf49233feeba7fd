// Run by the server (adapters/engines/fetch.ts): one request as JSON on stdin, one answer as JSON on stdout.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { acquireYtDlp } from './acquire-yt-dlp.mjs';
import { SetupError } from './steps.mjs';
import { ensureSolverOf } from './tools.mjs';
import { isStale, triedVersion } from './yt-dlp-age.mjs';
import { NotNewer } from './yt-dlp-release.mjs';

/**
 * @typedef {{ toolsDir: string, python: string, channel: 'stable' | 'nightly', version?: string, newerThan?: string, source?: import('./yt-dlp-release.mjs').ReleaseSource }} FetchRequest
 */

// Nobody waits for the answer of one whose server was killed.
const endWithServer = () => process.kill(-process.pid, 'SIGKILL');
process.on('disconnect', endWithServer);
process.channel?.unref();
if (process.connected === false) endWithServer();

/** @type {FetchRequest} */
const request = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await answer()));

async function answer() {
  try {
    const from = await acquireYtDlp({
      ...request,
      oldestVersion: triedVersion,
      isStale: request.version === undefined ? isStale : () => false,
    });
    const version = from.slice(from.lastIndexOf(' ') + 1);
    const names = await readdir(join(request.toolsDir, 'yt-dlp'));
    if (!names.includes(version))
      throw new SetupError(`yt-dlp ${version} was fetched but is not in its folder.`);
    const debian = join(request.toolsDir, 'yt-dlp', version, 'usr/lib/python3/dist-packages');
    if (existsSync(debian)) await ensureSolverOf({ ...request, modules: debian });
    return { kind: 'fetched', version };
  } catch (error) {
    if (error instanceof NotNewer) return { kind: 'nothing_newer' };
    return { kind: 'failed', ...wordsOf(error) };
  }
}

/** With a code where the server has the sentence. @param {unknown} error */
function wordsOf(error) {
  const { code } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return { code: 'FETCH_DISK_FULL' };
  if (['EACCES', 'EPERM', 'EROFS'].includes(code ?? '')) {
    return { code: 'FETCH_FOLDER_READ_ONLY', values: { folder: request.toolsDir } };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}
