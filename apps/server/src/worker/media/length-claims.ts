import type { FfmpegAccount } from '../output/ffmpeg-account.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan, SectionPlan } from '../plan/plan.ts';
import type { ListedSegments } from '../engine/engine-control.ts';

/** An inexact cut begins at the key frame before it, which may be this far away. */
const KEY_FRAME_SECONDS = 20;

/** Range of the duration of the finished file, in seconds. */
export interface ExpectedDuration {
  readonly least: number;
  readonly most: number;
}

/** What is known about a file before it is measured. */
export interface Claims {
  /** Duration stated by the page, which may be wrong; null when it states none, or the media is live. */
  readonly stated: ExpectedDuration | null;
  /** Duration that the file must have; a shorter file is a failure. */
  readonly promised: ExpectedDuration | null;
  /** The file is a stream joined from fragments; its header is that of the first fragment, or of another file. */
  readonly isJoined: boolean;
  /** The fragments were not counted, so that the time stamps must show whether one is missing. */
  readonly areFragmentsUncounted: boolean;
  /** Total duration of the fragments according to the manifest; null: not stated. */
  readonly listedSeconds: number | null;
  /** The fragments were counted, and the manifest declares no discontinuity. */
  readonly isTimeContinuous: boolean;
  /** All bytes of the source file on the server were received. */
  readonly isSourceWhole: boolean;
  /** The link leads to the file itself, so that a missing video track is missing on the site too. */
  readonly isLinkOfFile: boolean;
}

/** Nothing is known about the file. */
export const NO_CLAIMS: Claims = {
  stated: null,
  promised: null,
  isJoined: false,
  areFragmentsUncounted: false,
  listedSeconds: null,
  isTimeContinuous: false,
  isSourceWhole: false,
  isLinkOfFile: false,
};

export interface ClaimsEvidence {
  readonly plan: DownloadPlan;
  readonly video: VideoInfo;
  readonly ffmpeg: FfmpegAccount;
  /** Joined fragments were compared with their list. */
  readonly areFragmentsCounted: boolean;
  readonly areBytesComplete: boolean;
  /** What the manifests say about the streams that yt-dlp fetched in fragments. */
  readonly lists: readonly ListedSegments[];
}

export function claimsOf(evidence: ClaimsEvidence): Claims {
  const { plan, video, ffmpeg, areFragmentsCounted, lists } = evidence;
  if (video.isLive) return NO_CLAIMS;
  const { section } = plan;
  const isByFfmpeg = ffmpeg.inputs.length > 0;
  const isInPieces = !isByFfmpeg && section === null && isInFragments(video);
  return {
    stated: statedDuration(plan, video, ffmpeg),
    isSourceWhole: evidence.areBytesComplete,
    isLinkOfFile: video.fields['direct'] === true,
    promised: section === null ? null : clipPromise(section, ffmpeg),
    isJoined: isInPieces && video.formats.length === 1,
    areFragmentsUncounted: isInPieces && !areFragmentsCounted,
    listedSeconds: isInPieces ? listedSeconds(plan, lists) : null,
    isTimeContinuous:
      lists.length > 0 && lists.every(({ gaps, hasBreaks }) => gaps.count === 0 && !hasBreaks),
  };
}

/** Claims about a stored file that is written again. */
export function claimsOfStored(plan: DownloadPlan, video: VideoInfo): Claims {
  const stated = statedDuration(plan, video);
  const least = stated && stated.least - clipTolerance(stated.least);
  return { ...NO_CLAIMS, promised: least === null ? null : { least, most: Infinity } };
}

/** Claims about a piece that was cut out without encoding. */
export function claimsOfPart(seconds: number): Claims {
  const least = seconds - clipTolerance(seconds);
  const stated = widened(seconds, seconds + KEY_FRAME_SECONDS);
  return { ...NO_CLAIMS, stated, promised: { least, most: Infinity } };
}

export function isInFragments({ formats }: VideoInfo): boolean {
  return formats.some(({ protocol }) => /m3u8|dash|ism|f4m/.test(protocol ?? ''));
}

/** Stated duration of the longest stream. */
function listedSeconds(plan: DownloadPlan, lists: readonly ListedSegments[]): number | null {
  if (plan.sponsorblock?.mode === 'remove') return null;
  const known = lists.flatMap(({ seconds }) => seconds ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

function statedDuration(
  plan: DownloadPlan,
  video: VideoInfo,
  { inputs }: Pick<FfmpegAccount, 'inputs'> = { inputs: [] },
): ExpectedDuration | null {
  const { durationSeconds: full, sponsorSeconds } = video;
  const { section } = plan;
  if (section !== null) {
    const { startSeconds, endSeconds, isPrecise } = section;
    const sources = inputs.map(({ seconds }) => seconds ?? Infinity);
    const end = Math.min(endSeconds, full ?? Infinity, ...sources);
    const length = Math.max(0, end - startSeconds);
    return widened(length, length + (isPrecise ? 0 : KEY_FRAME_SECONDS));
  }
  if (full === null) return null;
  const removed = plan.sponsorblock?.mode === 'remove' ? sponsorSeconds : 0;
  return widened(Math.max(0, full - removed), full);
}

/**
 * The duration that a section must have. ffmpeg succeeds with what it has when the connection breaks, so the section is compared
 * with the length of the source. Null when that length is a guess, or the source is an mp4, which reports missing data itself.
 */
function clipPromise(
  { startSeconds, endSeconds }: SectionPlan,
  { inputs }: FfmpegAccount,
): ExpectedDuration | null {
  const ends = inputs.map(({ seconds, isIndexed }) => (isIndexed ? null : seconds));
  if (ends.length === 0 || ends.includes(null)) return null;
  const end = Math.min(endSeconds, ...ends.map((seconds) => seconds ?? 0));
  const least = Math.max(0, end - startSeconds);
  return { least: least - clipTolerance(least), most: Infinity };
}

function widened(least: number, most: number): ExpectedDuration {
  return { least: least - tolerance(least), most: most + tolerance(most) };
}

/** Sites round to seconds, and may or may not count the last frame. */
function tolerance(seconds: number): number {
  return Math.max(1.5, seconds * 0.01);
}

/** In a stream without an index, the piece begins at the next key frame. */
function clipTolerance(seconds: number): number {
  return Math.max(2, seconds * 0.02);
}
