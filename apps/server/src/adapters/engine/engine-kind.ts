import type { DownloadOptions } from '@artemis/contracts';
import type { TaskEngine } from '../../worker/task.ts';

/** Whether all traffic of the download goes through our forward proxy, and not only the traffic of ffmpeg. */
export function needsProxyForAll(options: DownloadOptions, kind: TaskEngine['kind']): boolean {
  return options.proxy !== undefined || kind === 'binary';
}

/** A standalone yt-dlp would put cookies into the command line of ffmpeg, which other users can read. */
export function mayHaveCookies(kind: TaskEngine['kind']): boolean {
  return kind !== 'binary';
}
