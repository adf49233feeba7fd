// Run by the server (adapters/engines/fetch.ts): one request as JSON on stdin, one answer as JSON on stdout.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { acquireYtDlp } from './acquire-yt-dlp.mjs';
import { SetupError } from './steps.mjs';
import { isStale, triedVersion } from './yt-dlp-age.mjs';
import { NotNewer } from './yt-dlp-release.mjs';

/**
 * @typedef {{ toolsDir: string, python: string, channel: 'stable' | 'nightly', version?: string, newerThan?: string, source?: import('./yt-dlp-release.mjs').ReleaseSource }} FetchRequest
 */

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
    if (!names.includes(version)) throw new SetupError(`yt-dlp ${version} is not there.`);
    return { kind: 'fetched', version };
  } catch (error) {
    if (error instanceof NotNewer) return { kind: 'nothing_newer' };
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
