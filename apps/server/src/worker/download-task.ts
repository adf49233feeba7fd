import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import {
  areEntriesWanted,
  type DownloadWarning,
  type FailureCode,
  type WarningCode,
} from '@artemis/contracts';
import { leave } from './after-failure.ts';
import type { Attempt } from './attempt.ts';
import { detailed, doneOutcome, failedOutcome, stoppedOutcome } from './attempt.ts';
import { checkFinished } from './check-finished.ts';
import { inLightOfEngine } from './engine-trouble.ts';
import { askedWait, classifyFailure, isHlsRefusal, isLinkRefused } from './failure.ts';
import { partialBytes } from './job-folder.ts';
import { createJobs } from './jobs.ts';
import { keepIncomplete } from './keep-incomplete.ts';
import { asBefore, isLeftWithHoles, readMissing, rememberMissing } from './kept-fragments.ts';
import type { FinishTask, Outcome, StopTask, Task, TaskEvent } from './messages.ts';
import { createLiveParts, type LiveParts } from './live-parts.ts';
import { createListing, type Listing } from './listing.ts';
import { ignoredByPlan, ignoredWarnings } from './ignored-options.ts';
import { metadataOf } from './metadata.ts';
import { failedPart, misnamedThumbnail, warningOf } from './optional-parts.ts';
import { forgetOutcome } from './outcome-file.ts';
import type { VideoInfo } from './output-lines.ts';
import { asSingle, planOf, type DownloadPlan, type OptionalPart } from './plan.ts';
import { createProgressMeter, type ProgressFigure } from './progress.ts';
import { cutRecording, finishRecording, type FinishedRecording } from './recording.ts';
import { redact } from './redact.ts';
import { createReporter } from './reporter.ts';
import { openResumeGuard, wipeJobFolder, wipeAllButSegments } from './resume-state.ts';
import { missingSegments, segmentFigures } from './segments.ts';
import { forgetSetAside } from './set-aside.ts';
import { writeKnownInfo } from './site-info.ts';
import { isPlainFile, neededSpace } from './space.ts';
import { fetchParts } from './parts-task.ts';
import { runYtDlp, type RunResult } from './yt-dlp-run.ts';

/** Parts left out and starts from zero together; more than this is a site that plays games. */
const MAX_RUNS = 8;
const MAX_STARTS_FROM_ZERO = 2;
const MAX_NAMED_ENTRIES = 10;

/** Runs in which ffmpeg fetches the media: it tries a segment once, where yt-dlp tries it six times. */
const MAX_FFMPEG_RUNS = 3;

/** Links that are good for an hour, in a download that takes several. */
const MAX_RENEWALS = 4;

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
  const meter = createProgressMeter(() => performance.now());
  const onMessage = (message: StopTask | FinishTask): void => {
    if (message.kind === 'stop') jobs.stop();
    else jobs.finish();
  };
  port.on('message', onMessage);
  try {
    const attempt = { task, jobs, reporter, meter };
    const outcome = await outcomeOf(attempt);
    if (jobs.isStopped && outcome.kind === 'failed') return stoppedOutcome(jobs);
    const renewedCookies = jobs.renewedCookies();
    if (outcome.kind !== 'done' || renewedCookies === null) return outcome;
    return { ...outcome, renewedCookies };
  } catch (error) {
    jobs.stop();
    return failedOutcome(jobs, codeOfError(error), redact(String(error)));
  } finally {
    port.off('message', onMessage);
    port.close();
  }
}

/** Piscina calls the default export. */
export default run;

function outcomeOf(attempt: Attempt): Promise<Outcome> {
  const { isKeptIncomplete, parts } = attempt.task;
  if (isKeptIncomplete) return keepWhatIsThere(attempt);
  return parts === null ? perform(attempt) : fetchParts(attempt, parts);
}

async function keepWhatIsThere(attempt: Attempt): Promise<Outcome> {
  const { jobFolder } = attempt.task;
  const figures = await readMissing(jobFolder);
  if (figures === null) return keepIncomplete(attempt);
  // Most of its segments lie there; the others, and what decrypts them, have to be asked for.
  const outcome = asBefore(await perform(attempt), figures);
  if (outcome.kind === 'failed') await rememberMissing(jobFolder, figures);
  return outcome;
}

async function perform(attempt: Attempt): Promise<Outcome> {
  const { task, jobs, reporter, meter } = attempt;
  const { limits, jobFolder, isKeptIncomplete: isKept } = task;
  let { selection } = task;
  const leftOut = new Set<OptionalPart>();
  const key = createHash('sha256')
    .update(JSON.stringify([task.url, selection]))
    .digest('hex');
  const deadlineMs = performance.now() + limits.downloadTimeoutMs;
  let isTlsVerifiedByFfmpeg = task.url.startsWith('https:');
  let isHlsByFfmpeg = false;
  let allowsHttps = false;
  let startsFromZero = 0;
  let spoiltRuns = 0;
  const live = createLiveParts(attempt);
  let renewals = 0;
  let renewedAtBytes = 0;
  let isInfoKnown = task.knownInfo !== null && !planOf(selection).isFlat;

  if (!task.engine.hasFfmpeg && planOf(selection).hasMedia) {
    return failedOutcome(jobs, 'ENGINE_MISSING', 'There is no ffmpeg.');
  }
  await forgetOutcome(jobFolder);
  await forgetSetAside(jobFolder);
  if (!isKept && (await isLeftWithHoles(jobFolder))) await wipeJobFolder(jobFolder);
  if (!isKept && planOf(selection).section !== null) await wipeAllButSegments(jobFolder);
  for (let count = 1; count <= MAX_RUNS; count += 1) {
    const plan = planOf(selection, leftOut);
    const listing = plan.isFlat ? createListing(plan.options.playlist ?? {}) : null;
    let video: VideoInfo | null = null;
    const guard = await openResumeGuard(jobFolder, key);
    if (guard.wasLive) await live.keepLeft();
    if (isInfoKnown) await writeKnownInfo(jobFolder, task.knownInfo ?? '');
    const result = await runYtDlp({
      task,
      jobs,
      meter,
      guard,
      allowsHttps,
      context: {
        ...{ plan, isTlsVerifiedByFfmpeg, isInfoKnown, isHlsByFfmpeg, areHolesKept: isKept },
        segmentsLookedBack: live.segmentsLookedBack(),
      },
      deadlineMs,
      recordedSinceMs: live.recordedSinceMs,
      onVideo(next) {
        if (listing) return listing.add(next);
        video = next;
        reporter.metadata(metadataOf(next));
        tellSpace(attempt, plan, next, null);
      },
      onProgress() {
        const figure = meter.read();
        if (video !== null && isPlainFile(video)) tellSpace(attempt, plan, video, figure);
        reporter.progress(figure);
      },
      log: reporter.log,
    });
    if (await live.goesOn(result)) {
      count = 0;
      continue;
    }
    if (result.end === 'changed') {
      startsFromZero += 1;
      if (startsFromZero > MAX_STARTS_FROM_ZERO) {
        return failedOutcome(jobs, 'NETWORK', 'The file on the site changes all the time.');
      }
      reporter.log('warn', 'The file on the site has changed; starting from zero.');
      await wipeJobFolder(jobFolder);
      continue;
    }
    if (result.end === 'needs-https' && task.engine.restrictsConnections && !allowsHttps) {
      allowsHttps = true;
      continue;
    }
    // A part that has failed may have left its file where the media belongs, even when yt-dlp ended before our stop.
    const isSpoilt = result.end === 'part-failed' && failedPart(result, plan, leftOut) !== null;
    const isWhole =
      !isSpoilt &&
      result.end !== 'recorded' &&
      result.end !== 'interrupted' &&
      live.recordedSinceMs === null &&
      isComplete(result, plan);
    if (!isWhole && (result.end === null || result.end === 'part-failed')) {
      if (isInfoKnown) {
        // Its links have aged, most likely; whatever it was, only what the site says now counts.
        isInfoKnown = false;
        reporter.log('info', 'What the look had read does not serve any more; reading it again.');
        continue;
      }
      if (isTlsVerifiedByFfmpeg && result.lines.includes('Option tls_verify not found.')) {
        // The page came by https, the stream comes by plain http: there is no certificate to check.
        isTlsVerifiedByFfmpeg = false;
        continue;
      }
      if (!isHlsByFfmpeg && result.lines.some(isHlsRefusal)) {
        isHlsByFfmpeg = true;
        reporter.log('info', 'yt-dlp cannot put this stream together; leaving it to ffmpeg.');
        await wipeAllButSegments(jobFolder);
        continue;
      }
      const part = failedPart(result, plan, leftOut);
      if (part !== null && !leftOut.has(part)) {
        leftOut.add(part);
        reporter.log('warn', `Going on without it: ${part.replace(/[:_]/g, ' ')}.`);
        const misnamed = part === 'thumbnail' ? misnamedThumbnail(result.lines) : null;
        if (misnamed !== null) await rm(join(jobFolder, misnamed), { force: true });
        continue;
      }
    }
    if (!isWhole && result.end === null && renewals < MAX_RENEWALS && isLinkRefused(result)) {
      const bytes = await partialBytes(jobFolder);
      if (bytes > renewedAtBytes) {
        renewals += 1;
        renewedAtBytes = bytes;
        reporter.log('info', 'The links of the site have aged; reading it again.');
        continue;
      }
    }
    if (isWhole && listing) {
      if (
        listing.isList !== false ||
        !areEntriesWanted(selection.formatPreset, selection.options)
      ) {
        return listed(attempt, listing);
      }
      reporter.log('info', 'The link is no list; downloading it as it is.');
      selection = asSingle(selection);
      continue;
    }
    if (result.isSpoilt && !isKept) {
      spoiltRuns += 1;
      await wipeJobFolder(jobFolder);
      if (result.end === null && spoiltRuns < MAX_FFMPEG_RUNS && !result.isSegmentForbidden) {
        reporter.log('warn', 'ffmpeg went on without a segment; fetching all of it again.');
        continue;
      }
    }
    const warnings: (WarningCode | DownloadWarning)[] = [...leftOut].map(warningOf);
    if (result.lists.some(({ gaps }) => gaps.count > 0)) warnings.push('GAPS_DECLARED');
    if (isKept && result.missing.length > 0)
      warnings.push(detailed('INCOMPLETE', figuresOf(result)));
    const outcome =
      holes(attempt, result) ??
      (isWhole
        ? await checkFinished(attempt, plan, result, warnings)
        : await settle(attempt, plan, result, warnings, live));
    if (outcome.kind === 'failed' && !isKept) await leave(jobFolder, outcome, result, isWhole);
    return outcome;
  }
  return failedOutcome(jobs, 'UNKNOWN', 'Too many parts of this download failed.');
}

function tellSpace(
  { task, reporter }: Attempt,
  plan: DownloadPlan,
  video: VideoInfo,
  figure: ProgressFigure | null,
): void {
  const neededBytes = neededSpace(plan, video, figure?.totalBytes ?? null);
  // What is over the limit is ended by that.
  if (neededBytes === null || neededBytes > 2 * task.limits.maxFileSizeBytes) return;
  if (figure !== null) return reporter.space(neededBytes, figure.downloadedBytes ?? 0);
  void partialBytes(task.jobFolder).then((bytes) => reporter.space(neededBytes, bytes));
}

function isComplete({ exit, filePath, openStep }: RunResult, { hasMedia }: DownloadPlan): boolean {
  if (exit.status === 0) return hasMedia ? filePath !== null : true;
  // Something beside the media has failed, and yt-dlp has gone on to its last step.
  return hasMedia && exit.status === 1 && filePath !== null && openStep === null;
}

function listed({ task, jobs, reporter }: Attempt, listing: Listing): Outcome {
  const { entries, isCut, missing } = listing;
  const { formatPreset, options } = task.selection;
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if (entries.length === 0 && areEntriesWanted(formatPreset, options)) {
    return failedOutcome(jobs, 'MEDIA_UNAVAILABLE', 'None of these entries is in the list.');
  }
  if (isCut)
    reporter.log(
      'warn',
      `The list is longer than ${entries.length} entries; the rest is left out.`,
    );
  if (missing.length > 0) {
    const names = missing.slice(0, MAX_NAMED_ENTRIES).map(redact).join(', ');
    reporter.log(
      'warn',
      `${missing.length} of the chosen entries are not in the list any more and left out: ${names}.`,
    );
  }
  const ignored = formatPreset === 'Playlist (flat)' ? ignoredByPlan(planOf(task.selection)) : [];
  const warnings = ignoredWarnings(ignored);
  return { ...doneOutcome(jobs, [], listing.metadata(), warnings), entries };
}

/** The verdict on media with holes, however the run ended; null when there are none. */
function holes({ jobs, task }: Attempt, result: RunResult): Outcome | null {
  const { end, isSegmentForbidden, missing } = result;
  if (end !== null || jobs.isStopped) return null;
  if (isSegmentForbidden) {
    return failedOutcome(jobs, 'EGRESS_BLOCKED', 'A segment lies where no download may go.');
  }
  if (missing.length === 0 || task.isKeptIncomplete) return null;
  const detail = missing.map(missingSegments).join(' ');
  const figures = figuresOf(result);
  return { ...failedOutcome(jobs, 'FRAGMENTS_MISSING', detail), figures };
}

function figuresOf({ missing }: RunResult): string {
  return missing.map(segmentFigures).join('; ');
}

/** The run is over without a file that yt-dlp calls complete. */
async function settle(
  attempt: Attempt,
  plan: DownloadPlan,
  result: RunResult,
  warnings: readonly (WarningCode | DownloadWarning)[],
  live: LiveParts,
): Promise<Outcome> {
  const { jobs } = attempt;
  const last = result.refusals.at(-1);
  if (live.recordedSinceMs !== null && !jobs.isStopped && result.end !== 'too-large') {
    return settleRecording(attempt, plan, await live.join(result), warnings);
  }
  switch (result.end) {
    case 'stopped':
      return stoppedOutcome(jobs);
    case 'timed-out':
      return failedOutcome(jobs, 'TIMED_OUT', 'The time limit was reached.');
    case 'stalled':
      return failedOutcome(jobs, 'STALLED', 'No progress, no bytes and no work for too long.');
    case 'too-large':
      return failedOutcome(jobs, 'TOO_LARGE', 'The streams are larger than the limit.');
    case 'blocked': {
      const where = `${last?.address ?? 'An address'} port ${last?.port ?? '?'}`;
      return failedOutcome(jobs, 'EGRESS_BLOCKED', `${where} is not public.`);
    }
    case 'asked-to-wait': {
      const asked = askedWait(result, Date.now());
      return {
        kind: 'failed',
        code: 'THROTTLED',
        detail: `The site asks to wait ${asked?.seconds ?? '?'} s before the media is asked for again.`,
        retryAfterSeconds: asked?.seconds ?? null,
        isOfFileAlone: asked?.status === 503,
        usage: jobs.usage(),
      };
    }
    case 'needs-https':
      return failedOutcome(
        jobs,
        'EGRESS_BLOCKED',
        'The stream leads to https, where ffmpeg is not started: only Linux 6.7 and newer can keep it from other addresses.',
      );
    case 'interrupted':
      return failedOutcome(jobs, 'NETWORK', 'The list of the stream could not be had.');
    case 'recorded':
      return settleRecording(attempt, plan, result, warnings);
  }
  if (result.exit.status === 0) {
    return result.video === null
      ? failedOutcome(jobs, 'MEDIA_UNAVAILABLE', 'The link leads to an empty list.')
      : failedOutcome(jobs, 'UNKNOWN', 'yt-dlp ended without a file.');
  }
  const failure = classifyFailure(result, Date.now());
  const code = inLightOfEngine(failure.code, result.lines);
  return { kind: 'failed', ...failure, code, usage: jobs.usage() };
}

/** Makes a file of what was recorded of a live stream. */
async function settleRecording(
  attempt: Attempt,
  plan: DownloadPlan,
  result: RunResult,
  warnings: readonly (WarningCode | DownloadWarning)[],
): Promise<Outcome> {
  const { task, jobs, reporter } = attempt;
  const maxSeconds = plan.options.live?.max_seconds ?? null;
  let recording: FinishedRecording | null;
  reporter.log('info', 'Ending the recording.');
  if (isComplete(result, plan)) {
    const whole = result.filePath ?? '';
    const path = maxSeconds === null ? whole : await cutRecording(jobs, whole, maxSeconds);
    recording = path === null ? null : { path, warnings: [] };
  } else recording = await finishRecording(jobs, task.jobFolder, plan);
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if (recording === null) {
    return failedOutcome(jobs, 'POSTPROCESSING_FAILED', 'The recording could not be made a file.');
  }
  const allWarnings = [...warnings, ...recording.warnings];
  const finished = { ...result, end: 'recorded' as const, filePath: recording.path };
  return checkFinished(attempt, plan, finished, allWarnings);
}

function codeOfError(error: unknown): FailureCode {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOSPC', 'EDQUOT'].includes(code) ? 'DISK_FULL' : 'UNKNOWN';
}
