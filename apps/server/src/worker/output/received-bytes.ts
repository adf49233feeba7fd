import type { SiteResponse } from '../engine/engine-control.ts';
import type { StreamProgress, VideoInfo } from './output-lines.ts';

/** `engine/reports.py` reports this many successful responses and no more. */
const MAX_REPORTED = 64;

export interface ReceivedBytes {
  takeResponse(response: SiteResponse): void;
  /** `video` is the video that yt-dlp named before. */
  takeProgress(progress: StreamProgress, video: VideoInfo | null): void;
  /** Every stream was received with as many bytes as the server has. */
  areComplete(): boolean;
  /** What is wrong with a stream that yt-dlp calls finished; null when all is well. */
  problem(): string | null;
}

/**
 * Compares the bytes that yt-dlp received of each plain file with the length in the server's last response; for a partial
 * response (206) that is the length of the whole file. yt-dlp's own check compares with the length of the partial response
 * and tolerates a hundred bytes when it resumes.
 */
export function createReceivedBytes(): ReceivedBytes {
  let promised: number | null = null;
  let good = 0;
  let areAllKnown = true;
  let streams = 0;
  let problem: string | null = null;

  return {
    takeResponse(response) {
      if (response.status >= 400) return;
      good += 1;
      // From here on responses go unreported, so this one need not be the last one before the stream ends.
      if (good >= MAX_REPORTED) promised = null;
      else if (!response.isOptional) promised = lengthOfWhole(response);
    },
    takeProgress({ formatId, isFinished, downloadedBytes, fragmentCount }, video) {
      if (formatId === null || !isFinished) return;
      const protocol = video?.formats.find((format) => format.formatId === formatId)?.protocol;
      const isPlain = fragmentCount === null && /^https?$/.test(protocol ?? '');
      const isKnown = isPlain && promised !== null && downloadedBytes !== null;
      if (isKnown && downloadedBytes !== promised) {
        problem ??= `The server promised ${promised} bytes; ${downloadedBytes} came.`;
      }
      streams += 1;
      areAllKnown &&= isKnown;
      // The length of one stream says nothing about the next one.
      promised = null;
    },
    areComplete: () => streams > 0 && areAllKnown && problem === null,
    problem: () => problem,
  };
}

/** Null when the response does not say it. The engine reports no length for compressed responses. */
function lengthOfWhole({ status, contentLength, contentRange }: SiteResponse): number | null {
  if (contentLength === null) return null;
  const text =
    status === 206 ? /^bytes \d+-\d+\/(\d+)$/.exec(contentRange ?? '')?.[1] : contentLength;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
