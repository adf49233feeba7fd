import type { FfmpegAccount } from '../output/ffmpeg-account.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan, SectionPlan } from '../plan/plan.ts';
import type { ListedSegments } from '../engine/engine-control.ts';

/** A cut that is not exact begins at the key frame before it, which may lie this far away. */
const KEY_FRAME_SECONDS = 20;

/** Seconds that the finished file may last. */
export interface ExpectedDuration {
  readonly least: number;
  readonly most: number;
}

/** What is known of a file before it is looked at. */
export interface Claims {
  /** What the page says, which may be wrong; null when it does not say, or the media is live. */
  readonly stated: ExpectedDuration | null;
  /** What must be there: less is a failure. */
  readonly promised: ExpectedDuration | null;
  /** It is one stream as it was joined from fragments: its head is that of the first of them, or of another whole. */
  readonly isJoined: boolean;
  /** Nobody has counted them, so that its time stamps must show that none is missing. */
  readonly areFragmentsUncounted: boolean;
  /** How long the fragments that were joined say that they are together; null: not said. */
  readonly listedSeconds: number | null;
  /** They were counted, and nothing is said of breaks in their time. */
  readonly isTimeContinuous: boolean;
  /** As many bytes came as the server has of the file that it was made from. */
  readonly isSourceWhole: boolean;
  /** The link is that of the file, so that what it has no picture of has none on the site either. */
  readonly isLinkOfFile: boolean;
}

/** Of a file about which nothing was said. */
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
  /** Fragments that were joined were held against the list of them. */
  readonly areFragmentsCounted: boolean;
  readonly areBytesComplete: boolean;
  /** What the manifests say of each stream that yt-dlp has fetched in fragments. */
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

/** Of a file that was stored before and is written anew. */
export function claimsOfStored(plan: DownloadPlan, video: VideoInfo): Claims {
  const stated = statedDuration(plan, video);
  const least = stated && stated.least - clipTolerance(stated.least);
  return { ...NO_CLAIMS, promised: least === null ? null : { least, most: Infinity } };
}

/** Of a piece that was cut out without encoding it anew. */
export function claimsOfPart(seconds: number): Claims {
  const least = seconds - clipTolerance(seconds);
  const stated = widened(seconds, seconds + KEY_FRAME_SECONDS);
  return { ...NO_CLAIMS, stated, promised: { least, most: Infinity } };
}

export function isInFragments({ formats }: VideoInfo): boolean {
  return formats.some(({ protocol }) => /m3u8|dash|ism|f4m/.test(protocol ?? ''));
}

/** Of the longest stream. */
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
 * ffmpeg ends well when the connection breaks, with what it has by then. What it has read of the length of the source
 * before tells that something is missing; a guess of its does not, and an mp4 says so itself while it is read.
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

/** Sites round to seconds, and a last frame may be counted or not. */
function tolerance(seconds: number): number {
  return Math.max(1.5, seconds * 0.01);
}

/** A stream without an index begins with the first key frame that is met. */
function clipTolerance(seconds: number): number {
  return Math.max(2, seconds * 0.02);
}
