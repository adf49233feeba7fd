import { readdir } from 'node:fs/promises';
import type { MessagePort } from 'node:worker_threads';
import {
  say,
  areEntriesWanted,
  type DownloadWarning,
  type FailureCode,
  type WarningCode,
} from '@artemis/contracts';
import { isDiskFull } from '../error-code.ts';
import { leave } from './outcome/after-failure.ts';
import type { Attempt } from './run/attempt.ts';
import { doneOutcome, failedOutcome, stoppedOutcome } from './run/attempt.ts';
import { detailed } from './output/detailed-warning.ts';
import { checkFinished } from './outcome/check-finished.ts';
import { partialBytes } from './work-folder/folder-files.ts';
import { createJobs } from './engine/jobs.ts';
import { keepIncomplete } from './outcome/keep-incomplete.ts';
import {
  asBefore,
  isLeftWithHoles,
  readMissing,
  rememberMissing,
} from './work-folder/kept-fragments.ts';
import type { Outcome, TaskEvent } from '../domain/attempt.ts';
import type { FinishTask, StopTask, Task } from './task.ts';
import { createLiveParts, type LiveParts } from './live/live-parts.ts';
import { isOneOfPage } from './probe/entry-of-page.ts';
import { createListing, type Listing } from './probe/listing.ts';
import { ignoredByPlan, ignoredChoice, ignoredWarnings } from './outcome/ignored-options.ts';
import { metadataOf } from './media/metadata.ts';
import { failedPart, warningOf } from './outcome/optional-parts.ts';
import { forgetOutcome } from './work-folder/outcome-file.ts';
import type { VideoInfo } from './output/output-lines.ts';
import { planOf, type DownloadPlan } from './plan/plan.ts';
import { createProgressMeter, type ProgressFigure } from './output/progress.ts';
import { redact } from './output/redact.ts';
import { createReporter } from './output/reporter.ts';
import {
  NOTHING_TO_RESUME,
  openResumeGuard,
  resumeKey,
  wipeButRecorded,
  wipeAllButSegments,
} from './work-folder/resume-state.ts';
import { beginCourse, reasonToRunAgain, type Course } from './outcome/run-again.ts';
import { forgetSetAside } from './work-folder/set-aside.ts';
import { figuresOf, holes, isComplete, settle } from './outcome/settle-run.ts';
import { writeKnownInfo } from './work-folder/site-info.ts';
import { isPlainFile, neededSpace } from './plan/space.ts';
import { fetchParts } from './parts-task.ts';
import type { RunResult } from './run/run-result.ts';
import { runYtDlp } from './run/yt-dlp-run.ts';

/** Runs of one attempt, whatever they were repeated for; a site that needs more never gets done. */
const MAX_RUNS = 8;
const MAX_NAMED_ENTRIES = 10;

export interface DownloadTaskInput {
  readonly task: Task;
  /** Sends events, receives the stop and finish messages; closed at the end. */
  readonly port: MessagePort;
}

/**
 * One attempt of a download: extracts, downloads and checks. Resolves when no process, timer or socket of the attempt is
 * left; never rejects. Partial files stay in the work folder for the next attempt.
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
    return failedOutcome(jobs, failureOf(error), redact(String(error)));
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
  const { workFolder } = attempt.task;
  const figures = await readMissing(workFolder);
  if (figures === null) return keepIncomplete(attempt);
  // Most segments are in the work folder; the rest, and the keys that decrypt them, are asked for once more.
  const outcome = asBefore(await perform(attempt), figures);
  if (outcome.kind === 'failed') await rememberMissing(workFolder, figures);
  return outcome;
}

async function perform(attempt: Attempt): Promise<Outcome> {
  const { task, jobs, reporter, meter } = attempt;
  const { limits, workFolder } = task;
  const deadlineMs = performance.now() + limits.downloadTimeoutMs;
  const course = beginCourse(task);
  const live = createLiveParts(attempt);
  const key = resumeKey(task);

  if (!task.engine.hasFfmpeg && planOf(task.selection).hasMedia) {
    return failedOutcome(jobs, 'ENGINE_MISSING', 'There is no ffmpeg.');
  }
  await prepareFolder(task);
  for (let count = 1; count <= MAX_RUNS; count += 1) {
    const plan = planOf(course.selection, course.leftOut);
    const listing = plan.isFlat ? createListing(plan.options.playlist ?? {}) : null;
    let video: VideoInfo | null = null;
    // The entries of a list are none of the media whose partial files may be here.
    const guard = listing
      ? NOTHING_TO_RESUME
      : await openResumeGuard(workFolder, key, task.engine.kind === 'module');
    if (guard.wasLive) await live.keepLeft();
    if (course.isInfoKnown) await writeKnownInfo(workFolder, task.knownInfo ?? '');
    const result = await runYtDlp({
      task,
      jobs,
      meter,
      guard,
      allowsHttps: course.allowsHttps,
      context: {
        plan,
        isTlsVerifiedByFfmpeg: course.isTlsVerifiedByFfmpeg,
        isInfoKnown: course.isInfoKnown,
        isHlsByFfmpeg: course.isHlsByFfmpeg,
        areHolesKept: task.isKeptIncomplete,
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
      // The parts of a live recording do not count as runs that had to be repeated.
      count = 0;
      continue;
    }
    const isWhole = isWholeFile(result, plan, course, live);
    const reason = await reasonToRunAgain({
      attempt,
      course,
      plan,
      listing,
      result,
      isWhole,
    });
    if (reason === 'given-up') {
      return failedOutcome(jobs, 'NETWORK', 'The file on the site changes all the time.');
    }
    if (reason !== null) continue;
    if (isWhole && listing) return listed(attempt, listing);
    return conclude(attempt, { course, plan, live, result, isWhole });
  }
  return failedOutcome(jobs, 'UNKNOWN', 'Too many parts of this download failed.');
}

/** Removes from the work folder what this attempt must not continue. */
async function prepareFolder({ workFolder, selection, isKeptIncomplete }: Task): Promise<void> {
  // The folder of a first attempt is empty, so that it costs no look-ups.
  if ((await readdir(workFolder)).length === 0) return;
  await forgetOutcome(workFolder);
  await forgetSetAside(workFolder);
  if (isKeptIncomplete) return;
  if (await isLeftWithHoles(workFolder)) await wipeButRecorded(workFolder);
  if (planOf(selection).section !== null) await wipeAllButSegments(workFolder);
}

interface LastRun {
  readonly course: Course;
  readonly plan: DownloadPlan;
  readonly live: LiveParts;
  readonly result: RunResult;
  readonly isWhole: boolean;
}

/** The outcome of an attempt after its last run, and a work folder that is ready for the next attempt. */
async function conclude(
  attempt: Attempt,
  { course, plan, live, result, isWhole }: LastRun,
): Promise<Outcome> {
  const { isKeptIncomplete, workFolder, selection } = attempt.task;
  const warnings: (WarningCode | DownloadWarning)[] = [...course.leftOut].map(warningOf);
  warnings.push(...ignoredWarnings(ignoredChoice(selection.options.playlist, plan)));
  if (result.lists.some(({ gaps }) => gaps.count > 0)) warnings.push('GAPS_DECLARED');
  if (isKeptIncomplete && result.missing.length > 0) {
    warnings.push(detailed('INCOMPLETE', figuresOf(result)));
  }
  const outcome =
    holes(attempt, result) ??
    (isWhole
      ? await checkFinished(attempt, plan, result, warnings)
      : await settle(attempt, plan, result, warnings, live));
  if (outcome.kind === 'failed' && !isKeptIncomplete) {
    await leave(workFolder, outcome, result, isWhole);
  }
  return outcome;
}

function isWholeFile(
  result: RunResult,
  plan: DownloadPlan,
  { leftOut }: Course,
  live: LiveParts,
): boolean {
  // A failed part may have left its file in the place of the media, even when yt-dlp ended before our stop.
  const isSpoilt = result.end === 'part-failed' && failedPart(result, plan, leftOut) !== null;
  const isRecording = result.end === 'recorded' || result.end === 'interrupted';
  if (isSpoilt || isRecording || live.recordedSinceMs !== null) return false;
  return isComplete(result, plan);
}

function tellSpace(
  { task, reporter }: Attempt,
  plan: DownloadPlan,
  video: VideoInfo,
  figure: ProgressFigure | null,
): void {
  const neededBytes = neededSpace(plan, video, figure?.totalBytes ?? null);
  // A download over the size limit ends for that reason.
  if (neededBytes === null || neededBytes > 2 * task.limits.maxFileSizeBytes) return;
  if (figure !== null) return reporter.space(neededBytes, figure.downloadedBytes ?? 0);
  void partialBytes(task.workFolder).then((bytes) => reporter.space(neededBytes, bytes));
}

function listed({ task, jobs, reporter }: Attempt, listing: Listing): Outcome {
  const { entries, isCut, missing } = listing;
  const { format_preset: preset, options } = task.selection;
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if (isOneOfPage(task.selection)) {
    return failedOutcome(jobs, 'MEDIA_UNAVAILABLE', 'The chosen media is no longer on the page.');
  }
  if (entries.length === 0 && areEntriesWanted(preset, options)) {
    return failedOutcome(jobs, 'MEDIA_UNAVAILABLE', 'None of the chosen entries is in the list.');
  }
  if (isCut) reporter.log('warn', say('LIST_IS_CUT', { count: entries.length }));
  if (missing.length > 0) {
    const names = missing.slice(0, MAX_NAMED_ENTRIES).map(redact).join(', ');
    reporter.log('warn', say('ENTRIES_LEFT_LIST', { count: missing.length, names }));
  }
  const ignored = preset === 'Playlist (flat)' ? ignoredByPlan(planOf(task.selection)) : [];
  const warnings = ignoredWarnings(ignored);
  return { ...doneOutcome(jobs, [], listing.metadata(), warnings), entries };
}

function failureOf(error: unknown): FailureCode {
  return isDiskFull(error) ? 'DISK_FULL' : 'UNKNOWN';
}
