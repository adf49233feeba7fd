import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { Jobs } from './jobs.ts';

/** Does not begin like the parts, so that it is never taken for one. */
const JOINED = 'recording.mp4';
const FINISHED = 'media.mp4';

/**
 * Cuts a recording that yt-dlp has finished to its longest length: a live stream gives its last seconds at once, so that
 * more was recorded than time has passed. Returns its path, or null.
 */
export async function cutRecording(
  jobs: Jobs,
  path: string,
  maxSeconds: number,
): Promise<string | null> {
  const target = join(dirname(path), `recording${extname(path)}`);
  const { exit } = await jobs.runTool('ffmpeg', [
    ...['-nostdin', '-y', '-v', 'error', '-protocol_whitelist', 'file', '-i', `file:${path}`],
    ...['-map', '0', '-dn', '-ignore_unknown', '-c', 'copy', '-t', String(maxSeconds)],
    `file:${target}`,
  ]);
  if (exit.status !== 0) return null;
  await rename(target, path);
  return path;
}

/**
 * Makes a file of what a live stream has left when its recording was ended. yt-dlp is interrupted in the middle,
 * so what lies there is MPEG-TS under another name, or picture and sound apart. Returns its path, or null.
 */
export async function finishRecording(
  jobs: Jobs,
  jobFolder: string,
  maxSeconds: number,
): Promise<string | null> {
  const names = await readdir(jobFolder);
  const parts = names.filter((name) => /^media(\.f[^/]+)?\.\w+(\.part)?$/.test(name)).sort();
  const streams = parts.filter((name) => name.startsWith('media.f'));
  const inputs = streams.length > 0 ? streams : parts.slice(0, 1);
  if (inputs.length === 0) return null;
  const { exit } = await jobs.runTool('ffmpeg', [
    ...['-nostdin', '-y', '-v', 'error'],
    ...inputs.flatMap((name) => [
      '-protocol_whitelist',
      'file',
      '-i',
      `file:${join(jobFolder, name)}`,
    ]),
    ...inputs.flatMap((_, index) => ['-map', String(index)]),
    ...['-dn', '-ignore_unknown', '-c', 'copy', '-t', String(maxSeconds)],
    ...['-movflags', '+faststart', `file:${join(jobFolder, JOINED)}`],
  ]);
  if (exit.status !== 0) return null;
  for (const name of names) {
    if (name.startsWith('media.') && (parts.includes(name) || name.startsWith('media.temp'))) {
      await rm(join(jobFolder, name), { force: true });
    }
  }
  const path = join(jobFolder, FINISHED);
  await rename(join(jobFolder, JOINED), path);
  return path;
}
