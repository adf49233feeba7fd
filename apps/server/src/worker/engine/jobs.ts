import {
  openEngineJob,
  type EngineExit,
  type EngineJob,
  type EngineJobEvents,
} from './engine-connection.ts';
import type { AttemptUsage } from '../../domain/attempt.ts';
import type { Task } from '../task.ts';

/** Default for a program that only reads a finished file. */
const TOOL_TIMEOUT_MS = 120_000;
/** For a tool that reads the whole media: the largest allowed file on a slow disk. */
export const WHOLE_MEDIA_TIMEOUT_MS = 30 * 60_000;

export interface ToolResult {
  readonly exit: EngineExit;
  readonly isTimedOut: boolean;
}

/** The engine jobs of one attempt, which run one after another. */
export interface Jobs {
  /** `allowsHttps`: see `EngineJobSpec`. */
  startYtDlp(argv: readonly string[], allowsHttps: boolean, events: EngineJobEvents): EngineJob;
  /** Runs ffprobe or ffmpeg on files of the work folder, without network; `engine/media_inputs.py` lists the allowed formats. */
  runTool(
    program: 'ffprobe' | 'ffmpeg',
    argv: readonly string[],
    onLine?: (line: string) => void,
    timeoutMs?: number,
  ): Promise<ToolResult>;
  /** Ends the running job, and every job that is started later right after its start. */
  stop(): void;
  readonly isStopped: boolean;
  /** Ends a live recording with what it has, now or as soon as it has something. */
  finish(): void;
  readonly isFinishing: boolean;
  /** The given cookies that the site renewed in the last run; null when there are none. A secret. */
  renewedCookies(): string | null;
  /** Sum over the jobs that have ended. */
  usage(): AttemptUsage;
}

export function createJobs({ engine, egress, limits, workFolder, cookies }: Task): Jobs {
  const running = new Set<EngineJob>();
  let isStopped = false;
  let isFinishing = false;
  let renewedCookies: string | null = null;
  let cpuSeconds: number | null = null;
  let peakMemoryBytes: number | null = null;

  function track(job: EngineJob): EngineJob {
    running.add(job);
    if (isStopped) job.stop();
    void job.closed.then((exit) => {
      running.delete(job);
      if (exit.cpuSeconds !== null) cpuSeconds = (cpuSeconds ?? 0) + exit.cpuSeconds;
      if (exit.peakMemoryBytes !== null) {
        peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, exit.peakMemoryBytes);
      }
    });
    return job;
  }

  const jobLimits = { fileSizeBytes: limits.maxFileSizeBytes, memoryBytes: limits.memoryBytes };

  return {
    get isStopped() {
      return isStopped;
    },
    get isFinishing() {
      return isFinishing;
    },
    finish() {
      isFinishing = true;
    },
    startYtDlp(argv, allowsHttps, events) {
      const spec = {
        program: 'yt-dlp' as const,
        argv,
        folder: workFolder,
        cookies,
        limits: jobLimits,
        egress: {
          allow: egress.allow,
          proxy: { url: egress.proxyUrl, isForAll: egress.isProxyForAll },
          allowsHttps,
        },
      };
      return track(
        openEngineJob(engine.socketPath, spec, {
          onLine: events.onLine,
          onControl: (control) => {
            if (control.kind === 'cookies') renewedCookies = control.text;
            else events.onControl(control);
          },
        }),
      );
    },
    async runTool(program, argv, onLine = () => undefined, timeoutMs = TOOL_TIMEOUT_MS) {
      let isTimedOut = false;
      const spec = {
        program,
        argv,
        folder: workFolder,
        limits: jobLimits,
        egress: { allow: [], proxy: null },
      };
      const job = track(
        openEngineJob(engine.socketPath, spec, {
          onLine,
          onControl: () => undefined,
        }),
      );
      const timer = setTimeout(() => {
        isTimedOut = true;
        job.stop();
      }, timeoutMs);
      const exit = await job.closed;
      clearTimeout(timer);
      return { exit, isTimedOut };
    },
    stop() {
      isStopped = true;
      for (const job of running) job.stop();
    },
    renewedCookies: () => renewedCookies,
    usage: () => ({ tier: engine.tier, cpuSeconds, peakMemoryBytes }),
  };
}
