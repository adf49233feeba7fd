import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan } from './plan.ts';

/**
 * Peak disk space of a run in bytes: its streams, plus the file that they are merged or converted into. Null when the size
 * is not known: the site states none, the stream is live, or only a section is downloaded.
 * @param totalBytes size of all streams together, when the transfer has reported it
 */
export function neededSpace(
  plan: DownloadPlan,
  video: VideoInfo,
  totalBytes: number | null,
): number | null {
  if (!plan.hasMedia || video.isLive || plan.section !== null) return null;
  const streams = totalBytes ?? sumOfSizes(video);
  if (streams === null) return null;
  return isRewritten(plan, video) ? 2 * streams : streams;
}

/** Whether the transfer is a single plain file, so that the reported length is the total. */
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

function isRewritten(plan: DownloadPlan, { formats }: VideoInfo): boolean {
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
