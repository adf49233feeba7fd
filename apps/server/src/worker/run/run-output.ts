import type { LogLevel } from '@artemis/contracts';
import type { SegmentList } from '../engine/engine-control.ts';
import type { LiveGap } from '../engine/engine-connection.ts';
import {
  isForbiddenInput,
  isHttpsLeftOut,
  isListLost,
  isSkippedSegment,
} from '../failure/failure.ts';
import { createFfmpegListener } from '../output/ffmpeg-account.ts';
import { createLiveLosses } from '../output/live-losses.ts';
import {
  parseOutputLine,
  type ChapterSpan,
  type OutputMessage,
  type StreamProgress,
  type VideoInfo,
} from '../output/output-lines.ts';
import type { ProgressMeter } from '../output/progress.ts';
import type { ReceivedBytes } from '../output/received-bytes.ts';
import { redact } from '../output/redact.ts';
import { skippedSegments } from '../output/segments.ts';
import { isAtOptionalPart } from '../plan/optional-steps.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import type { ResumeGuard } from '../work-folder/resume-state.ts';
import type { RunClock } from './run-clock.ts';
import type { RunEnd, RunResult } from './run-result.ts';

const MAX_KEPT_LINES = 400;
const MAX_LOGGED_LINES = 200;

export interface RunOutputOptions {
  readonly nonce: string;
  readonly plan: DownloadPlan;
  readonly maxFileSizeBytes: number;
  readonly meter: ProgressMeter;
  readonly guard: ResumeGuard;
  readonly clock: RunClock;
  readonly received: ReceivedBytes;
  /** The run continues a live recording. */
  readonly isContinued: boolean;
  readonly onVideo: (video: VideoInfo) => void;
  readonly onProgress: () => void;
  readonly endBy: (reason: RunEnd) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

/** Reads what yt-dlp and ffmpeg print in one run, and ends the run when a line says that it cannot succeed. */
export interface RunOutput {
  takeLine(line: string): void;
  readonly video: VideoInfo | null;
  /** The media is fetched, and is on its way to a finished file. */
  readonly isBeyondMedia: boolean;
  isAtOptionalPart(): boolean;
  /** The segments that ffmpeg skipped; null unless they spoil the media. */
  skipped(): SegmentList | null;
  /** What ffmpeg has lost of a live stream. */
  losses(): readonly LiveGap[];
  facts(): Pick<
    RunResult,
    'video' | 'filePath' | 'chapters' | 'lines' | 'openStep' | 'isSegmentForbidden' | 'ffmpeg'
  >;
}

export function createRunOutput(options: RunOutputOptions): RunOutput {
  const { plan, meter, guard, clock, endBy } = options;
  const lines: string[] = [];
  const skipped: string[] = [];
  const ffmpeg = createFfmpegListener();
  const losses = createLiveLosses();
  let video: VideoInfo | null = null;
  let filePath: string | null = null;
  let chapters: readonly ChapterSpan[] = [];
  let openStep: string | null = null;
  let isSegmentForbidden = false;
  let loggedLines = 0;

  /** A stream that has ended is no longer live, but still has only those segments that were fetched in time. */
  const isOfLive = () => guard.wasLive || video?.isLive === true;

  function take(message: OutputMessage): void {
    if (guard.take(message)) endBy('changed');
    meter.take(message);
    switch (message.kind) {
      case 'video':
        video ??= message.video;
        openStep = null;
        clock.takeVideo(message.video);
        options.onVideo(message.video);
        break;
      case 'download':
        takeProgress(message.progress);
        break;
      case 'postprocess':
        openStep = message.isFinished ? null : message.name;
        endPart();
        break;
      case 'file':
        filePath = message.path;
        chapters = message.chapters;
    }
    clock.noteActivity();
    options.onProgress();
  }

  function takeProgress(progress: StreamProgress): void {
    // A subtitle has no format. After it ffmpeg may fetch the media, which reports no progress.
    const isOfMedia = progress.formatId !== null;
    if (isOfMedia) clock.noteProgress();
    // ffmpeg fetches a section; the engine sees none of its responses.
    if (plan.section === null) options.received.takeProgress(progress, video);
    if (isOfMedia && progress.isFinished) endPart();
    // A run for missing parts does not fetch media that is stored already.
    if (plan.step !== 'whole' && isOfMedia && !progress.isFinished) endBy('part-failed');
    const announcedBytes = isOfMedia ? (progress.totalBytes ?? 0) : 0;
    if (Math.max(meter.downloadedBytes(), announcedBytes) > options.maxFileSizeBytes) {
      endBy('too-large');
    }
  }

  /** ffmpeg has finished one part of a live recording. The steps after it are done once, to all parts together. */
  function endPart(): void {
    if (clock.isListLost) endBy('interrupted');
    else if (options.isContinued) endBy('recorded');
  }

  function takeLine(line: string): void {
    const message = parseOutputLine(line, options.nonce);
    if (message !== null) return take(message);
    lines.push(line);
    if (lines.length > MAX_KEPT_LINES) lines.shift();
    ffmpeg.take(line);
    if (isHttpsLeftOut(line)) endBy('needs-https');
    if (isOfLive()) {
      if (isListLost(line)) clock.noteListLost();
      losses.take(line, clock.recordedSeconds());
    }
    if (isForbiddenInput(line)) isSegmentForbidden = true;
    else if (isSkippedSegment(line) && skipped.length < MAX_KEPT_LINES) skipped.push(line);
    if (/^(\[|WARNING: )/.test(line)) clock.noteActivity();
    // yt-dlp would continue, download the media, and fail only then.
    if (line.startsWith('ERROR: Preprocessing:')) endBy('part-failed');
    const level = levelOf(line);
    if (level === null || loggedLines >= MAX_LOGGED_LINES) return;
    loggedLines += 1;
    options.log(level, redact(line));
  }

  return {
    takeLine,
    get video() {
      return video;
    },
    get isBeyondMedia() {
      return openStep !== null || filePath !== null;
    },
    isAtOptionalPart: () => isAtOptionalPart(lines, openStep),
    // A live stream drops its old segments: the recording is kept, and `losses` says what it lacks.
    skipped: () => (skipped.length > 0 && !isOfLive() ? skippedSegments(skipped) : null),
    losses: () => losses.gaps(),
    facts: () => ({
      ...{ video, filePath, chapters, lines, openStep, isSegmentForbidden },
      ffmpeg: ffmpeg.account(),
    }),
  };
}

/** Null: the line helps nobody who reads the log. */
function levelOf(line: string): LogLevel | null {
  if (line.includes('Interrupted by user')) return null;
  if (line.startsWith('ERROR:')) return 'error';
  if (line.startsWith('WARNING:') || /^\[download\] Got error/.test(line)) return 'warn';
  if (/^\[download\] Downloading item /.test(line)) return null;
  return /^\[[\w:+.-]+\] /.test(line) ? 'debug' : null;
}
