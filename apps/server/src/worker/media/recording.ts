import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { WarningCode } from '@artemis/contracts';
import { audioQualityWords } from '../plan/audio-quality.ts';
import type { AudioCodec } from '../plan/format-names.ts';
import type { Jobs } from '../engine/jobs.ts';
import type { DownloadPlan } from '../plan/plan.ts';

/** Does not begin like the parts, so that it is never taken for one. */
const JOINED = 'recording';
/** Besides a second for each that is encoded, which a slow machine may need. */
const LEAST_TOOL_MS = 120_000;

/** A recording without a limit is not longer, most likely. */
const LONGEST_SECONDS = 86_400;

const LONGEST_HOLE_SECONDS = '300';
const MOST_APART_SECONDS = 60;

const ENCODERS: Readonly<Record<AudioCodec, string>> = {
  mp3: 'libmp3lame',
  m4a: 'aac',
  opus: 'libopus',
  flac: 'flac',
  wav: 'pcm_s16le',
};

/**
 * Cuts a recording that yt-dlp has finished to its longest length: a live stream gives its last seconds at once, so that
 * more was recorded than time has passed. Returns its path, or null.
 */
export async function cutRecording(
  jobs: Jobs,
  path: string,
  maxSeconds: number,
): Promise<string | null> {
  const target = join(dirname(path), `recording${extname(path)}`);
  const { exit } = await jobs.runTool('ffmpeg', [
    ...['-nostdin', '-y', '-v', 'error', '-i', `file:${path}`],
    ...['-map', '0', '-dn', '-ignore_unknown', '-c', 'copy', '-t', String(maxSeconds)],
    `file:${target}`,
  ]);
  if (exit.status !== 0) return null;
  await rename(target, path);
  return path;
}

export interface FinishedRecording {
  readonly path: string;
  /** What was asked for and is not done to a recording that is ended in the middle. */
  readonly warnings: readonly WarningCode[];
}

/**
 * Makes a file of what a live stream has left when its recording was ended. yt-dlp is interrupted in the middle,
 * so what lies there is MPEG-TS under another name, or picture and sound apart. Null when that cannot be read.
 */
export async function finishRecording(
  jobs: Jobs,
  jobFolder: string,
  plan: DownloadPlan,
): Promise<FinishedRecording | null> {
  const maxSeconds = plan.options.live?.max_seconds ?? null;
  const names = await readdir(jobFolder);
  const parts = names.filter((name) => /^media(\.f[^/]+)?\.\w+(\.part)?$/.test(name)).sort();
  const streams = parts.filter((name) => name.startsWith('media.f'));
  const inputs = streams.length > 0 ? streams : parts.slice(0, 1);
  if (inputs.length === 0) return null;
  const begins =
    inputs.length > 1
      ? await Promise.all(inputs.map((name) => beginOf(jobs, join(jobFolder, name))))
      : [];
  const forms = formsOf(plan);
  for (const { extension, words } of forms) {
    const joined = join(jobFolder, `${JOINED}.${extension}`);
    const { exit } = await jobs.runTool(
      'ffmpeg',
      [
        ...['-nostdin', '-y', '-v', 'error'],
        ...inputs.flatMap((name, index) => [
          ...inStep(begins, index),
          ...['-i', `file:${join(jobFolder, name)}`],
        ]),
        ...inputs.flatMap((_, index) => ['-map', String(index)]),
        ...['-dn', '-ignore_unknown', ...words],
        ...(maxSeconds === null ? [] : ['-t', String(maxSeconds)]),
        ...(extension === 'mp4' ? ['-movflags', '+faststart'] : []),
        `file:${joined}`,
      ],
      () => undefined,
      LEAST_TOOL_MS + (maxSeconds ?? LONGEST_SECONDS) * 1000,
    );
    if (jobs.isStopped) return null;
    if (exit.status !== 0) {
      await rm(joined, { force: true });
      continue;
    }
    for (const name of names) {
      if (name.startsWith('media.') && (parts.includes(name) || name.startsWith('media.temp'))) {
        await rm(join(jobFolder, name), { force: true });
      }
    }
    const path = join(jobFolder, `media.${extension}`);
    await rename(joined, path);
    return { path, warnings: warningsOf(plan, extension) };
  }
  return null;
}

/** See `engine/live_streams.py`, which does the same to a stream that has ended by itself. */
function inStep(begins: readonly number[], index: number): readonly string[] {
  const [first, begin] = [begins[0], begins[index]];
  if (first === undefined || begin === undefined) return [];
  const apart = begin - first;
  return [
    ...['-dts_delta_threshold', LONGEST_HOLE_SECONDS],
    ...(apart !== 0 && Math.abs(apart) < MOST_APART_SECONDS
      ? ['-itsoffset', apart.toFixed(6)]
      : []),
  ];
}

async function beginOf(jobs: Jobs, path: string): Promise<number> {
  let begin = 0;
  await jobs.runTool(
    'ffprobe',
    ['-v', 'error', '-show_entries', 'format=start_time', '-of', 'csv=p=0', `file:${path}`],
    (line) => (begin = Number.parseFloat(line) || begin),
  );
  return begin;
}

interface Form {
  readonly extension: string;
  /** What ffmpeg is told of the streams. */
  readonly words: readonly string[];
}

/** In the order in which they are tried: a copy before anything that is encoded anew. */
function formsOf({ isAudioOnly, container, options }: DownloadPlan): readonly Form[] {
  if (!isAudioOnly) {
    const extensions = new Set([container ?? 'mp4', 'mp4']);
    return [...extensions].map((extension) => ({ extension, words: ['-c', 'copy'] }));
  }
  const { audio_codec: codec, audio_quality: quality } = options;
  const copied = ['-vn', '-sn', '-c', 'copy'];
  if (codec === undefined) {
    return ['m4a', 'mka'].map((extension) => ({ extension, words: copied }));
  }
  const encoded = ['-vn', '-sn', '-c:a', ENCODERS[codec]];
  const withQuality = [
    ...encoded,
    ...(quality === undefined ? [] : audioQualityWords(codec, quality)),
  ];
  return [
    // WAV would take any sound as it is.
    ...(codec === 'wav' ? [] : [{ extension: codec, words: copied }]),
    { extension: codec, words: withQuality },
  ];
}

function warningsOf(plan: DownloadPlan, extension: string): readonly WarningCode[] {
  const { isAudioOnly, container, isMetadataEmbedded, areChaptersEmbedded } = plan;
  const isOther = !isAudioOnly && container !== null && container !== extension;
  return [
    ...(isOther ? (['CONTAINER_SHORTFALL'] as const) : []),
    ...(isMetadataEmbedded || areChaptersEmbedded ? (['METADATA_MISSING'] as const) : []),
    ...(plan.isThumbnailEmbedded ? (['THUMBNAIL_MISSING'] as const) : []),
  ];
}
