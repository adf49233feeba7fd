import { say } from '@artemis/contracts';
import { copyFile, readdir, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Attempt } from '../run/attempt.ts';
import { doneOutcome, failedOutcome, stoppedOutcome } from '../run/attempt.ts';
import { detailed } from '../output/detailed-warning.ts';
import { collectSidecars, ownFile } from '../work-folder/folder-files.ts';
import { WHOLE_MEDIA_TIMEOUT_MS, type Jobs } from '../engine/jobs.ts';
import { NO_CLAIMS } from '../media/length-claims.ts';
import { clock } from '../output/clock-words.ts';
import { mediaTypeOf } from '../media/media-types.ts';
import type { Outcome } from '../../domain/attempt.ts';
import { measuredMetadata, metadataOf } from '../media/metadata.ts';
import { forgetOutcome, writeOutcome } from '../work-folder/outcome-file.ts';
import { planOf, type DownloadPlan } from '../plan/plan.ts';
import { measureMedia } from '../media/ffprobe.ts';
import { readSetAside, SET_ASIDE, type SetAside } from '../work-folder/set-aside.ts';
import { hasSubtitles, verifyMedia } from '../media/verify.ts';

const LEAST_MISSING_SECONDS = 1;

/**
 * Makes a playable file of the media that an attempt has set aside, without contacting the site. The media stays set aside
 * until the download is stored, so that an interrupted try can be repeated.
 */
export async function keepIncomplete({ task, jobs, reporter, meter }: Attempt): Promise<Outcome> {
  const { workFolder } = task;
  const plan = planOf(task.selection);
  await forgetOutcome(workFolder);
  const aside = await readSetAside(workFolder);
  if (aside === null) {
    return failedOutcome(jobs, 'TRUNCATED', 'The incomplete media of this download is gone.');
  }
  meter.verifying();
  reporter.progressNow(meter.read());
  const folder = join(workFolder, SET_ASIDE);
  const names = await readdir(folder);
  const inputs = inputsOf(aside, names).map((name) => join(folder, name));
  const path = await playable(jobs, workFolder, plan, inputs);
  const file = path === null ? null : await ownFile(workFolder, basename(path));
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if (file === null) {
    return failedOutcome(jobs, 'TRUNCATED', 'The incomplete media cannot be made playable.');
  }
  const verdict = await verifyMedia(jobs, file.path, plan, NO_CLAIMS);
  if (jobs.isStopped) return stoppedOutcome(jobs);
  if ('failure' in verdict) return failedOutcome(jobs, 'TRUNCATED', verdict.detail);
  const promised = await promisedSeconds(jobs, plan, aside, inputs[0] ?? '');
  await bringSidecars(folder, workFolder, names);
  const sidecars = await collectSidecars(workFolder, plan, hasSubtitles(verdict.media));
  const extension = extname(file.path).slice(1);
  const metadata = measuredMetadata(metadataOf(aside.video), verdict.media, extension);
  const missing = aside.missing ?? lengths(verdict.media.durationSeconds, promised);
  const outcome = doneOutcome(jobs, [file, ...sidecars.files], metadata, [
    detailed('INCOMPLETE', missing),
    ...verdict.warnings,
    ...sidecars.warnings,
  ]);
  await writeOutcome(workFolder, outcome);
  reporter.log('info', say('KEPT_INCOMPLETE', { missing }));
  return outcome;
}

/** The file that yt-dlp has merged, else the streams that it would have merged. */
function inputsOf({ filePath }: SetAside, names: readonly string[]): readonly string[] {
  if (filePath !== null && names.includes(basename(filePath))) return [basename(filePath)];
  const parts = names
    .filter((name) => /^media(\.f[^/]+)?\.\w+(\.part)?$/.test(name))
    .filter((name) => mediaTypeOf(name.replace(/\.part$/, ''))?.kind === 'media')
    .sort();
  const streams = parts.filter((name) => name.startsWith('media.f'));
  return streams.length > 0 ? streams : parts.slice(0, 1);
}

/** Copies the inputs into one file: into their own container, else into Matroska, which takes everything. Null: unreadable. */
async function playable(
  jobs: Jobs,
  workFolder: string,
  { isAudioOnly }: DownloadPlan,
  inputs: readonly string[],
): Promise<string | null> {
  const own = extname((inputs[0] ?? '').replace(/\.part$/, ''));
  const spare = isAudioOnly ? '.mka' : '.mkv';
  for (const extension of inputs.length === 0 ? [] : new Set([own === '' ? spare : own, spare])) {
    const path = join(workFolder, `media${extension}`);
    const { exit } = await jobs.runTool(
      'ffmpeg',
      [
        ...['-nostdin', '-y', '-v', 'error'],
        // The last packet may be cut in its middle, which no player can decode.
        ...inputs.flatMap((input) => ['-fflags', '+discardcorrupt', '-i', `file:${input}`]),
        ...inputs.flatMap((_, index) => ['-map', String(index)]),
        // The chapters of the whole media would claim its full length.
        ...['-dn', '-ignore_unknown', '-map_chapters', '-1', '-c', 'copy'],
        ...(extension === '.mp4' ? ['-movflags', '+faststart'] : []),
        `file:${path}`,
      ],
      () => undefined,
      WHOLE_MEDIA_TIMEOUT_MS,
    );
    if (jobs.isStopped) return null;
    if (exit.status === 0) return path;
    await rm(path, { force: true });
  }
  return null;
}

/** Length of the complete media, according to the site or else to the head of the file. */
async function promisedSeconds(
  jobs: Jobs,
  { section }: DownloadPlan,
  { video }: SetAside,
  input: string,
): Promise<number | null> {
  const whole = video.durationSeconds ?? (await measureMedia(jobs, input))?.durationSeconds ?? null;
  if (section === null) return whole;
  return Math.min(section.endSeconds, whole ?? Infinity) - section.startSeconds;
}

function lengths(have: number | null, promised: number | null): string {
  const text = (seconds: number | null) => (seconds === null ? '?' : clock(seconds));
  // A head that says as much as there is was read from the size of what there is.
  const isTold = (promised ?? 0) > (have ?? 0) + LEAST_MISSING_SECONDS;
  return `${text(have)} / ${text(isTold ? promised : null)}`;
}

/** Copies instead of moving: an interrupted try is repeated from the files that were set aside. */
async function bringSidecars(
  from: string,
  workFolder: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const kind = mediaTypeOf(name)?.kind;
    if (kind !== undefined && kind !== 'media') {
      await copyFile(join(from, name), join(workFolder, name));
    }
  }
}
