import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WarningCode } from '@artemis/contracts';
import { renewFlacCut } from './flac-cut.ts';
import type { Jobs } from '../engine/jobs.ts';
import { claimsOfPart } from './length-claims.ts';
import type { ChapterSpan } from '../output/output-lines.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import { verifyMedia } from './verify.ts';

/** In some streams a shorter piece has no packet. */
const LEAST_PART_SECONDS = 0.1;

export type CheckedParts =
  | { readonly warnings: readonly WarningCode[] }
  /** What is wrong with one of them. */
  | { readonly detail: string };

/** Checks the file of each chapter like the whole media, and removes files of chapters beyond the end of the media. */
export async function checkChapterParts(
  jobs: Jobs,
  workFolder: string,
  plan: DownloadPlan,
  chapters: readonly ChapterSpan[],
  wholeSeconds: number | null,
): Promise<CheckedParts> {
  const warnings: WarningCode[] = [];
  const names = chapters.length === 0 ? [] : (await readdir(workFolder)).sort();
  for (const name of names) {
    const number = Number(/^media-(\d{2,})\.\w+$/.exec(name)?.[1]);
    const chapter = chapters[number - 1];
    if (chapter === undefined) continue;
    const path = join(workFolder, name);
    const end = Math.min(chapter.endSeconds, wholeSeconds ?? Infinity);
    const seconds = end - chapter.startSeconds;
    if (seconds < LEAST_PART_SECONDS) {
      await rm(path, { force: true });
      continue;
    }
    if (!(await renewFlacCut(jobs, path))) return { detail: `Chapter ${number} cannot be read.` };
    const verdict = await verifyMedia(jobs, path, plan, claimsOfPart(seconds));
    if ('failure' in verdict) return { detail: `Chapter ${number}: ${verdict.detail}` };
    if (verdict.warnings.includes('DURATION_DIFFERS')) warnings.push('DURATION_DIFFERS');
  }
  return { warnings };
}
