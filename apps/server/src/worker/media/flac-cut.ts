import { rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { WHOLE_MEDIA_TIMEOUT_MS, type Jobs } from '../engine/jobs.ts';

/**
 * Re-encodes a piece of FLAC, which is lossless: ffmpeg gives a cut piece the header of the whole file, with the wrong length and
 * checksum. Does nothing to other files. False when the piece cannot be read.
 */
export async function renewFlacCut(jobs: Jobs, path: string): Promise<boolean> {
  if (extname(path).toLowerCase() !== '.flac') return true;
  const target = join(dirname(path), 'renewed.flac');
  const { exit } = await jobs.runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-y', '-v', 'error', '-i', `file:${path}`],
      ...['-map', '0', '-c', 'copy', '-c:a', 'flac', `file:${target}`],
    ],
    () => undefined,
    WHOLE_MEDIA_TIMEOUT_MS,
  );
  if (exit.status === 0) await rename(target, path);
  else await rm(target, { force: true });
  return exit.status === 0;
}
