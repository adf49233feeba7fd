import type { FailureCode, WarningCode } from '@artemis/contracts';
import { PROBE_AUDIO_CODECS, PROBE_VIDEO_CODECS } from './format-names.ts';
import type { Jobs } from './jobs.ts';
import { isCutShort, readMp4Index } from './mp4-index.ts';
import type { VideoInfo } from './output-lines.ts';
import type { DownloadPlan } from './plan.ts';
import { beginsLikeMedia, lastPackets, ProbeError, probeMedia, type ProbedMedia } from './probe.ts';

/** A cut that is not exact begins at the key frame before it, which may lie this far away. */
const KEY_FRAME_SECONDS = 20;
/** Some sites offer 1080p as 1920x800, or 1072 lines. */
const QUALITY_TOLERANCE = 0.95;

export type Verdict =
  | { readonly media: ProbedMedia; readonly warnings: readonly WarningCode[] }
  | { readonly failure: FailureCode; readonly detail: string };

/** Seconds that the finished file may last. */
export interface ExpectedDuration {
  readonly least: number;
  readonly most: number;
}

/**
 * Whether a file is the media that was asked for: it can be read, has sound or picture, lasts as long as the
 * site said, and is there up to its end (an index at the front promises the whole length of a file cut short).
 */
export async function verifyMedia(
  jobs: Jobs,
  path: string,
  plan: DownloadPlan,
  expected: ExpectedDuration | null,
): Promise<Verdict> {
  try {
    return await judge(jobs, path, plan, expected);
  } catch (error) {
    if (error instanceof ProbeError) return { failure: error.code, detail: error.message };
    throw error;
  }
}

async function judge(
  jobs: Jobs,
  path: string,
  plan: DownloadPlan,
  expected: ExpectedDuration | null,
): Promise<Verdict> {
  const index = await readMp4Index(path);
  const media = index ?? (await probeMedia(jobs, path));
  const played = media?.streams.filter(({ type }) => type === 'video' || type === 'audio') ?? [];
  if (media === null || played.length === 0) {
    return media === null && (await beginsLikeMedia(path))
      ? { failure: 'TRUNCATED', detail: 'The file ends before its index.' }
      : { failure: 'INVALID_MEDIA', detail: 'ffprobe finds neither sound nor picture in it.' };
  }
  if (index === null && (await isCutShort(path))) {
    return { failure: 'TRUNCATED', detail: 'The file ends before the end of its data.' };
  }
  const { durationSeconds } = media;
  if (plan.section !== null && durationSeconds === 0) {
    return { failure: 'INVALID_MEDIA', detail: 'Nothing of the media lies in this section.' };
  }
  if (durationSeconds !== null && expected !== null && durationSeconds < expected.least) {
    const detail = `It lasts ${durationSeconds.toFixed(1)} s; ${expected.least.toFixed(1)} s or more were expected.`;
    return { failure: 'TRUNCATED', detail };
  }
  if (durationSeconds !== null && durationSeconds > 0) {
    const missing = await missingEnd(jobs, path, media);
    if (missing !== null) return { failure: 'TRUNCATED', detail: missing };
  }
  return { media, warnings: shortfalls(media, plan, expected) };
}

/** Null when the length cannot be known: live, or the site does not say. */
export function expectedDuration(plan: DownloadPlan, video: VideoInfo): ExpectedDuration | null {
  const { durationSeconds: full, isLive, sponsorSeconds } = video;
  if (isLive) return null;
  if (plan.section !== null) {
    const { startSeconds, endSeconds, isPrecise } = plan.section;
    const end = full === null ? null : Math.min(endSeconds, full);
    const least = end === null ? 0 : Math.max(0, end - startSeconds);
    const most = (end ?? endSeconds) - startSeconds + (isPrecise ? 0 : KEY_FRAME_SECONDS);
    return widened(least, most);
  }
  if (full === null) return null;
  const removed = plan.sponsorblock?.mode === 'remove' ? sponsorSeconds : 0;
  return widened(Math.max(0, full - removed), full);
}

function widened(least: number, most: number): ExpectedDuration {
  return { least: least - tolerance(least), most: most + tolerance(most) };
}

function tolerance(seconds: number): number {
  return Math.max(2, seconds * 0.02);
}

async function missingEnd(jobs: Jobs, path: string, media: ProbedMedia): Promise<string | null> {
  if (gapAtEnd(media, media.packetEnds) === null) return null;
  return gapAtEnd(media, await lastPackets(jobs, path, media));
}

/** A stream whose own end is not told may end early; then one that lasts to the end of the file is enough. */
function gapAtEnd(media: ProbedMedia, ends: ReadonlyMap<number, number>): string | null {
  const fileEnd = media.startSeconds + (media.durationSeconds ?? 0);
  let doesReachEnd = false;
  for (const { index, type, endSeconds } of media.streams) {
    if (type !== 'video' && type !== 'audio') continue;
    const end = ends.get(index) ?? -Infinity;
    if (end >= fileEnd - tolerance(fileEnd)) doesReachEnd = true;
    if (endSeconds !== null && end < endSeconds - tolerance(endSeconds)) {
      return `The ${type} ends before ${endSeconds.toFixed(1)} s, which it promises.`;
    }
  }
  return doesReachEnd ? null : `It ends before ${fileEnd.toFixed(1)} s, which it promises.`;
}

export function hasSubtitles({ streams }: ProbedMedia): boolean {
  return streams.some(({ type }) => type === 'subtitle');
}

function shortfalls(
  media: ProbedMedia,
  plan: DownloadPlan,
  expected: ExpectedDuration | null,
): WarningCode[] {
  const { selection, options, isAudioOnly } = plan;
  const video = media.streams.find(({ type }) => type === 'video');
  const audio = media.streams.find(({ type }) => type === 'audio');
  const warnings: WarningCode[] = [];
  if (expected === null && media.durationSeconds === null) warnings.push('DURATION_UNKNOWN');
  if (audio === undefined) warnings.push('AUDIO_MISSING');
  if (isAudioOnly) {
    const codec = options.audio_codec;
    if (codec && audio?.codec && !PROBE_AUDIO_CODECS[codec].test(audio.codec)) {
      warnings.push('CODEC_SHORTFALL');
    }
    return warnings;
  }
  if (video === undefined) return [...warnings, 'VIDEO_MISSING'];
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

/** What a quality counts: the lines of the 16:9 frame that holds the picture, upright or not. */
function linesOf(width: number | null, height: number | null): number {
  if (width === null || height === null) return Infinity;
  const [short, long] = width < height ? [width, height] : [height, width];
  return Math.max(short, (long * 9) / 16);
}
