import type { EngineControl } from '../engine/engine-control.ts';
import type { StreamProgress, VideoInfo } from './output-lines.ts';

type Response = Extract<EngineControl, { kind: 'response' }>;

/** After so many good answers `engine/reports.py` tells of no more. */
const MAX_REPORTED = 64;

export interface ReceivedBytes {
  takeResponse(response: Response): void;
  /** `video` is what was named before it. */
  takeProgress(progress: StreamProgress, video: VideoInfo | null): void;
  /** Of every stream as many came as the server has. */
  areComplete(): boolean;
  /** What is wrong with a stream that yt-dlp calls finished; null when nothing is. */
  problem(): string | null;
}

/**
 * Holds what yt-dlp has received of each plain file against what the server said last: of an answer for a part, the
 * length of the whole. yt-dlp itself counts the length of the part, and lets a hundred bytes pass when it continues.
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
      // The next answer might be one that is not told, and this one be of something else.
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
      // That of one stream says nothing of the next one.
      promised = null;
    },
    areComplete: () => streams > 0 && areAllKnown && problem === null,
    problem: () => problem,
  };
}

/** Null when it is not said. The length of compressed answers is not reported. */
function lengthOfWhole({ status, contentLength, contentRange }: Response): number | null {
  if (contentLength === null) return null;
  const text =
    status === 206 ? /^bytes \d+-\d+\/(\d+)$/.exec(contentRange ?? '')?.[1] : contentLength;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
