import { basename, dirname, extname, join } from 'node:path';
import { say, type DownloadWarning, type Metadata, type WarningCode } from '@artemis/contracts';
import { doneOutcome, failedOutcome, stoppedOutcome, type Attempt } from './run/attempt.ts';
import { detailed } from './output/detailed-warning.ts';
import { clipSubtitles } from './media/clip-subtitles.ts';
import { classifyFailure } from './failure/failure.ts';
import { collectSidecars, ownFile } from './work-folder/folder-files.ts';
import { claimsOfStored } from './media/length-claims.ts';
import { mediaTypeOf } from './media/media-types.ts';
import type { Outcome, OutcomeFile } from '../domain/attempt.ts';
import type { TaskParts } from './task.ts';
import { measuredMetadata, metadataOf } from './media/metadata.ts';
import { failedPart, leftOutSentence, missedParts, warningOf } from './outcome/optional-parts.ts';
import { writeOutcome } from './work-folder/outcome-file.ts';
import { partsPlans, type PartsPlans } from './plan/parts-plan.ts';
import type { DownloadPlan, OptionalPart } from './plan/plan.ts';
import { NOTHING_TO_RESUME } from './work-folder/resume-state.ts';
import { readSiteInfo, storedInfo, writeKnownInfo } from './work-folder/site-info.ts';
import { forgetSteps } from './work-folder/steps-record.ts';
import { hasSubtitles, verifyMedia } from './media/verify.ts';
import type { RunResult } from './run/run-result.ts';
import { runYtDlp } from './run/yt-dlp-run.ts';

/** Each run may leave out one more part. */
const MAX_RUNS = 6;
const SITE_INFO_FILE = 'media.info.json';

type PartWarning = WarningCode | DownloadWarning;

interface PartsAttempt {
  readonly attempt: Attempt;
  readonly parts: TaskParts;
  readonly leftOut: Set<OptionalPart>;
  /** Without the parts that have failed so far. */
  plans(): PartsPlans;
}

interface EmbeddedMedia {
  readonly file: OutcomeFile;
  readonly metadata: Metadata;
  readonly hasSubtitles: boolean;
}

/**
 * Fetches missing parts of a stored download: files beside the media, and a new media file when a part goes into it. The
 * media is not downloaded again, and the stored file is not touched here. A part that is still missing becomes a warning.
 */
export async function fetchParts(attempt: Attempt, parts: TaskParts): Promise<Outcome> {
  const { task, jobs, reporter } = attempt;
  const leftOut = new Set<OptionalPart>();
  const plans = () => partsPlans(task.selection, parts.names, leftOut);
  const own: PartsAttempt = { attempt, parts, leftOut, plans };

  const fetched = await runPart(own, () => plans().fetching, false);
  if (fetched === 'stopped') return stoppedOutcome(jobs);
  if (fetched === 'given-up') return failedOutcome(jobs, 'UNKNOWN', 'Too many parts failed.');
  if (fetched.exit.status !== 0 || fetched.end !== null) {
    return {
      kind: 'failed',
      ...classifyFailure(fetched, Date.now()),
      usage: jobs.usage(),
    };
  }
  const { section } = plans().whole;
  if (section !== null) await clipSubtitles(jobs, task.workFolder, section);
  const beside = await collectSidecars(task.workFolder, plans().fetching, false);
  const warnings = [...beside.warnings, ...missedParts(fetched.lines)];

  const { embedding } = plans();
  const embedded = embedding === null ? null : await embed(own, beside.files);
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if (embedded !== null) warnings.push(...embedded.warnings);
  else if (embedding !== null) warnings.push(...warningsOfEmbedding(embedding, beside.files));

  const { whole } = plans();
  const files = beside.files.filter(({ kind }) => {
    if (kind === 'thumbnail') return whole.isThumbnailWritten;
    return kind !== 'subtitle' || embedded?.media.hasSubtitles !== true;
  });
  const outcome = doneOutcome(
    jobs,
    embedded === null ? files : [embedded.media.file, ...files],
    embedded?.media.metadata ?? parts.metadata,
    [...warnings, ...[...leftOut].map(warningOf)],
  );
  await writeOutcome(task.workFolder, outcome);
  reporter.log(
    'info',
    say('FETCHED_FILES', {
      files: outcome.files.map(({ suffix }) => suffix).join(', ') || '-',
    }),
  );
  return outcome;
}

/** Runs one step, and repeats it without each part that fails. */
async function runPart(
  { attempt, leftOut }: PartsAttempt,
  planOfStep: () => DownloadPlan | null,
  isInfoKnown: boolean,
): Promise<RunResult | 'stopped' | 'given-up'> {
  const { task, jobs, meter, reporter } = attempt;
  const deadlineMs = performance.now() + task.limits.downloadTimeoutMs;
  for (let count = 1; count <= MAX_RUNS; count += 1) {
    const plan = planOfStep();
    if (plan === null) return 'given-up';
    // The record of an earlier run does not know the copy of the stored media, and would have the engine remove it.
    await forgetSteps(task.workFolder);
    const result = await runYtDlp({
      task,
      jobs,
      meter,
      guard: NOTHING_TO_RESUME,
      allowsHttps: false,
      context: { plan, isTlsVerifiedByFfmpeg: true, isInfoKnown },
      deadlineMs,
      recordedSinceMs: null,
      onVideo: () => undefined,
      onProgress: () => reporter.progress(meter.read()),
      log: reporter.log,
    });
    if (jobs.isStopped) return 'stopped';
    if (result.exit.status === 0 && result.end === null) return result;
    const part = failedPart(result, plan, leftOut);
    if (part === null || leftOut.has(part)) return result;
    leftOut.add(part);
    reporter.log('warn', leftOutSentence(part));
  }
  return 'given-up';
}

/** Puts the fetched parts into the media; null when that failed, and the stored media stays. */
async function embed(
  own: PartsAttempt,
  files: readonly OutcomeFile[],
): Promise<{
  readonly media: EmbeddedMedia;
  readonly warnings: readonly PartWarning[];
} | null> {
  const { attempt, parts } = own;
  const { task, jobs, reporter, meter } = attempt;
  const { workFolder } = task;
  const site = await readSiteInfo(join(workFolder, SITE_INFO_FILE));
  if (site === null || parts.mediaPath === null) {
    reporter.log('warn', say('STORED_FILE_IS_GONE'));
    return null;
  }
  const info = storedInfo(site, {
    extension: extname(parts.mediaPath).slice(1),
    hasVideo: parts.metadata.vcodec !== null,
    hasAudio: parts.metadata.acodec !== null,
    subtitles: files
      .filter(({ kind }) => kind === 'subtitle')
      .map(({ suffix }) => /^\.(.+)\.(\w+)$/.exec(suffix))
      .flatMap((found) => (found ? [{ language: found[1] ?? '', format: found[2] ?? '' }] : [])),
    hasThumbnail: files.some(({ kind }) => kind === 'thumbnail'),
  });
  await writeKnownInfo(workFolder, info);
  const result = await runPart(own, () => own.plans().embedding, true);
  const plan = own.plans().embedding;
  if (typeof result === 'string' || plan === null) return null;
  const path = result.filePath ?? '';
  const name = basename(path);
  const { video } = result;
  const isMedia = mediaTypeOf(name)?.kind === 'media' && dirname(path) === workFolder;
  const file = result.exit.status === 0 && isMedia ? await ownFile(workFolder, name) : null;
  if (file === null || video === null) return null;
  meter.verifying();
  reporter.progressNow(meter.read());
  const durationSeconds = parts.metadata.duration ?? null;
  const claims = claimsOfStored(plan, { ...video, durationSeconds });
  const verdict = await verifyMedia(jobs, file.path, plan, claims);
  if ('failure' in verdict) {
    reporter.log('warn', say('NEW_FILE_IS_DAMAGED', { trouble: verdict.detail }));
    return null;
  }
  const hasThem = hasSubtitles(verdict.media);
  const warnings: PartWarning[] = missedParts(result.lines);
  if (plan.subtitles !== null && !hasThem) warnings.push(withoutEmbedding(files));
  const metadata = measuredMetadata(metadataOf(video), verdict.media, extname(name).slice(1));
  return {
    media: {
      file,
      metadata: { ...metadata, format_id: parts.metadata.format_id ?? null },
      hasSubtitles: hasThem,
    },
    warnings,
  };
}

function warningsOfEmbedding(plan: DownloadPlan, files: readonly OutcomeFile[]): PartWarning[] {
  const warnings: PartWarning[] = [];
  if (plan.subtitles !== null) warnings.push(withoutEmbedding(files));
  if (plan.isThumbnailEmbedded) warnings.push('THUMBNAIL_MISSING');
  if (plan.isMetadataEmbedded || plan.areChaptersEmbedded) warnings.push('METADATA_MISSING');
  if (plan.sponsorblock !== null) warnings.push('SPONSORBLOCK_MISSING');
  return warnings;
}

/** The warning for subtitles that did not get into the media; when they were fetched, they stay beside it. */
function withoutEmbedding(files: readonly OutcomeFile[]): PartWarning {
  const hasThem = files.some(({ kind }) => kind === 'subtitle');
  return hasThem ? detailed('OPTION_IGNORED', 'subtitles.embed') : 'SUBTITLES_MISSING';
}
