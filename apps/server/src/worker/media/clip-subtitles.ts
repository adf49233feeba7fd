import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Jobs } from '../engine/jobs.ts';
import type { SectionPlan } from '../plan/plan.ts';

/**
 * Cuts subtitles to the downloaded section; yt-dlp leaves them for the whole video. Removes subtitles that cannot be cut, because
 * they would appear at the wrong time.
 */
export async function clipSubtitles(
  jobs: Jobs,
  workFolder: string,
  { startSeconds, endSeconds }: SectionPlan,
): Promise<void> {
  for (const name of await readdir(workFolder)) {
    const format = /^media\.[A-Za-z0-9_-]+\.(vtt|srt)$/.exec(name)?.[1];
    if (format === undefined) continue;
    const source = join(workFolder, name);
    const target = join(workFolder, `clip.${format}`);
    const { exit } = await jobs.runTool('ffmpeg', [
      ...['-nostdin', '-y', '-v', 'error'],
      ...['-ss', String(startSeconds), '-i', `file:${source}`],
      ...['-t', String(endSeconds - startSeconds), `file:${target}`],
    ]);
    if (exit.status === 0) await rename(target, source);
    else await rm(source, { force: true });
  }
}
