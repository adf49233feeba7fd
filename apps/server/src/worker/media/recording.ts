import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { WarningCode } from '@artemis/contracts';
import { audioQualityWords } from '../plan/audio-quality.ts';
import type { AudioCodec } from '../plan/format-names.ts';
import type { LiveGap } from '../engine/engine-connection.ts';
import { WHOLE_MEDIA_TIMEOUT_MS, type Jobs } from '../engine/jobs.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import { measureMedia, ProbeError } from './ffprobe.ts';

/** Has another beginning than the parts, so that it is never taken for a part. */
const JOINED = 'recording';
/** Besides a second for each that is encoded, which a slow machine may need. */
const LEAST_TOOL_MS = 120_000;

/** Assumed maximum for a recording without a limit. */
const LONGEST_SECONDS = 86_400;

const LONGEST_HOLE_SECONDS = '300';
const MOST_APART_SECONDS = 60;
/** Of two streams recorded separately, one may be a segment ahead. If it is further ahead, the other one was lost. */
const MOST_AHEAD_SECONDS = 12;
/** In every file, audio and video may end this far apart. */
const LEAST_AHEAD_SECONDS = 0.1;

const ENCODERS: Readonly<Record<AudioCodec, string>> = {
  mp3: 'libmp3lame',
  m4a: 'aac',
  opus: 'libopus',
  flac: 'flac',
  wav: 'pcm_s16le',
};

/**
 * Cuts a finished recording to its maximum length: a live stream sends its most recent seconds at once, so that the recording is
 * longer than the time that has passed. Returns the path, or null when cutting failed.
 */
export async function cutRecording(
  jobs: Jobs,
  path: string,
  maxSeconds: number,
): Promise<string | null> {
  const target = join(dirname(path), `recording${extname(path)}`);
  const { exit } = await jobs.runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-y', '-v', 'error', '-i', `file:${path}`],
      ...['-map', '0', '-dn', '-ignore_unknown', '-c', 'copy', '-t', String(maxSeconds)],
      `file:${target}`,
    ],
    () => undefined,
    WHOLE_MEDIA_TIMEOUT_MS,
  );
  if (exit.status !== 0) return null;
  await rename(target, path);
  return path;
}

export interface FinishedRecording {
  readonly path: string;
  /** Options that are not applied to a recording that was ended in the middle. */
  readonly warnings: readonly WarningCode[];
  /** One of its streams lasts until then only. */
  readonly gaps: readonly LiveGap[];
}

/**
 * Makes a file of what a live stream has left when its recording was ended. yt-dlp is interrupted in the middle,
 * so what lies there is MPEG-TS under another name, or picture and sound apart. Null when that cannot be read.
 */
export async function finishRecording(
  jobs: Jobs,
  workFolder: string,
  plan: DownloadPlan,
): Promise<FinishedRecording | null> {
  const maxSeconds = plan.options.live?.max_seconds ?? null;
  const names = await readdir(workFolder);
  const parts = names.filter((name) => /^media(\.f[^/]+)?\.\w+(\.part)?$/.test(name)).sort();
  const streams = parts.filter((name) => name.startsWith('media.f'));
  const inputs = streams.length > 0 ? streams : parts.slice(0, 1);
  if (inputs.length === 0) return null;
  const spans =
    inputs.length > 1
      ? await Promise.all(inputs.map((name) => spanOf(jobs, join(workFolder, name))))
      : [];
  const { atSeconds, isCut } = commonEnd(spans);
  const ends = [maxSeconds, isCut ? atSeconds : null].filter((end) => end !== null);
  const forms = formsOf(plan);
  for (const { extension, words } of forms) {
    const joined = join(workFolder, `${JOINED}.${extension}`);
    const { exit } = await jobs.runTool(
      'ffmpeg',
      [
        ...['-nostdin', '-y', '-v', 'error'],
        ...inputs.flatMap((name, index) => [
          ...inStep(spans, index),
          ...['-i', `file:${join(workFolder, name)}`],
        ]),
        ...inputs.flatMap((_, index) => ['-map', String(index)]),
        ...['-dn', '-ignore_unknown', ...words],
        ...(ends.length === 0 ? [] : ['-t', String(Math.min(...ends))]),
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
        await rm(join(workFolder, name), { force: true });
      }
    }
    const path = join(workFolder, `media.${extension}`);
    await rename(joined, path);
    const gaps: LiveGap[] =
      atSeconds === null || isCut
        ? []
        : [{ kind: 'live_gap', atSeconds, firstSegment: null, segments: 0 }];
    return { path, warnings: warningsOf(plan, extension), gaps };
  }
  return null;
}

/** Begin and end of one stream, by its own clock. */
interface Span {
  readonly begin: number;
  /** Null: not known. */
  readonly end: number | null;
}

/** See `engine/live_streams.py`, which does the same for a stream that has ended by itself. */
function inStep(spans: readonly Span[], index: number): readonly string[] {
  const apart = apartOf(spans, index);
  if (apart === null) return [];
  return [
    ...['-dts_delta_threshold', LONGEST_HOLE_SECONDS],
    ...(apart === 0 ? [] : ['-itsoffset', apart.toFixed(6)]),
  ];
}

/** How much later than the first stream this one begins; null: there is no such stream. */
function apartOf(spans: readonly Span[], index: number): number | null {
  const [first, span] = [spans[0], spans[index]];
  if (first === undefined || span === undefined) return null;
  const apart = span.begin - first.begin;
  return Math.abs(apart) < MOST_APART_SECONDS ? apart : 0;
}

/**
 * Where the stream ends that ends first, in seconds of the file. The others are cut there, unless that would take more
 * than a recorder may be ahead. Null: they end together, or it is not known.
 */
function commonEnd(spans: readonly Span[]): { atSeconds: number | null; isCut: boolean } {
  const ends = spans.flatMap(({ begin, end }, index) =>
    end === null ? [] : [end - begin + (apartOf(spans, index) ?? 0)],
  );
  const atSeconds = Math.min(...ends);
  const ahead = Math.max(...ends) - atSeconds;
  if (ends.length < spans.length || !(atSeconds > 0) || !(ahead > LEAST_AHEAD_SECONDS)) {
    return { atSeconds: null, isCut: false };
  }
  return { atSeconds, isCut: ahead <= MOST_AHEAD_SECONDS };
}

async function spanOf(jobs: Jobs, path: string): Promise<Span> {
  try {
    const media = await measureMedia(jobs, path);
    const end = Math.max(...(media?.packetEnds.values() ?? []));
    return { begin: media?.startSeconds ?? 0, end: Number.isFinite(end) ? end : null };
  } catch (error) {
    // Joining the streams will report what is wrong with this one.
    if (error instanceof ProbeError) return { begin: 0, end: null };
    throw error;
  }
}

interface Form {
  readonly extension: string;
  /** Arguments of ffmpeg for the streams. */
  readonly words: readonly string[];
}

/** In the order in which they are tried: copying before encoding. */
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
    // Not for WAV, into which ffmpeg would copy any codec.
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
