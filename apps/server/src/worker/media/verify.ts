import { extname } from 'node:path';
import type { DownloadWarning, FailureCode, WarningCode } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import { readContainerHead, type ContainerHead } from './container-head.ts';
import { PROBE_AUDIO_CODECS, PROBE_VIDEO_CODECS } from '../plan/format-names.ts';
import type { Jobs } from '../engine/jobs.ts';
import type { Claims } from './length-claims.ts';
import { holesBetweenFragments } from './mp4-fragments.ts';
import { isCutShort, readMp4Index } from './mp4-index.ts';
import { fittingExtension } from './named-by-content.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import {
  beginsLikeMedia,
  isPlayed,
  lastPackets,
  ProbeError,
  measureMedia,
  readWholeMedia,
  type MeasuredMedia,
} from './ffprobe.ts';
import { LEAST_HOLE_SECONDS } from './timeline.ts';

/** Some sites offer 1080p as 1920x800, or with 1072 lines. */
const QUALITY_TOLERANCE = 0.95;

type Failed = { readonly failure: FailureCode; readonly detail: string };

export type Verdict =
  | {
      readonly media: MeasuredMedia;
      /** The present extension, or another one when the content is of another kind. */
      readonly extension: string;
      readonly warnings: readonly (WarningCode | DownloadWarning)[];
    }
  | Failed;

/**
 * Checks whether a file is the requested media: it can be read, has audio or video, is complete according to its container, and has
 * the length and the fragments that are known for certain. A length that only a page or a header states is no promise: a
 * file that differs is kept, with a warning.
 */
export async function verifyMedia(
  jobs: Jobs,
  path: string,
  plan: DownloadPlan,
  claims: Claims,
): Promise<Verdict> {
  try {
    return await judge(jobs, path, plan, claims);
  } catch (error) {
    if (error instanceof ProbeError) return { failure: error.code, detail: error.message };
    throw error;
  }
}

async function judge(
  jobs: Jobs,
  path: string,
  plan: DownloadPlan,
  claims: Claims,
): Promise<Verdict> {
  const found = await readMedia(jobs, path, claims);
  if ('failure' in found) return found;
  const { head } = found;
  const media =
    claims.areFragmentsUncounted && found.media.holes === null
      ? ((await wholeMedia(jobs, path)) ?? found.media)
      : found.media;
  const { durationSeconds } = media;
  if (plan.section !== null && durationSeconds === 0) {
    return { failure: 'INVALID_MEDIA', detail: 'The section lies beyond the end of the media.' };
  }
  const { promised } = claims;
  if (durationSeconds !== null && promised !== null && durationSeconds < promised.least) {
    const detail = `It lasts ${durationSeconds.toFixed(1)} s; ${promised.least.toFixed(1)} s or more were expected.`;
    return { failure: 'TRUNCATED', detail };
  }
  const { listedSeconds } = claims;
  if (
    durationSeconds !== null &&
    listedSeconds !== null &&
    isFraction(durationSeconds, listedSeconds)
  ) {
    const detail = `It lasts ${durationSeconds.toFixed(1)} s; its segments have ${listedSeconds.toFixed(1)} s.`;
    return { failure: 'TRUNCATED', detail };
  }
  const hole = claims.areFragmentsUncounted ? holeIn(media) : null;
  if (hole !== null) return { failure: 'TRUNCATED', detail: hole };
  const extension = fittingExtension(media, head, path);
  if (extension === null) {
    return { failure: 'UNSAFE_TYPE', detail: `It is of the kind ${media.formatName}.` };
  }
  const warnings: (WarningCode | DownloadWarning)[] = shortfalls(media, plan, claims);
  if (claims.isTimeContinuous) warnings.push(...(await undeclaredHole(path, media)));
  const isRenamed = extension !== extname(path).slice(1);
  if (isRenamed && plan.container !== null && extension !== plan.container) {
    warnings.push('CONTAINER_SHORTFALL');
  }
  if (found.isLengthWrong || isOutside(durationSeconds, claims.stated)) {
    warnings.push('DURATION_DIFFERS');
  }
  return { media, extension, warnings };
}

interface FoundMedia {
  readonly media: MeasuredMedia;
  /** Null: an ordinary mp4, whose index has told everything. */
  readonly head: ContainerHead | null;
  /** The header states a wrong length. */
  readonly isLengthWrong: boolean;
}

/** Fails only when the container itself shows that bytes are missing: by boxes, sizes and counts. */
async function readMedia(jobs: Jobs, path: string, claims: Claims): Promise<FoundMedia | Failed> {
  const index = await readMp4Index(path);
  if (index !== null) return { media: index, head: null, isLengthWrong: false };
  const head = headOf(await readContainerHead(path), claims);
  // All bytes of the server were received, so the count is wrong on the server too.
  const isCountStale = head.length === 'counted' && claims.isSourceWhole;
  if ((head.missingBytes > 0 && !isCountStale) || (await isCutShort(path))) {
    return { failure: 'TRUNCATED', detail: 'The file ends before the end of its data.' };
  }
  const media = await measureMedia(jobs, path);
  if (media === null || !media.streams.some(isPlayed)) {
    return media === null && (await beginsLikeMedia(path))
      ? { failure: 'TRUNCATED', detail: 'The file ends before its index.' }
      : { failure: 'INVALID_MEDIA', detail: 'ffprobe finds neither sound nor picture in it.' };
  }
  const { durationSeconds: said } = media;
  if (said === 0 || (said !== null && head.length === 'measured')) {
    return { media, head, isLengthWrong: false };
  }
  const isGuess = said === null || head.length === 'guessed' || isEndToldAsLength(media);
  const missing = isGuess ? null : await missingEnd(jobs, path, media);
  if (missing === null && !isGuess) return { media, head, isLengthWrong: false };
  const isPromise = head.length === 'promised' || (head.length === 'counted' && !isCountStale);
  if (missing !== null && isPromise) return { failure: 'TRUNCATED', detail: missing };
  const whole = (await wholeMedia(jobs, path)) ?? media;
  // Subtitles may last as long as the header says.
  const end = Math.max(...whole.packetEnds.values()) - media.startSeconds;
  const isLengthWrong = missing !== null && said !== null && end < said - endTolerance(said);
  return { media: whole, head, isLengthWrong };
}

/** ffmpeg's mov demuxer (5.1 to 7.1) reports the end as the length when the time of fragments does not begin at 0. */
function isEndToldAsLength({ formatName, startSeconds }: MeasuredMedia): boolean {
  return formatName.startsWith('mov,') && startSeconds > 1;
}

/** Null when reading takes too long: a file of many gigabytes on a slow disk is not bad for that reason. */
async function wholeMedia(jobs: Jobs, path: string): Promise<MeasuredMedia | null> {
  try {
    return await readWholeMedia(jobs, path);
  } catch (error) {
    if (error instanceof ProbeError) return null;
    throw error;
  }
}

function headOf(head: ContainerHead, { isJoined }: Claims): ContainerHead {
  if (!isJoined) return head;
  const isOfFirst = head.length === 'counted' || head.length === 'claimed';
  return { ...head, missingBytes: 0, length: isOfFirst ? 'guessed' : head.length };
}

function isOutside(seconds: number | null, range: Claims['stated']): boolean {
  return seconds !== null && range !== null && (seconds < range.least || seconds > range.most);
}

/** A manifest may round or exaggerate, but not state three times the length of its segments. */
function isFraction(seconds: number, listedSeconds: number): boolean {
  return seconds < listedSeconds / 3 && seconds < listedSeconds - 10;
}

/** Warns of a hole although all listed fragments are there: the list itself has a hole. */
async function undeclaredHole(path: string, media: MeasuredMedia): Promise<DownloadWarning[]> {
  const holes =
    media.holes === null
      ? await holesBetweenFragments(path)
      : media.streams.filter(isPlayed).map(({ index }) => media.holes?.get(index) ?? 0);
  const longest = Math.max(0, ...holes);
  return longest > 0 ? [detailed('INCOMPLETE', `${longest.toFixed(1)} s`)] : [];
}

function holeIn({ streams, holes }: MeasuredMedia): string | null {
  for (const stream of streams.filter(isPlayed)) {
    const seconds = holes?.get(stream.index) ?? 0;
    if (seconds > LEAST_HOLE_SECONDS)
      return `The ${stream.type} has a hole of ${seconds.toFixed(1)} s.`;
  }
  return null;
}

async function missingEnd(jobs: Jobs, path: string, media: MeasuredMedia): Promise<string | null> {
  if (gapAtEnd(media, media.packetEnds) === null) return null;
  return gapAtEnd(media, await lastPackets(jobs, path, media));
}

/** A stream without a stated end may end early, if another one lasts to the end of the file. */
function gapAtEnd(media: MeasuredMedia, ends: ReadonlyMap<number, number>): string | null {
  const fileEnd = media.startSeconds + (media.durationSeconds ?? 0);
  let doesReachEnd = false;
  for (const { index, type, endSeconds } of media.streams.filter(isPlayed)) {
    const end = ends.get(index) ?? -Infinity;
    if (end >= fileEnd - endTolerance(fileEnd)) doesReachEnd = true;
    if (endSeconds !== null && end < endSeconds - endTolerance(endSeconds)) {
      return `The ${type} ends before ${endSeconds.toFixed(1)} s, which it promises.`;
    }
  }
  return doesReachEnd ? null : `It ends before ${fileEnd.toFixed(1)} s, which it promises.`;
}

function endTolerance(seconds: number): number {
  return Math.max(2, seconds * 0.02);
}

export function hasSubtitles({ streams }: MeasuredMedia): boolean {
  return streams.some(({ type }) => type === 'subtitle');
}

function shortfalls(
  media: MeasuredMedia,
  plan: DownloadPlan,
  { stated, promised, isLinkOfFile }: Claims,
): WarningCode[] {
  const { selection, options, isAudioOnly } = plan;
  const video = media.streams.find(({ type }) => type === 'video');
  const audio = media.streams.find(({ type }) => type === 'audio');
  const warnings: WarningCode[] = [];
  if (stated === null && promised === null && media.durationSeconds === null) {
    warnings.push('DURATION_UNKNOWN');
  }
  if (audio === undefined) warnings.push('AUDIO_MISSING');
  if (isAudioOnly) {
    const codec = options.audio_codec;
    if (codec && audio?.codec && !PROBE_AUDIO_CODECS[codec].test(audio.codec)) {
      warnings.push('CODEC_SHORTFALL');
    }
    return warnings;
  }
  if (video === undefined) {
    return isLinkOfFile && !isPictureAsked(plan) ? warnings : [...warnings, 'VIDEO_MISSING'];
  }
  if (options.format_id !== undefined) return warnings;
  if (selection.quality !== 'best') {
    const wanted = Number.parseInt(selection.quality, 10);
    if (linesOf(video.width, video.height) < wanted * QUALITY_TOLERANCE) {
      warnings.push('QUALITY_SHORTFALL');
    }
  }
  const codec = options.prefer_codec;
  if (codec && video.codec !== PROBE_VIDEO_CODECS[codec]) warnings.push('CODEC_SHORTFALL');
  return warnings;
}

function isPictureAsked({ selection, options, container }: DownloadPlan): boolean {
  return selection.quality !== 'best' || options.prefer_codec !== undefined || container !== null;
}

/** The lines that a quality such as 1080p counts: those of the 16:9 frame around the picture, whether upright or not. */
function linesOf(width: number | null, height: number | null): number {
  if (width === null || height === null) return Infinity;
  const [short, long] = width < height ? [width, height] : [height, width];
  return Math.max(short, (long * 9) / 16);
}
