import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan } from './plan.ts';

/**
 * Bytes that a run takes of the disk at its peak: its streams, and beside them the file that they are joined or
 * converted into. Null while the site names no sizes, and for what has none: a live stream, a part of a video.
 * @param totalBytes of all streams together, when the transfer itself has told it
 */
export function neededSpace(
  plan: DownloadPlan,
  video: VideoInfo,
  totalBytes: number | null,
): number | null {
  if (!plan.hasMedia || video.isLive || plan.section !== null) return null;
  const streams = totalBytes ?? sumOfSizes(video);
  if (streams === null) return null;
  return isWrittenAnew(plan, video) ? 2 * streams : streams;
}

/** Whether the transfer is one plain file, so that its length is the whole. */
export function isPlainFile({ formats }: VideoInfo): boolean {
  const [only] = formats;
  return formats.length === 1 && /^https?$/.test(only?.protocol ?? '');
}

function sumOfSizes({ formats }: VideoInfo): number | null {
  let sum = 0;
  for (const { sizeBytes } of formats) {
    if (sizeBytes === null) return null;
    sum += sizeBytes;
  }
  return sum;
}

function isWrittenAnew(plan: DownloadPlan, { formats }: VideoInfo): boolean {
  return (
    formats.length > 1 ||
    plan.isAudioOnly ||
    plan.isMetadataEmbedded ||
    plan.areChaptersEmbedded ||
    plan.isThumbnailEmbedded ||
    plan.subtitles?.isEmbedded === true ||
    plan.options.split_chapters === true ||
    plan.sponsorblock?.mode === 'remove'
  );
}
