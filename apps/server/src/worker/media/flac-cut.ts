import { rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { Jobs } from '../engine/jobs.ts';

/**
 * Encodes a piece of FLAC anew, which loses nothing: ffmpeg copies the head of the whole into a piece that it cuts out,
 * and with it the length and the checksum of the whole. Other files stay as they are. False when it cannot be read.
 */
export async function renewFlacCut(jobs: Jobs, path: string): Promise<boolean> {
  if (extname(path).toLowerCase() !== '.flac') return true;
  const target = join(dirname(path), 'renewed.flac');
  const { exit } = await jobs.runTool('ffmpeg', [
    ...['-nostdin', '-y', '-v', 'error', '-i', `file:${path}`],
    ...['-map', '0', '-c', 'copy', '-c:a', 'flac', `file:${target}`],
  ]);
  if (exit.status === 0) await rename(target, path);
  else await rm(target, { force: true });
  return exit.status === 0;
}
