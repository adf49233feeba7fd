import type { Phase } from '@artemis/contracts';
import type { FormatInfo, OutputMessage, StreamProgress, VideoInfo } from './output-lines.ts';
import { createSpeedometer } from './speedometer.ts';

/** Percent for the transfer; joining, converting and checking share the rest. */
const DOWNLOAD_SHARE = 98;
const VERIFYING = 99;
/** Weights of video and audio when the site states neither size nor bitrate. */
const USUAL_WEIGHT = { video: 9, audio: 1 } as const;

export interface ProgressFigure {
  readonly phase: Phase;
  /** 0–99 for the whole attempt; never falls. */
  readonly progress: number;
  readonly downloadedBytes: number | null;
  readonly totalBytes: number | null;
  readonly speedBps: number | null;
  readonly etaSeconds: number | null;
}

export interface ProgressMeter {
  take(message: OutputMessage): void;
  /** For a transfer that reports no progress (ffmpeg fetches the stream): bytes on the disk so far. */
  takeBytes(bytes: number): void;
  verifying(): void;
  read(): ProgressFigure;
  /** Sum over all streams; the size limit counts these bytes. */
  downloadedBytes(): number;
}

interface Stream {
  readonly weight: number;
  sizeBytes: number | null;
  downloadedBytes: number;
  fraction: number;
  /** False until the first report, whose bytes may include those of an earlier attempt. */
  isReported: boolean;
}

/** Combines the messages of an attempt into one figure. `now` returns monotonic milliseconds. */
export function createProgressMeter(now: () => number): ProgressMeter {
  const streams = new Map<string, Stream>();
  const speedometer = createSpeedometer(now);
  let phase: Phase = 'extracting';
  let reached = 0;
  let bytesOnDisk = 0;

  function begin(video: VideoInfo): void {
    streams.clear();
    // A live recording begins its next part.
    if (phase === 'processing') phase = 'downloading';
    const weigh = weights(video);
    for (const format of video.formats) {
      streams.set(format.formatId, {
        weight: weigh(format),
        sizeBytes: format.sizeBytes,
        downloadedBytes: 0,
        fraction: 0,
        isReported: false,
      });
    }
  }

  function advance(progress: StreamProgress): void {
    // Subtitles and thumbnails report progress too, but have no format.
    const stream = progress.formatId === null ? undefined : streams.get(progress.formatId);
    if (stream === undefined) return;
    if (phase === 'extracting') phase = 'downloading';
    const { downloadedBytes, totalBytes, estimatedBytes, isFinished } = progress;
    const received = Math.max(0, (downloadedBytes ?? 0) - stream.downloadedBytes);
    stream.downloadedBytes += received;
    speedometer.add(stream.isReported ? received : 0);
    stream.isReported = true;
    if (totalBytes !== null) stream.sizeBytes = totalBytes;
    else if (estimatedBytes !== null) stream.sizeBytes = Math.round(estimatedBytes);
    stream.fraction = isFinished
      ? 1
      : Math.max(stream.fraction, Math.min(1, fractionOf(progress, stream.sizeBytes)));
  }

  function downloadedBytes(): number {
    let total = 0;
    for (const stream of streams.values()) total += stream.downloadedBytes;
    return Math.max(total, bytesOnDisk);
  }

  function totalBytes(): number | null {
    let total = 0;
    for (const { sizeBytes } of streams.values()) {
      if (sizeBytes === null) return null;
      total += sizeBytes;
    }
    return streams.size === 0 ? null : Math.max(total, downloadedBytes());
  }

  return {
    downloadedBytes,
    take(message) {
      if (message.kind === 'video') begin(message.video);
      else if (message.kind === 'download') advance(message.progress);
      else if (message.kind === 'postprocess' && phase === 'downloading') phase = 'processing';
    },
    takeBytes(bytes) {
      if (streams.size === 0 || phase === 'processing' || bytes <= bytesOnDisk) return;
      speedometer.add(bytesOnDisk === 0 ? 0 : bytes - bytesOnDisk);
      bytesOnDisk = bytes;
      if (phase === 'extracting') phase = 'downloading';
    },
    verifying() {
      phase = 'verifying';
      reached = Math.max(reached, VERIFYING);
    },
    read() {
      let weight = 0;
      let done = 0;
      for (const stream of streams.values()) {
        weight += stream.weight;
        done += stream.weight * stream.fraction;
      }
      const share = phase === 'processing' ? 1 : weight === 0 ? 0 : done / weight;
      reached = Math.max(reached, share * DOWNLOAD_SHARE);
      const speedBps = phase === 'downloading' ? speedometer.bytesPerSecond() : null;
      const total = totalBytes();
      const downloaded = downloadedBytes();
      const left = total === null ? null : total - downloaded;
      return {
        phase,
        progress: Math.round(reached * 10) / 10,
        downloadedBytes: streams.size === 0 ? null : downloaded,
        totalBytes: total,
        speedBps: speedBps === null ? null : Math.round(speedBps),
        etaSeconds:
          left === null || speedBps === null || speedBps < 1 ? null : Math.ceil(left / speedBps),
      };
    },
  };
}

/** Prefers the number of finished fragments: the size of the remaining ones is a guess that changes. */
function fractionOf(progress: StreamProgress, sizeBytes: number | null): number {
  const { fragmentIndex, fragmentCount, downloadedBytes } = progress;
  if (fragmentIndex !== null && fragmentCount !== null && fragmentCount > 0) {
    return fragmentIndex / fragmentCount;
  }
  return sizeBytes === null || sizeBytes === 0 ? 0 : (downloadedBytes ?? 0) / sizeBytes;
}

/** Weighs streams by size, else by bitrate, else by the usual weights; all streams use the same measure. */
function weights({ formats }: VideoInfo): (format: FormatInfo) => number {
  if (formats.every(({ sizeBytes }) => sizeBytes !== null && sizeBytes > 0)) {
    return ({ sizeBytes }) => sizeBytes ?? 0;
  }
  if (formats.every(({ bitrate }) => bitrate !== null && bitrate > 0)) {
    return ({ bitrate }) => bitrate ?? 0;
  }
  return ({ hasVideo }) => (hasVideo ? USUAL_WEIGHT.video : USUAL_WEIGHT.audio);
}
