import { say, type DownloadWarning, type WarningCode } from '@artemis/contracts';
import type { Attempt } from '../run/attempt.ts';
import { failedOutcome, stoppedOutcome } from '../run/attempt.ts';
import { behindTheEnd, saidBehindTheEnd } from './behind-the-end.ts';
import { checkFinished } from './check-finished.ts';
import { inLightOfEngine } from '../failure/engine-trouble.ts';
import { askedWait, classifyFailure } from '../failure/failure.ts';
import type { LiveParts } from '../live/live-parts.ts';
import type { Outcome } from '../../domain/attempt.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import { cutRecording, finishRecording, type FinishedRecording } from '../media/recording.ts';
import { missingSegments, segmentFigures } from '../output/segments.ts';
import type { RunResult } from '../run/run-result.ts';

/** Whether yt-dlp considers the media complete. */
export function isComplete(
  { exit, filePath, openStep }: RunResult,
  { hasMedia }: DownloadPlan,
): boolean {
  if (exit.status === 0) return hasMedia ? filePath !== null : true;
  // Only something beside the media has failed: yt-dlp has reached its last step.
  return hasMedia && exit.status === 1 && filePath !== null && openStep === null;
}

/** The verdict on media with holes, however the run ended; null when there are none. */
export function holes({ jobs, task }: Attempt, result: RunResult): Outcome | null {
  const { end, isSegmentForbidden, missing } = result;
  if (end !== null || jobs.isStopped) return null;
  if (isSegmentForbidden) {
    return failedOutcome(jobs, 'EGRESS_BLOCKED', 'A segment is at an address that is not allowed.');
  }
  if (missing.length === 0 || task.isKeptIncomplete) return null;
  const detail = missing.map(missingSegments).join(' ');
  const figures = figuresOf(result);
  return { ...failedOutcome(jobs, 'FRAGMENTS_MISSING', detail), figures };
}

export function figuresOf({ missing }: RunResult): string {
  return missing.map(segmentFigures).join('; ');
}

/** The outcome of a run that left no file which yt-dlp considers complete. */
export async function settle(
  attempt: Attempt,
  plan: DownloadPlan,
  result: RunResult,
  warnings: readonly (WarningCode | DownloadWarning)[],
  live: LiveParts,
): Promise<Outcome> {
  const { jobs } = attempt;
  if (live.recordedSinceMs !== null && !jobs.isStopped && result.end !== 'too-large') {
    return settleRecording(attempt, plan, await live.join(result), warnings);
  }
  switch (result.end) {
    case 'stopped':
      return stoppedOutcome(jobs);
    case 'timed-out':
      return failedOutcome(jobs, 'TIMED_OUT', 'The time limit was reached.');
    case 'stalled':
      return failedOutcome(
        jobs,
        'STALLED',
        'There was no progress, no data and no work for too long.',
      );
    case 'too-large':
      return failedOutcome(jobs, 'TOO_LARGE', 'The streams are larger than the limit.');
    case 'blocked': {
      const last = result.refusals.at(-1);
      const where = `${last?.address ?? 'An address'} port ${last?.port ?? '?'}`;
      return failedOutcome(jobs, 'EGRESS_BLOCKED', `${where} is not public.`);
    }
    case 'asked-to-wait': {
      const asked = askedWait(result, Date.now());
      return {
        kind: 'failed',
        code: 'THROTTLED',
        detail: `The site asks to wait ${asked?.seconds ?? '?'} s before the next request for the media.`,
        retryAfterSeconds: asked?.seconds ?? null,
        isOfFileAlone: asked?.status === 503,
        usage: jobs.usage(),
      };
    }
    case 'needs-https':
      return failedOutcome(
        jobs,
        'EGRESS_BLOCKED',
        'The stream leads to https. ffmpeg may use https only on Linux 6.7 or newer, which can keep it from other addresses.',
      );
    case 'interrupted':
      return failedOutcome(jobs, 'NETWORK', 'The playlist of the stream could not be loaded.');
    case 'recorded':
      return settleRecording(attempt, plan, result, warnings);
  }
  if (result.exit.status === 0) {
    return result.video === null
      ? failedOutcome(jobs, 'MEDIA_UNAVAILABLE', 'The link leads to an empty list.')
      : failedOutcome(jobs, 'UNKNOWN', 'yt-dlp ended without a file.');
  }
  const behind = plan.section && saidBehindTheEnd(result.lines);
  if (plan.section !== null && behind !== null) {
    const known = behind.seconds ?? result.video?.durationSeconds ?? null;
    return behindTheEnd(jobs, plan.section, known);
  }
  const failure = classifyFailure(result, Date.now());
  const code = inLightOfEngine(failure.code, result.lines);
  const isNamed = code === 'NETWORK' && failure.status !== null;
  const figures = isNamed ? { figures: `HTTP ${failure.status}` } : {};
  return { kind: 'failed', ...failure, ...figures, code, usage: jobs.usage() };
}

/** Makes a file of a live recording. */
async function settleRecording(
  attempt: Attempt,
  plan: DownloadPlan,
  result: RunResult,
  warnings: readonly (WarningCode | DownloadWarning)[],
): Promise<Outcome> {
  const { task, jobs, reporter } = attempt;
  const maxSeconds = plan.options.live?.max_seconds ?? null;
  let recording: FinishedRecording | null;
  reporter.log('info', say('ENDING_RECORDING'));
  if (isComplete(result, plan)) {
    const whole = result.filePath ?? '';
    const path = maxSeconds === null ? whole : await cutRecording(jobs, whole, maxSeconds);
    recording = path === null ? null : { path, warnings: [], gaps: [] };
  } else recording = await finishRecording(jobs, task.workFolder, plan);
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if (recording === null) {
    return failedOutcome(
      jobs,
      'POSTPROCESSING_FAILED',
      'The recording could not be turned into a file.',
    );
  }
  const allWarnings = [...warnings, ...recording.warnings];
  const liveGaps = [...result.liveGaps, ...recording.gaps];
  const finished = {
    ...result,
    end: 'recorded' as const,
    filePath: recording.path,
    liveGaps,
  };
  return checkFinished(attempt, plan, finished, allWarnings);
}
