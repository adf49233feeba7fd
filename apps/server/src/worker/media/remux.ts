import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WHOLE_MEDIA_TIMEOUT_MS, type Jobs } from '../engine/jobs.ts';

/**
 * Moves the streams of a file into the container that its name says, without encoding; yt-dlp trusts the name and does not check
 * the content. False when the streams do not fit; the file is then unchanged.
 */
export async function remuxAsNamed(
  jobs: Jobs,
  path: string,
  container: 'mp4' | 'mkv' | 'webm',
): Promise<boolean> {
  const target = join(dirname(path), `remuxed.${container}`);
  const { exit } = await jobs.runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-y', '-v', 'error', '-i', `file:${path}`],
      ...['-map', '0', '-dn', '-ignore_unknown', '-c', 'copy'],
      ...(container === 'mp4' ? ['-movflags', '+faststart'] : []),
      `file:${target}`,
    ],
    () => undefined,
    WHOLE_MEDIA_TIMEOUT_MS,
  );
  if (exit.status === 0) await rename(target, path);
  else await rm(target, { force: true });
  return exit.status === 0;
}
