import { randomBytes } from 'node:crypto';
import type { LogLevel } from '@artemis/contracts';
import { argvOf, type ArgvContext } from '../argv/argv.ts';
import { NONCE_BYTES } from '../argv/usual-argv.ts';
import type { LiveGap } from '../engine/engine-connection.ts';
import type { Jobs } from '../engine/jobs.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { ProgressMeter } from '../output/progress.ts';
import { createReceivedBytes } from '../output/received-bytes.ts';
import { NONCE_NAME, typed } from '../output/typed-words.ts';
import type { Task } from '../task.ts';
import type { ResumeGuard } from '../work-folder/resume-state.ts';
import { createRunClock } from './run-clock.ts';
import { createRunOutput } from './run-output.ts';
import { createRunReports } from './run-reports.ts';
import type { RunEnd, RunResult } from './run-result.ts';

const TICK_MS = 250;
const SOURCE_CUT = 'The file ends before the end of its data.';

export interface RunOptions {
  readonly task: Task;
  readonly jobs: Jobs;
  readonly meter: ProgressMeter;
  readonly guard: ResumeGuard;
  /** See `EngineJobSpec`. */
  readonly allowsHttps: boolean;
  readonly context: Omit<ArgvContext, 'url' | 'nonce' | 'engine' | 'isProxyForAll'>;
  /** Monotonic; the end of the attempt. */
  readonly deadlineMs: number;
  /** Monotonic; the begin of the live recording that this run continues. Null: it continues none. */
  readonly recordedSinceMs: number | null;
  readonly onVideo: (video: VideoInfo) => void;
  readonly onProgress: () => void;
  readonly log: (level: LogLevel, text: string) => void;
}

/** One run of yt-dlp within its limits. Resolves when no process of the run is left; never rejects. */
export async function runYtDlp(options: RunOptions): Promise<RunResult> {
  const { task, jobs, guard, log } = options;
  const nonce = randomBytes(NONCE_BYTES).toString('hex');
  const clock = createRunClock(options);
  const received = createReceivedBytes();
  const output = createRunOutput({
    ...options,
    ...{ nonce, clock, received, endBy },
    plan: options.context.plan,
    maxFileSizeBytes: task.limits.maxFileSizeBytes,
    isContinued: options.recordedSinceMs !== null,
  });
  const reports = createRunReports({ received, video: () => output.video, endBy, log });
  /** Where a limit has cut a live recording short. */
  const cuts: LiveGap[] = [];
  let end: RunEnd | null = null;

  const argv = argvOf({
    ...options.context,
    url: task.url,
    nonce,
    engine: task.engine,
    isProxyForAll: task.egress.isProxyForAll,
  });
  log('debug', `yt-dlp ${typed(argv.map((word) => word.replaceAll(nonce, NONCE_NAME)))}`);
  const job = jobs.startYtDlp(argv, options.allowsHttps, {
    onLine: output.takeLine,
    onControl: reports.take,
  });

  /** The first reason counts. */
  function endBy(reason: RunEnd): void {
    end ??= reason;
    // A polite stop would wait for threads of yt-dlp that are about to try the same address again.
    if (reason === 'blocked' || reason === 'needs-https') job.kill();
    else job.stop();
  }

  /** A live stream cannot be fetched again, so that its recording is kept, and a warning says where it ends. */
  function cutRecording(): void {
    if (end === null) {
      const atSeconds = clock.recordedSeconds();
      cuts.push({ kind: 'live_gap', atSeconds, firstSegment: null, segments: 0 });
    }
    endBy('recorded');
  }

  const ticker = setInterval(() => {
    void clock.observe(job);
    const isRecording = clock.recordedSinceMs !== null && !output.isBeyondMedia;
    const due = clock.due(isRecording);
    if (due === null) options.onProgress();
    else if (due === 'stalled' && output.isAtOptionalPart()) endBy('part-failed');
    else if (isRecording && (due === 'stalled' || due === 'timed-out')) cutRecording();
    else endBy(due);
  }, TICK_MS);

  const exit = await job.closed;
  clearInterval(ticker);
  await guard.settled();
  if (jobs.isStopped) end ??= 'stopped';
  const skipped = output.skipped();
  return {
    ...{ exit, end },
    ...output.facts(),
    ...reports.facts(),
    isSpoilt: skipped !== null,
    missing: [...reports.missing(), ...(skipped === null ? [] : [skipped])],
    byteProblem: reports.isSourceCut() ? SOURCE_CUT : received.problem(),
    areBytesComplete: received.areComplete(),
    liveGaps: [...reports.liveGaps(), ...cuts, ...output.losses()],
    ...{ recordedSinceMs: clock.recordedSinceMs, seenAtMs: clock.seenAtMs },
  };
}
