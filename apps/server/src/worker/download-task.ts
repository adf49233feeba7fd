import { createHash } from 'node:crypto';
import { basename, dirname, extname } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import {
  WARNINGS,
  type DownloadWarning,
  type FailureCode,
  type Metadata,
  type WarningCode,
} from '@artemis/contracts';
import { classifyFailure } from './failure.ts';
import { collectSidecars, ownFile } from './job-folder.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { mediaTypeOf } from './media-types.ts';
import type { Outcome, OutcomeFile, StopTask, Task, TaskEvent } from './messages.ts';
import { listMetadata, measuredMetadata, metadataOf } from './metadata.ts';
import { failedPart, warningOf } from './optional-parts.ts';
import { forgetOutcome, writeOutcome, type VerifiedOutcome } from './outcome-file.ts';
import type { VideoInfo } from './output-lines.ts';
import { planOf, type DownloadPlan, type OptionalPart } from './plan.ts';
import { createProgressMeter } from './progress.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { finishRecording } from './recording.ts';
import { redact } from './redact.ts';
import { openResumeGuard, wipeJobFolder } from './resume-state.ts';
import { expectedDuration, verifyMedia } from './verify.ts';
import { runYtDlp, type RunEnd, type RunResult } from './yt-dlp-run.ts';

/** Parts left out and starts from zero together; more than this is a site that plays games. */
const MAX_RUNS = 8;
const MAX_STARTS_FROM_ZERO = 2;

/** What lies in the job folder is worth nothing after these: the next attempt begins from zero. */
const WIPING = new Set<FailureCode>([
  'TRUNCATED',
  'INVALID_MEDIA',
  'UNSAFE_TYPE',
  'TOO_LARGE',
  'POSTPROCESSING_FAILED',
]);

export interface DownloadTaskInput {
  readonly task: Task;
  /** Events go out here, the stop message comes in; closed at the end. */
  readonly port: MessagePort;
}

/**
 * One attempt of a download: extract, download, check. Resolves when none of its processes, timers or sockets is
 * left; never rejects. Partial files stay in the job folder for the next attempt.
 */
export async function run({ task, port }: DownloadTaskInput): Promise<Outcome> {
  const jobs = createJobs(task);
  const reporter = createReporter((event: TaskEvent) => port.postMessage(event));
  const onMessage = (message: StopTask): void => {
    if (message.kind === 'stop') jobs.stop();
  };
  port.on('message', onMessage);
  try {
    const outcome = await attempt(task, jobs, reporter);
    return jobs.isStopped && outcome.kind === 'failed' ? stopped(jobs) : outcome;
  } catch (error) {
    jobs.stop();
    return failed(jobs, codeOfError(error), redact(String(error)));
  } finally {
    port.off('message', onMessage);
    port.close();
  }
}

/** Piscina calls the default export. */
export default run;

async function attempt(task: Task, jobs: Jobs, reporter: Reporter): Promise<Outcome> {
  const { selection, limits, jobFolder } = task;
  const meter = createProgressMeter(() => performance.now());
  const leftOut = new Set<OptionalPart>();
  const key = createHash('sha256')
    .update(JSON.stringify([task.url, selection]))
    .digest('hex');
  const deadlineMs = performance.now() + limits.downloadTimeoutMs;
  let isTlsVerifiedByFfmpeg = task.url.startsWith('https:');
  let startsFromZero = 0;

  await forgetOutcome(jobFolder);
  for (let count = 1; count <= MAX_RUNS; count += 1) {
    const plan = planOf(selection, leftOut);
    const result = await runYtDlp({
      task,
      jobs,
      meter,
      guard: await openResumeGuard(jobFolder, key),
      context: { plan, isTlsVerifiedByFfmpeg },
      deadlineMs,
      onVideo: (video) => {
        if (plan.isFlat) return;
        reporter.metadata(metadataOf(video));
      },
      onProgress: () => reporter.progress(meter.read()),
      log: reporter.log,
    });
    if (result.end === 'changed') {
      startsFromZero += 1;
      if (startsFromZero > MAX_STARTS_FROM_ZERO) {
        return failed(jobs, 'NETWORK', 'The file on the site changes while it is downloaded.');
      }
      reporter.log('warn', 'The file on the site has changed; starting from zero.');
      await wipeJobFolder(jobFolder);
      continue;
    }
    const isComplete = isDone(result, plan);
    if (!isComplete && result.end === null) {
      if (isTlsVerifiedByFfmpeg && result.lines.includes('Option tls_verify not found.')) {
        // The page came by https, the stream comes by plain http: there is no certificate to check.
        isTlsVerifiedByFfmpeg = false;
        continue;
      }
      const part = failedPart(result, plan, leftOut);
      if (part !== null && !leftOut.has(part)) {
        leftOut.add(part);
        reporter.log('warn', `Going on without: ${part.replace(':', ' ')}.`);
        continue;
      }
    }
    const warnings = [...leftOut].map(warningOf);
    const outcome = isComplete
      ? await finish(task, jobs, reporter, plan, result, warnings, () => meter.verifying())
      : await end(task, jobs, reporter, plan, result, warnings, () => meter.verifying());
    if (outcome.kind === 'failed' && WIPING.has(outcome.code)) await wipeJobFolder(jobFolder);
    return outcome;

    function isDone({ exit, filePath, openStep }: RunResult, { hasMedia }: DownloadPlan): boolean {
      if (!hasMedia) return exit.status === 0;
      if (filePath === null) return false;
      // A thumbnail that could not be converted makes the exit code 1, with the media whole.
      return exit.status === 0 || (openStep === null && exit.status === 1);
    }
  }
  return failed(jobs, 'UNKNOWN', 'Too many parts of this download failed.');
}

/** The run is over without a file that yt-dlp calls complete. */
async function end(
  task: Task,
  jobs: Jobs,
  reporter: Reporter,
  plan: DownloadPlan,
  result: RunResult,
  warnings: readonly WarningCode[],
  onVerifying: () => void,
): Promise<Outcome> {
  if (result.end === 'stopped') return stopped(jobs);
  if (result.end === 'recorded') {
    const maxSeconds = plan.options.live?.max_seconds ?? 0;
    reporter.log('info', `Recorded for ${maxSeconds} s; ending the recording.`);
    const filePath = await finishRecording(jobs, task.jobFolder, maxSeconds);
    if (jobs.isStopped) return stopped(jobs);
    return filePath === null
      ? failed(jobs, 'POSTPROCESSING_FAILED', 'The recording could not be made into a file.')
      : finish(task, jobs, reporter, plan, { ...result, filePath }, warnings, onVerifying);
  }
  if (result.end !== null) return endedByUs(jobs, result.end, result);
  if (result.exit.status === 0) {
    return result.videos.length === 0
      ? failed(jobs, 'MEDIA_UNAVAILABLE', 'The link leads to an empty list.')
      : failed(jobs, 'UNKNOWN', 'yt-dlp ended without a file.');
  }
  const { code, detail, retryAfterSeconds } = classifyFailure(result, Date.now());
  return { kind: 'failed', code, detail, retryAfterSeconds, usage: jobs.usage() };
}

async function finish(
  task: Task,
  jobs: Jobs,
  reporter: Reporter,
  plan: DownloadPlan,
  result: RunResult,
  earlierWarnings: readonly WarningCode[],
  onVerifying: () => void,
): Promise<Outcome> {
  const video = result.videos[0];
  if (jobs.isStopped) return stopped(jobs);
  if (plan.isFlat) return done(jobs, [], listMetadata(result.videos), []);
  if (video === undefined) {
    return failed(jobs, 'MEDIA_UNAVAILABLE', 'The link leads to an empty list.');
  }
  const warnings = [...earlierWarnings, ...listWarnings(video)];
  if (!plan.hasMedia) return done(jobs, [], metadataOf(video), warnings);

  onVerifying();
  reporter.phase('verifying');
  const path = result.filePath ?? '';
  const name = basename(path);
  if (mediaTypeOf(name)?.kind !== 'media') {
    return failed(jobs, 'UNSAFE_TYPE', `The site calls it ${redact(extname(name) || name)}.`);
  }
  const file = dirname(path) === task.jobFolder ? await ownFile(task.jobFolder, name) : null;
  if (file === null) return failed(jobs, 'INVALID_MEDIA', 'There is no file, or it is empty.');
  const isRecording = result.end === 'recorded';
  const expected = isRecording ? null : expectedDuration(plan, video);
  const verdict = await verifyMedia(jobs, file.path, plan, expected);
  if (jobs.isStopped) return stopped(jobs);
  if ('failure' in verdict) return failed(jobs, verdict.failure, verdict.detail);
  const sidecars = await collectSidecars(task.jobFolder, plan, verdict.media);
  const metadata = measuredMetadata(metadataOf(video), verdict.media, extname(name).slice(1));
  const files = [file, ...sidecars.files];
  const outcome = done(jobs, files, metadata, [
    ...warnings,
    ...verdict.warnings,
    ...sidecars.warnings,
  ]);
  await writeOutcome(task.jobFolder, outcome);
  reporter.log('info', `Got ${files.map(({ suffix }) => `media${suffix}`).join(', ')}; checked.`);
  return outcome;
}

function endedByUs(jobs: Jobs, end: RunEnd, { refusals }: RunResult): Outcome {
  const last = refusals.at(-1);
  switch (end) {
    case 'timed-out':
      return failed(jobs, 'TIMED_OUT', 'The time limit was reached.');
    case 'stalled':
      return failed(jobs, 'STALLED', 'No progress, no bytes and no work for too long.');
    case 'too-large':
      return failed(jobs, 'TOO_LARGE', 'The streams are larger than the limit.');
    case 'blocked':
      return failed(
        jobs,
        'EGRESS_BLOCKED',
        `${last?.address ?? 'An address'} port ${last?.port ?? '?'} is not public.`,
      );
    default:
      return failed(jobs, 'UNKNOWN', `The run was ended: ${end}.`);
  }
}

function listWarnings({ fields }: VideoInfo): WarningCode[] {
  const count = fields['playlist_count'];
  return fields['playlist_index'] === 1 && count !== 1 ? ['PLAYLIST_FIRST_ONLY'] : [];
}

function done(
  jobs: Jobs,
  files: readonly OutcomeFile[],
  metadata: Metadata,
  codes: readonly WarningCode[],
): VerifiedOutcome {
  const warnings: DownloadWarning[] = [...new Set(codes)].map((code) => ({
    code,
    message: WARNINGS[code],
  }));
  return { kind: 'done', files, metadata, warnings, usage: jobs.usage() };
}

function failed(jobs: Jobs, code: FailureCode, detail: string): Outcome {
  return { kind: 'failed', code, detail, retryAfterSeconds: null, usage: jobs.usage() };
}

function stopped(jobs: Jobs): Outcome {
  return { kind: 'stopped', usage: jobs.usage() };
}

function codeOfError(error: unknown): FailureCode {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOSPC', 'EDQUOT'].includes(code) ? 'DISK_FULL' : 'UNKNOWN';
}
