import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { say, areEntriesWanted, type Selection } from '@artemis/contracts';
import type { Attempt } from '../run/attempt.ts';
import { isHlsRefusal, isLinkRefused } from '../failure/failure.ts';
import { partialBytes } from '../work-folder/folder-files.ts';
import { asFound, asWholePage, isOneOfPage } from '../probe/entry-of-page.ts';
import type { Listing } from '../probe/listing.ts';
import type { Task } from '../task.ts';
import { failedPart, leftOutSentence, misnamedThumbnail } from './optional-parts.ts';
import { asSingle, planOf, type DownloadPlan, type OptionalPart } from '../plan/plan.ts';
import { wipeAllButSegments, wipeButRecorded } from '../work-folder/resume-state.ts';
import type { RunResult } from '../run/run-result.ts';

const MAX_STARTS_FROM_ZERO = 2;
/** Runs in which ffmpeg fetches the media: ffmpeg tries a segment once, yt-dlp six times. */
const MAX_FFMPEG_RUNS = 3;
/** Enough for links that expire after an hour, in a download of several hours. */
const MAX_RENEWALS = 4;

/** What an attempt has learned from its runs of yt-dlp; the next run differs in this. */
export interface Course {
  selection: Selection;
  readonly leftOut: Set<OptionalPart>;
  isTlsVerifiedByFfmpeg: boolean;
  isHlsByFfmpeg: boolean;
  allowsHttps: boolean;
  /** The run begins with the page information that a probe has read. */
  isInfoKnown: boolean;
  startsFromZero: number;
  spoiltRuns: number;
  renewals: number;
  renewedAtBytes: number;
}

export function beginCourse({ url, selection: asked, knownInfo }: Task): Course {
  const selection = isOneOfPage(asked) ? asWholePage(asked) : asked;
  return {
    selection,
    leftOut: new Set(),
    isTlsVerifiedByFfmpeg: url.startsWith('https:'),
    isHlsByFfmpeg: false,
    allowsHttps: false,
    isInfoKnown: knownInfo !== null && !planOf(selection).isFlat,
    startsFromZero: 0,
    spoiltRuns: 0,
    renewals: 0,
    renewedAtBytes: 0,
  };
}

export interface EndedRun {
  readonly attempt: Attempt;
  readonly course: Course;
  readonly plan: DownloadPlan;
  readonly listing: Listing | null;
  readonly result: RunResult;
  readonly isWhole: boolean;
}

/** Tells whether this reason applies. If so, the course of the next run is set and the work folder is ready for it. */
type Reason = (run: EndedRun) => boolean | Promise<boolean>;

/** In the order in which they are tried; the first that applies decides. */
const REASONS: readonly Reason[] = [
  isHttpsNeeded,
  hasKnownInfoExpired,
  isPlainStreamOfHttpsPage,
  isHlsRefusedByYtDlp,
  hasPartFailed,
  haveLinksExpired,
  isEntryFound,
  isNoList,
  isSpoiltByFfmpeg,
];

/** Why another run is needed, if at all. Null: this run decides. `given-up`: the media has changed too often. */
export async function reasonToRunAgain(run: EndedRun): Promise<'again' | 'given-up' | null> {
  if (run.result.end === 'changed') return startFromZero(run);
  for (const applies of REASONS) {
    if (await applies(run)) return 'again';
  }
  return null;
}

async function startFromZero({ attempt, course }: EndedRun): Promise<'again' | 'given-up'> {
  course.startsFromZero += 1;
  if (course.startsFromZero > MAX_STARTS_FROM_ZERO) return 'given-up';
  attempt.reporter.log('warn', say('FILE_OF_SITE_CHANGED'));
  await wipeButRecorded(attempt.task.workFolder);
  return 'again';
}

function isHttpsNeeded({ attempt, course, result }: EndedRun): boolean {
  if (result.end !== 'needs-https' || course.allowsHttps) return false;
  course.allowsHttps = attempt.task.engine.restrictsConnections;
  return course.allowsHttps;
}

/** The run ended by itself or because of a part, and left no whole file. */
function hasFailed({ isWhole, result }: EndedRun): boolean {
  return !isWhole && (result.end === null || result.end === 'part-failed');
}

function hasKnownInfoExpired(run: EndedRun): boolean {
  const { attempt, course } = run;
  if (!hasFailed(run) || !course.isInfoKnown) return false;
  // Most likely its links have expired. Whatever the reason is, the site is asked now.
  course.isInfoKnown = false;
  attempt.reporter.log('info', say('PAGE_INFO_EXPIRED'));
  return true;
}

function isPlainStreamOfHttpsPage(run: EndedRun): boolean {
  const { course, result } = run;
  if (!hasFailed(run) || !course.isTlsVerifiedByFfmpeg) return false;
  // The page came over https, but the stream comes over plain http, which has no certificate to check.
  if (!result.lines.includes('Option tls_verify not found.')) return false;
  course.isTlsVerifiedByFfmpeg = false;
  return true;
}

async function isHlsRefusedByYtDlp(run: EndedRun): Promise<boolean> {
  const { attempt, course, result } = run;
  if (!hasFailed(run) || course.isHlsByFfmpeg || !result.lines.some(isHlsRefusal)) return false;
  course.isHlsByFfmpeg = true;
  attempt.reporter.log('info', say('STREAM_LEFT_TO_FFMPEG'));
  await wipeAllButSegments(attempt.task.workFolder);
  return true;
}

async function hasPartFailed(run: EndedRun): Promise<boolean> {
  const { attempt, course, plan, result } = run;
  if (!hasFailed(run)) return false;
  const part = failedPart(result, plan, course.leftOut);
  if (part === null || course.leftOut.has(part)) return false;
  course.leftOut.add(part);
  attempt.reporter.log('warn', leftOutSentence(part));
  const misnamed = part === 'thumbnail' ? misnamedThumbnail(result.lines) : null;
  if (misnamed !== null) await rm(join(attempt.task.workFolder, misnamed), { force: true });
  return true;
}

async function haveLinksExpired({ attempt, course, result, isWhole }: EndedRun): Promise<boolean> {
  const mayRenew = !isWhole && result.end === null && course.renewals < MAX_RENEWALS;
  if (!mayRenew || !isLinkRefused(result)) return false;
  const bytes = await partialBytes(attempt.task.workFolder);
  if (bytes <= course.renewedAtBytes) return false;
  course.renewals += 1;
  course.renewedAtBytes = bytes;
  attempt.reporter.log('info', say('LINKS_EXPIRED'));
  return true;
}

function isEntryFound({ attempt: { task }, course, listing, isWhole }: EndedRun): boolean {
  if (!isWhole || listing === null || !isOneOfPage(task.selection)) return false;
  const found = asFound(task.selection, listing);
  course.selection = found ?? course.selection;
  return found !== null;
}

function isNoList({ attempt, course, listing, isWhole }: EndedRun): boolean {
  if (!isWhole || listing?.isList !== false || isOneOfPage(attempt.task.selection)) return false;
  const { format_preset: preset, options } = course.selection;
  if (!areEntriesWanted(preset, options)) return false;
  attempt.reporter.log('info', say('LINK_IS_NO_LIST'));
  course.selection = asSingle(course.selection);
  return true;
}

async function isSpoiltByFfmpeg({
  attempt,
  course,
  result,
  listing,
  isWhole,
}: EndedRun): Promise<boolean> {
  const { task, reporter } = attempt;
  if (!result.isSpoilt || task.isKeptIncomplete || (isWhole && listing !== null)) return false;
  course.spoiltRuns += 1;
  await wipeButRecorded(task.workFolder);
  if (result.end !== null || course.spoiltRuns >= MAX_FFMPEG_RUNS) return false;
  if (result.isSegmentForbidden) return false;
  reporter.log('warn', say('SEGMENT_WAS_SKIPPED'));
  return true;
}
