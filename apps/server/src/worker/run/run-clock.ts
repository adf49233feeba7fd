import type { EngineJob } from '../engine/engine-connection.ts';
import type { Jobs } from '../engine/jobs.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { ProgressMeter } from '../output/progress.ts';
import type { Task } from '../task.ts';
import { partialBytes } from '../work-folder/folder-files.ts';
import type { RunEnd } from './run-result.ts';

const FOLDER_LOOK_MS = 1_000;
const USAGE_LOOK_MS = 5_000;
/** A job that uses less than this share of one core is waiting and not working. */
const BUSY_SHARE = 0.02;
/** ffmpeg ends by itself after it has lost its playlist, unless it has another one. */
const LAST_WORDS_MS = 1_500;
/** Added to the longest recording: the stream may begin late, and the file has to be finished. */
const LIVE_GRACE_SECONDS = 300;

export interface RunClockOptions {
  readonly task: Task;
  readonly jobs: Pick<Jobs, 'isStopped' | 'isFinishing'>;
  readonly meter: ProgressMeter;
  /** Monotonic; the end of the attempt. */
  readonly deadlineMs: number;
  /** Monotonic; the begin of the live recording that this run continues. Null: it continues none. */
  readonly recordedSinceMs: number | null;
}

/** Knows when a run of yt-dlp has to end: its deadline, its standstill, and the limits of a live recording. */
export interface RunClock {
  readonly recordedSinceMs: number | null;
  readonly seenAtMs: number | null;
  readonly isListLost: boolean;
  /** Length of the live recording so far; 0 before it begins. */
  recordedSeconds(): number;
  takeVideo(video: VideoInfo): void;
  /** yt-dlp or ffmpeg has shown that it is at work. */
  noteActivity(): void;
  /** yt-dlp has reported progress of the media, so that its files need no look. */
  noteProgress(): void;
  /** ffmpeg has lost the playlist of a live stream. */
  noteListLost(): void;
  /** Looks at files and CPU time of a job that reports nothing. Call on every tick. */
  observe(job: Pick<EngineJob, 'usage'>): Promise<void>;
  /** Why the run has to end now; null: it goes on. `isRecording`: the live recording has not reached its next step. */
  due(isRecording: boolean): RunEnd | null;
}

export function createRunClock(options: RunClockOptions): RunClock {
  const { task, jobs, meter } = options;
  const maxSeconds = task.selection.options.live?.max_seconds;
  const isContinued = options.recordedSinceMs !== null;
  let { deadlineMs, recordedSinceMs } = options;
  let isLive: boolean | null = null;
  let seenAtMs: number | null = null;
  let listLostAtMs: number | null = null;
  let activeAtMs = performance.now();
  let progressAtMs = 0;

  let isObserving = false;
  let folderLookAtMs = 0;
  let folderBytes = 0;
  /** Bytes that the run found in the folder; null before the first look. */
  let earlierBytes: number | null = null;
  let usageLookAtMs = performance.now();
  let cpuSeconds = 0;

  async function lookAtFolder(nowMs: number): Promise<void> {
    folderLookAtMs = nowMs;
    const bytes = await partialBytes(task.workFolder);
    if (bytes !== folderBytes) activeAtMs = performance.now();
    folderBytes = bytes;
    if (progressAtMs === 0) meter.takeBytes(bytes);
    earlierBytes ??= isContinued ? bytes : 0;
    if (bytes > earlierBytes && isLive === true) recordedSinceMs ??= nowMs;
  }

  async function lookAtUsage(job: Pick<EngineJob, 'usage'>, nowMs: number): Promise<void> {
    const elapsedSeconds = (nowMs - usageLookAtMs) / 1000;
    usageLookAtMs = nowMs;
    const used = await job.usage();
    if (used === null) return;
    if (used - cpuSeconds > elapsedSeconds * BUSY_SHARE) activeAtMs = performance.now();
    cpuSeconds = used;
  }

  return {
    get recordedSinceMs() {
      return recordedSinceMs;
    },
    get seenAtMs() {
      return seenAtMs;
    },
    get isListLost() {
      return listLostAtMs !== null;
    },
    recordedSeconds() {
      return recordedSinceMs === null ? 0 : (performance.now() - recordedSinceMs) / 1000;
    },
    takeVideo(video) {
      const nowMs = performance.now();
      isLive ??= video.isLive;
      seenAtMs ??= nowMs;
      if (video.isLive && maxSeconds !== undefined) {
        deadlineMs = nowMs + (maxSeconds + LIVE_GRACE_SECONDS) * 1000;
      }
    },
    noteActivity() {
      activeAtMs = performance.now();
    },
    noteProgress() {
      progressAtMs = performance.now();
    },
    noteListLost() {
      listLostAtMs ??= performance.now();
    },
    async observe(job) {
      const nowMs = performance.now();
      const isQuiet = nowMs - progressAtMs > FOLDER_LOOK_MS;
      if (isObserving || !isQuiet) return;
      isObserving = true;
      if (nowMs - folderLookAtMs >= FOLDER_LOOK_MS) await lookAtFolder(nowMs);
      const usageLookMs = Math.min(USAGE_LOOK_MS, task.limits.stallTimeoutMs / 4);
      if (nowMs - usageLookAtMs >= usageLookMs) await lookAtUsage(job, nowMs);
      isObserving = false;
    },
    due(isRecording) {
      const nowMs = performance.now();
      if (jobs.isStopped) return 'stopped';
      if (listLostAtMs !== null && nowMs - listLostAtMs > LAST_WORDS_MS) return 'interrupted';
      const isLongEnough =
        maxSeconds !== undefined &&
        recordedSinceMs !== null &&
        nowMs - recordedSinceMs >= maxSeconds * 1000;
      if (isLongEnough || (jobs.isFinishing && isRecording)) return 'recorded';
      if (nowMs > deadlineMs) return 'timed-out';
      return nowMs - activeAtMs > task.limits.stallTimeoutMs ? 'stalled' : null;
    },
  };
}
