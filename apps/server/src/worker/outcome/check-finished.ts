import { basename, extname } from 'node:path';
import { say, type DownloadWarning, type FailureCode, type WarningCode } from '@artemis/contracts';
import type { Attempt } from '../run/attempt.ts';
import { doneOutcome, failedOutcome, stoppedOutcome } from '../run/attempt.ts';
import { checkChapterParts } from '../media/chapter-parts.ts';
import { audioLanguageWarnings } from './audio-languages.ts';
import { behindTheEnd } from './behind-the-end.ts';
import { clipSubtitles } from '../media/clip-subtitles.ts';
import { firstDecodeError } from '../media/decode-check.ts';
import { areFormatsMissing } from '../failure/engine-trouble.ts';
import { areSamplesEncrypted, isLaterInitSkipped } from '../failure/failure.ts';
import { isSourceLost } from '../output/ffmpeg-account.ts';
import { renewFlacCut } from '../media/flac-cut.ts';
import { collectSidecars, isOwnMedia, ownFile, renameMedia } from '../work-folder/folder-files.ts';
import { gapWarnings } from '../live/live-gaps.ts';
import { claimsOf, isInFragments, NO_CLAIMS } from '../media/length-claims.ts';
import { ignoredByMedia, ignoredByPlan, ignoredWarnings } from './ignored-options.ts';
import type { Outcome } from '../../domain/attempt.ts';
import { measuredMetadata, metadataOf } from '../media/metadata.ts';
import { missedParts } from './optional-parts.ts';
import { writeOutcome } from '../work-folder/outcome-file.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan, SectionPlan } from '../plan/plan.ts';
import { redact } from '../output/redact.ts';
import { remuxAsNamed } from '../media/remux.ts';
import { hasSubtitles, verifyMedia } from '../media/verify.ts';
import type { RunResult } from '../run/run-result.ts';

/** A smaller difference is a frame or two, or a sound track that is slightly longer. */
const LEAST_EARLY_SECONDS = 0.3;

/** Checks media that yt-dlp considers complete, and collects the files of the download. */
export async function checkFinished(
  { task, jobs, reporter, meter }: Attempt,
  plan: DownloadPlan,
  result: RunResult,
  earlierWarnings: readonly (WarningCode | DownloadWarning)[],
): Promise<Outcome> {
  const { workFolder } = task;
  const { video } = result;
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if (video === null) {
    return failedOutcome(jobs, 'MEDIA_UNAVAILABLE', 'The link leads to an empty list.');
  }
  const warnings = [
    ...earlierWarnings,
    ...missedParts(result.lines),
    ...(areFormatsMissing(result.lines) ? (['FORMATS_MISSING'] as const) : []),
    ...listWarnings(plan, video),
    ...audioLanguageWarnings(plan, video),
    ...gapWarnings(result.liveGaps),
  ];
  const ignored = ignoredByPlan(plan);
  if (!plan.hasMedia) {
    const all = [...warnings, ...ignoredWarnings(ignored)];
    return doneOutcome(jobs, [], metadataOf(video), all);
  }

  meter.verifying();
  reporter.progressNow(meter.read());
  const path = result.filePath ?? '';
  if (!(await isOwnMedia(workFolder, path))) {
    return failedOutcome(jobs, 'INVALID_MEDIA', 'There is no file, or it is empty.');
  }
  // A person has chosen to keep the media although something is missing.
  const isKept = task.isKeptIncomplete;
  if (!isKept && isLost(result, video)) {
    return failedOutcome(jobs, 'NETWORK', 'A part of the source could not be downloaded.');
  }
  if (result.lines.some(areSamplesEncrypted)) {
    // With a wrong key ffmpeg stores what nothing can play.
    const problem = await firstDecodeError(jobs, path);
    if (jobs.isStopped) return stoppedOutcome(jobs);
    if (problem !== null) {
      const detail = `The samples of the stream are encrypted and were not decrypted: ${redact(problem)}`;
      return failedOutcome(jobs, 'DRM_PROTECTED', detail);
    }
  }
  if (result.byteProblem !== null) return failedOutcome(jobs, 'TRUNCATED', result.byteProblem);
  if (plan.section !== null && isBehindTheEnd(plan.section, result.ffmpeg)) {
    const ends = result.ffmpeg.inputs.flatMap(({ seconds }) => seconds ?? []);
    return behindTheEnd(jobs, plan.section, video.durationSeconds ?? Math.max(...ends));
  }
  if (plan.section !== null) await renewFlacCut(jobs, path);
  // Our code that counts fragments does not run inside a standalone yt-dlp.
  const areFragmentsCounted = task.engine.kind === 'module';
  const known = claimsOf({ ...result, plan, video, areFragmentsCounted });
  const claims =
    result.end === 'recorded' || video.isLive
      ? // What ffmpeg skips goes unseen, so that the time stamps must show it.
        { ...NO_CLAIMS, isTimeContinuous: result.ffmpeg.inputs.length > 0 }
      : isKept
        ? { ...NO_CLAIMS, isJoined: known.isJoined }
        : known;
  let verdict = await verifyMedia(jobs, path, plan, claims);
  const { container } = plan;
  if ('media' in verdict && container && extname(path) === `.${container}`) {
    const isOther = verdict.extension !== container;
    if (isOther && (await remuxAsNamed(jobs, path, container))) {
      verdict = await verifyMedia(jobs, path, plan, claims);
    }
  }
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if ('failure' in verdict) {
    return failedOutcome(jobs, failureOf(verdict.failure, plan, result), verdict.detail);
  }
  if (result.lines.some(isLaterInitSkipped)) {
    const problem = await firstDecodeError(jobs, path);
    if (jobs.isStopped) return stoppedOutcome(jobs);
    if (problem !== null) {
      const detail = `The stream changes its format in the middle, and the parts cannot be joined: ${redact(problem)}`;
      return failedOutcome(jobs, 'INVALID_MEDIA', detail);
    }
  }
  const { media, extension } = verdict;
  const isMisnamed = extname(path) !== `.${extension}`;
  const name = isMisnamed ? await renameMedia(workFolder, path, extension) : basename(path);
  const file = await ownFile(workFolder, name);
  if (file === null) {
    return failedOutcome(jobs, 'UNSAFE_TYPE', `The file is called ${redact(name)}.`);
  }
  const { durationSeconds } = media;
  const chapters = plan.options.split_chapters === true ? result.chapters : [];
  const parts = await checkChapterParts(jobs, workFolder, plan, chapters, durationSeconds);
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if ('detail' in parts) return failedOutcome(jobs, 'POSTPROCESSING_FAILED', parts.detail);
  if (plan.section !== null) await clipSubtitles(jobs, workFolder, plan.section);
  const areEmbedded = hasSubtitles(media) || result.lines.some(isEmbedding);
  const sidecars = await collectSidecars(workFolder, plan, areEmbedded);
  const stored = {
    extension,
    hasSubtitles: areEmbedded,
    areSubtitlesBeside: sidecars.files.some(({ kind }) => kind === 'subtitle'),
  };
  ignored.push(...ignoredByMedia(plan, video, result, stored));
  if (plan.section !== null && !video.isLive)
    ignored.push(...ignoredBegin(plan.section, durationSeconds));
  const metadata = measuredMetadata(metadataOf(video), media, extension);
  const files = [file, ...sidecars.files];
  const allWarnings = [
    ...warnings,
    ...verdict.warnings,
    ...parts.warnings,
    ...sidecars.warnings,
    ...ignoredWarnings(ignored),
  ];
  const outcome = doneOutcome(jobs, files, metadata, allWarnings);
  await writeOutcome(workFolder, outcome);
  reporter.log(
    'info',
    say('CHECKED_FILES', {
      files: files.map(({ suffix }) => suffix).join(', '),
    }),
  );
  return outcome;
}

/** Read from the log: the index of a QuickTime file does not tell subtitles from chapters, which are text as well. */
function isEmbedding(line: string): boolean {
  return line.startsWith('[EmbedSubtitle] Embedding subtitles in ');
}

/** Judged by the messages of ffmpeg, which skips what it cannot get and still succeeds. */
function isLost({ ffmpeg }: RunResult, video: VideoInfo): boolean {
  // Nothing can fetch again what a live stream has lost.
  return !video.isLive && isSourceLost(ffmpeg, isInFragments(video));
}

/** A file that was assembled from partial responses (206) may be good when it is fetched in one piece. */
function failureOf(
  failure: FailureCode,
  { section }: DownloadPlan,
  { responses }: RunResult,
): FailureCode {
  // The site never cuts a section short; the connection of ffmpeg broke.
  if (section !== null && failure === 'TRUNCATED') return 'NETWORK';
  const isInParts = responses.some(({ status }) => status === 206);
  return failure === 'INVALID_MEDIA' && isInParts ? 'TRUNCATED' : failure;
}

/** For such a section ffmpeg copies the last group of pictures, or nothing. */
function isBehindTheEnd({ startSeconds }: SectionPlan, { inputs }: RunResult['ffmpeg']): boolean {
  const ends = inputs.map(({ seconds }) => seconds ?? Infinity);
  return ends.length > 0 && ends.every((end) => end <= startSeconds);
}

/** A copied section begins at a key frame, and not every container can tell a player to start later. */
function ignoredBegin(
  { startSeconds, endSeconds, isPrecise }: SectionPlan,
  seconds: number | null,
): string[] {
  const early = (seconds ?? 0) - (endSeconds - startSeconds);
  // Before the media there is nothing: what is longer is so at its end.
  const begin = Math.max(0, startSeconds - early);
  if (isPrecise || startSeconds - begin <= LEAST_EARLY_SECONDS) return [];
  return [`section.start (${begin.toFixed(1)} s)`];
}

function listWarnings({ options }: DownloadPlan, { fields }: VideoInfo): WarningCode[] {
  if (options.playlist?.items !== undefined) return [];
  const count = fields['playlist_count'];
  return fields['playlist_index'] === 1 && count !== 1 ? ['PLAYLIST_FIRST_ONLY'] : [];
}
