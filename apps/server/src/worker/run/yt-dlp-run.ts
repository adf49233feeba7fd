import { randomBytes } from 'node:crypto';
import type { LogLevel } from '@artemis/contracts';
import { argvOf, type ArgvContext } from '../argv/argv.ts';
import type { EngineControl, EngineExit, LiveGap } from '../engine/engine-connection.ts';
import type { RaisedError, SegmentList, ListedSegments } from '../engine/engine-control.ts';
import { createFfmpegListener, type FfmpegAccount } from '../output/ffmpeg-account.ts';
import {
  isEgressRefusal,
  isForbiddenInput,
  isHttpsLeftOut,
  isListLost,
  isSkippedSegment,
  retryAfterOf,
} from '../failure/failure.ts';
import { partialBytes } from '../work-folder/job-folder.ts';
import type { Jobs } from '../engine/jobs.ts';
import { createLiveLosses } from '../output/live-losses.ts';
import type { Task } from '../task.ts';
import { isAtOptionalPart } from '../plan/optional-steps.ts';
import {
  parseOutputLine,
  type ChapterSpan,
  type OutputMessage,
  type StreamProgress,
  type VideoInfo,
} from '../output/output-lines.ts';
import type { ProgressMeter } from '../output/progress.ts';
import { createReceivedBytes } from '../output/received-bytes.ts';
import { redact } from '../output/redact.ts';
import type { ResumeGuard } from '../work-folder/resume-state.ts';
import { skippedSegments } from '../output/segments.ts';
import { NONCE_NAME, typed } from '../output/typed-words.ts';
import { NONCE_BYTES } from '../argv/usual-argv.ts';

const TICK_MS = 250;
const FOLDER_LOOK_MS = 1_000;
const USAGE_LOOK_MS = 5_000;
/** The engine waits this long by itself (reports.py); yt-dlp would ask again at once. */
const MAX_WAIT_IN_JOB_SECONDS = 5;
/** Less than this share of one core is waiting, not working. */
const BUSY_SHARE = 0.02;
/** ffmpeg ends by itself when it has lost its list, unless it has another one. */
const LAST_WORDS_MS = 1_500;
const MAX_KEPT_LINES = 400;
const MAX_LOGGED_LINES = 200;

/** Why we ended the run ourselves. */
export type RunEnd =
  | 'stopped'
  | 'timed-out'
  | 'stalled'
  | 'too-large'
  | 'blocked'
  | 'changed'
  /** ffmpeg was kept from https below a manifest of plain http. */
  | 'needs-https'
  | 'recorded'
  /** ffmpeg records, and has ended at a bad answer for the list: the stream may go on. */
  | 'interrupted'
  /** The site asks to wait before the media is asked for again, for longer than a process should sit there. */
  | 'asked-to-wait'
  /** An optional part cannot be had: known before the media is fetched, or it has come to a standstill. */
  | 'part-failed';

export interface RunResult {
  readonly exit: EngineExit;
  readonly end: RunEnd | null;
  /** The first that it named, and the only one unless it was a list. */
  readonly video: VideoInfo | null;
  readonly filePath: string | null;
  readonly chapters: readonly ChapterSpan[];
  /** What it said that is not ours, oldest first. */
  readonly lines: readonly string[];
  /** The step after the download that began last and did not finish. */
  readonly openStep: string | null;
  /** ffmpeg went on without a segment that lies where it may not go. */
  readonly isSegmentForbidden: boolean;
  /** Segments that could not be had, a list for each stream; ffmpeg went on without them, yt-dlp did not. */
  readonly missing: readonly SegmentList[];
  /** ffmpeg fetches the media, and has left it with the holes. */
  readonly isSpoilt: boolean;
  /** What the manifests say, one for each stream. */
  readonly lists: readonly ListedSegments[];
  readonly ffmpeg: FfmpegAccount;
  /** Why a plain file that it calls finished is not: not as many bytes as the server promised. */
  readonly byteProblem: string | null;
  /** They were that many, of everything that was fetched. */
  readonly areBytesComplete: boolean;
  /** What a live recording has lost, in its order. */
  readonly liveGaps: readonly LiveGap[];
  /** Monotonic; when the first bytes of a live recording lay there. */
  readonly recordedSinceMs: number | null;
  /** Monotonic; when yt-dlp had read what the site says of it. */
  readonly seenAtMs: number | null;
  readonly refusals: readonly Extract<EngineControl, { kind: 'refused' }>[];
  readonly responses: readonly Extract<EngineControl, { kind: 'response' }>[];
  /** What was raised, oldest first; empty for a standalone yt-dlp. */
  readonly errors: readonly RaisedError[];
}

export interface RunOptions {
  readonly task: Task;
  readonly jobs: Jobs;
  readonly meter: ProgressMeter;
  readonly guard: ResumeGuard;
  /** See `Jobs.startYtDlp`. */
  readonly allowsHttps: boolean;
  readonly context: Omit<ArgvContext, 'url' | 'nonce' | 'engine' | 'isProxyForAll'>;
  /** Monotonic; the end of the attempt. */
  readonly deadlineMs: number;
  /** Of the live recording that this run continues; null: it is none. */
  readonly recordedSinceMs: number | null;
  readonly onVideo: (video: VideoInfo) => void;
  readonly onProgress: () => void;
  readonly log: (level: LogLevel, text: string) => void;
}

/** One run of yt-dlp with its clocks and limits. Resolves when no process of it is left; never rejects. */
export async function runYtDlp(options: RunOptions): Promise<RunResult> {
  const { task, jobs, meter, guard, log } = options;
  const { limits, selection } = task;
  const nonce = randomBytes(NONCE_BYTES).toString('hex');
  let first: VideoInfo | null = null;
  const lines: string[] = [];
  const refusals: Extract<EngineControl, { kind: 'refused' }>[] = [];
  const responses: Extract<EngineControl, { kind: 'response' }>[] = [];
  const errors: RaisedError[] = [];
  const ffmpeg = createFfmpegListener();
  const received = createReceivedBytes();
  let filePath: string | null = null;
  let chapters: readonly ChapterSpan[] = [];
  let openStep: string | null = null;
  let isSegmentForbidden = false;
  const missing = new Map<string, SegmentList>();
  const skipped: string[] = [];
  const lists = new Map<string, ListedSegments>();
  let end: RunEnd | null = null;
  const liveGaps: LiveGap[] = [];
  const losses = createLiveLosses();
  let loggedLines = 0;
  let deadlineMs = options.deadlineMs;
  let recordedSinceMs = options.recordedSinceMs;
  let seenAtMs: number | null = null;
  let listLostAtMs: number | null = null;
  let earlierBytes: number | null = null;
  const isContinued = recordedSinceMs !== null;
  let activeAtMs = performance.now();
  let progressAtMs = 0;

  /** One that has ended since is none any more, and still has no segments but those that are fetched in time. */
  const isOfLive = () => guard.wasLive || first?.isLive === true;

  function endBy(reason: RunEnd): void {
    end ??= reason;
    // It would first wait for the threads that are about to try the same address again.
    if (reason === 'blocked' || reason === 'needs-https') job.kill();
    else job.stop();
  }

  /** What is recorded of a live stream cannot be had again: it is kept, and the warning says where it ends. */
  function endByLimit(reason: RunEnd, isRecording: boolean): void {
    if (isRecording && end === null) liveGaps.push(lostNow());
    endBy(isRecording ? 'recorded' : reason);
  }

  /** ffmpeg has written what there is of a recording in several parts. */
  function endPart(): void {
    if (listLostAtMs !== null) endBy('interrupted');
    else if (isContinued) endBy('recorded');
  }

  function take(message: OutputMessage): void {
    if (guard.take(message)) endBy('changed');
    meter.take(message);
    switch (message.kind) {
      case 'video':
        first ??= message.video;
        seenAtMs ??= performance.now();
        openStep = null;
        takeVideo(message.video);
        break;
      case 'download':
        // Subtitles have no format; what comes after them may be fetched by ffmpeg, which reports nothing.
        if (message.progress.formatId !== null) progressAtMs = performance.now();
        // What ffmpeg fetches has no answers that are seen here.
        if (options.context.plan.section === null) received.takeProgress(message.progress, first);
        // What yt-dlp would do to its file is done to all parts together.
        if (message.progress.formatId !== null && message.progress.isFinished) endPart();
        // The media is there already; whatever this is, it is not what was asked for.
        if (options.context.plan.step !== 'whole' && isFetching(message.progress)) {
          endBy('part-failed');
        }
        if (
          Math.max(meter.downloadedBytes(), totalOf(message.progress)) > limits.maxFileSizeBytes
        ) {
          endBy('too-large');
        }
        break;
      case 'postprocess':
        openStep = message.isFinished ? null : message.name;
        endPart();
        break;
      case 'file':
        filePath = message.path;
        chapters = message.chapters;
    }
    activeAtMs = performance.now();
    options.onProgress();
  }

  function takeVideo(video: VideoInfo): void {
    options.onVideo(video);
    const maxSeconds = selection.options.live?.max_seconds;
    if (video.isLive && maxSeconds !== undefined) {
      deadlineMs = performance.now() + (maxSeconds + 300) * 1000;
    }
  }

  function takeLine(line: string): void {
    const message = parseOutputLine(line, nonce);
    if (message !== null) return take(message);
    lines.push(line);
    ffmpeg.take(line);
    if (isHttpsLeftOut(line)) endBy('needs-https');
    if (isOfLive() && isListLost(line)) listLostAtMs ??= performance.now();
    if (isOfLive()) losses.take(line, recordedSeconds());
    if (isForbiddenInput(line)) isSegmentForbidden = true;
    else if (isSkippedSegment(line) && skipped.length < MAX_KEPT_LINES) skipped.push(line);
    if (/^(\[|WARNING: )/.test(line)) activeAtMs = performance.now();
    // yt-dlp would go on, download the media, and only then say that it has failed.
    if (line.startsWith('ERROR: Preprocessing:')) endBy('part-failed');
    if (lines.length > MAX_KEPT_LINES) lines.splice(0, lines.length - MAX_KEPT_LINES);
    const level = levelOf(line);
    if (level === null || loggedLines >= MAX_LOGGED_LINES) return;
    loggedLines += 1;
    log(level, redact(line));
  }

  const recordedSeconds = () =>
    recordedSinceMs === null ? 0 : (performance.now() - recordedSinceMs) / 1000;

  function lostNow(): LiveGap {
    return { kind: 'live_gap', atSeconds: recordedSeconds(), firstSegment: null, segments: 0 };
  }

  function takeControl(control: EngineControl): void {
    if (control.kind === 'response') {
      responses.push(control);
      received.takeResponse(control);
      const wait = control.isOptional ? null : retryAfterOf(control, Date.now());
      // What a live stream has recorded is worth more than manners.
      const isFetching = first !== null && !first.isLive;
      if (isFetching && (wait ?? 0) > MAX_WAIT_IN_JOB_SECONDS) endBy('asked-to-wait');
      if (responses.length > MAX_KEPT_LINES) responses.shift();
    } else if (control.kind === 'error') {
      errors.push(control);
      if (errors.length > MAX_KEPT_LINES) errors.shift();
    } else if (control.kind === 'missing') {
      if (!control.isOptional) missing.set(control.file, control.segments);
    } else if (control.kind === 'listed') {
      if (!control.isOptional) lists.set(control.file, control);
    } else if (control.kind === 'live_gap') {
      liveGaps.push(control);
    } else if (control.kind === 'refused') {
      const { event, address, port, path, isOptional } = control;
      const isRepeated = refusals.some(
        (earlier) =>
          earlier.address !== null &&
          earlier.address === address &&
          earlier.port === port &&
          earlier.isOptional === isOptional,
      );
      refusals.push(control);
      log('warn', `Refused: ${event} ${redact(path ?? '')} ${address ?? ''} ${port ?? ''}`.trim());
      // Not at the first: a name with two addresses may have a public one besides.
      if (isRepeated && isEgressRefusal(control)) endBy(isOptional ? 'part-failed' : 'blocked');
    }
  }

  const argv = argvOf({
    ...options.context,
    url: task.url,
    nonce,
    engine: task.engine,
    isProxyForAll: task.egress.isProxyForAll,
  });
  log('debug', `yt-dlp ${typed(argv.map((word) => word.replaceAll(nonce, NONCE_NAME)))}`);
  const job = jobs.startYtDlp(argv, options.allowsHttps, {
    onLine: takeLine,
    onControl: takeControl,
  });

  let folderLookAtMs = 0;
  let folderBytes = 0;
  let isLooking = false;
  let usageLookAtMs = performance.now();
  let cpuSeconds = 0;

  async function lookAtFolder(nowMs: number): Promise<void> {
    folderLookAtMs = nowMs;
    const bytes = await partialBytes(task.jobFolder);
    if (bytes !== folderBytes) activeAtMs = performance.now();
    folderBytes = bytes;
    if (progressAtMs === 0) meter.takeBytes(bytes);
    earlierBytes ??= isContinued ? bytes : 0;
    if (bytes > earlierBytes && first?.isLive === true) {
      recordedSinceMs ??= nowMs;
    }
  }

  async function lookAtUsage(nowMs: number): Promise<void> {
    const elapsedSeconds = (nowMs - usageLookAtMs) / 1000;
    usageLookAtMs = nowMs;
    const used = await job.usage();
    if (used === null) return;
    if (used - cpuSeconds > elapsedSeconds * BUSY_SHARE) activeAtMs = performance.now();
    cpuSeconds = used;
  }

  async function look(nowMs: number): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    const isQuiet = nowMs - progressAtMs > FOLDER_LOOK_MS;
    if (isQuiet && nowMs - folderLookAtMs >= FOLDER_LOOK_MS) await lookAtFolder(nowMs);
    const lookMs = Math.min(USAGE_LOOK_MS, limits.stallTimeoutMs / 4);
    if (isQuiet && nowMs - usageLookAtMs >= lookMs) await lookAtUsage(nowMs);
    isLooking = false;
  }

  const ticker = setInterval(() => {
    const nowMs = performance.now();
    const maxSeconds = selection.options.live?.max_seconds;
    void look(nowMs);
    // Later it is on its way to a file already.
    const isRecording = recordedSinceMs !== null && openStep === null && filePath === null;
    if (jobs.isStopped) endBy('stopped');
    else if (listLostAtMs !== null && nowMs - listLostAtMs > LAST_WORDS_MS) endBy('interrupted');
    else if (
      maxSeconds !== undefined &&
      recordedSinceMs !== null &&
      nowMs - recordedSinceMs >= maxSeconds * 1000
    ) {
      endBy('recorded');
    } else if (jobs.isFinishing && isRecording) endBy('recorded');
    else if (nowMs > deadlineMs) endByLimit('timed-out', isRecording);
    else if (nowMs - activeAtMs > limits.stallTimeoutMs) {
      if (isAtOptionalPart(lines, openStep)) endBy('part-failed');
      else endByLimit('stalled', isRecording);
    } else options.onProgress();
  }, TICK_MS);

  const exit = await job.closed;
  clearInterval(ticker);
  await guard.settled();
  if (jobs.isStopped) end ??= 'stopped';
  // A live stream drops its old segments: what was recorded of it is kept, and it is told what is lost.
  const isSpoilt = skipped.length > 0 && !isOfLive();
  return {
    ...{
      exit,
      end,
      video: first,
      filePath,
      chapters,
      lines,
      openStep,
      refusals,
      responses,
      errors,
    },
    ...{ isSegmentForbidden, isSpoilt, lists: [...lists.values()] },
    missing: [...missing.values(), ...(isSpoilt ? [skippedSegments(skipped)] : [])],
    ...{ byteProblem: received.problem(), areBytesComplete: received.areComplete() },
    ffmpeg: ffmpeg.account(),
    liveGaps: [...liveGaps, ...losses.gaps()],
    ...{ recordedSinceMs, seenAtMs },
  };
}

function isFetching({ formatId, isFinished }: StreamProgress): boolean {
  return formatId !== null && !isFinished;
}

/** What the site says that the whole stream will have, before it is there. */
function totalOf({ formatId, totalBytes }: StreamProgress): number {
  return formatId === null ? 0 : (totalBytes ?? 0);
}

/** Null: chatter that helps nobody. */
function levelOf(line: string): LogLevel | null {
  if (line.includes('Interrupted by user')) return null;
  if (line.startsWith('ERROR:')) return 'error';
  if (line.startsWith('WARNING:') || /^\[download\] Got error/.test(line)) return 'warn';
  if (/^\[download\] Downloading item /.test(line)) return null;
  return /^\[[\w:+.-]+\] /.test(line) ? 'debug' : null;
}
