import type { DownloadOptions, DownloadWarning } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import { hasQuality } from '../plan/audio-quality.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import type { RunResult } from '../run/yt-dlp-run.ts';

/** Containers that ffmpeg (8.0) writes chapter marks into. */
const WITH_CHAPTERS = new Set('mp4 m4v m4a mov 3gp mkv webm mka mp3 opus wma wmv'.split(' '));
/** Those that it writes no title into. */
const WITHOUT_TITLE = new Set('mpg mpeg vob ts m2ts mts aac ac3 eac3 dts amr awb'.split(' '));
const SOUND_AS_IT_IS = /^\[ExtractAudio\] (Not converting audio|Copying the sound)/;

/** Options that were given and that no part of this plan looks at. */
export function ignoredByPlan(plan: DownloadPlan): string[] {
  const { options, selection, hasMedia, isAudioOnly, isFlat } = plan;
  const isUsed: Readonly<Record<string, boolean>> = {
    audio_codec: hasMedia && isAudioOnly,
    audio_quality: hasMedia && isAudioOnly && hasQuality(options.audio_codec),
    container: hasMedia && !isAudioOnly,
    prefer_codec: !isFlat && !isAudioOnly && options.format_id === undefined,
    subtitles: hasMedia,
    embed_metadata: hasMedia,
    embed_thumbnail: hasMedia && !(isAudioOnly && options.audio_codec === 'wav'),
    embed_chapters: hasMedia && options.section === undefined,
    write_thumbnail: hasMedia,
    write_info: hasMedia,
    section: hasMedia,
    split_chapters: hasMedia,
    sponsorblock: hasMedia,
    rate_limit_kbps: hasMedia,
    directory: hasMedia,
    name_template: hasMedia,
    format_id: !isFlat,
    live: hasMedia,
    simulate: !isFlat,
  };
  const given = Object.entries(options).flatMap(([name, value]) => (value === false ? [] : [name]));
  const names = given.filter((name) => isUsed[name] === false);
  const isQualityUnused = isFlat || options.format_id !== undefined;
  return isQualityUnused && selection.quality !== 'best' ? ['quality', ...names] : names;
}

/** Of a link that entries of a list were chosen from, and that is no list. */
export function ignoredChoice(asked: DownloadOptions['playlist'], plan: DownloadPlan): string[] {
  if (asked?.mode !== 'select' || plan.isFlat) return [];
  return (['items', 'entry_ids'] as const).flatMap((name) =>
    asked[name] === undefined ? [] : [`playlist.${name}`],
  );
}

export interface StoredMedia {
  readonly extension: string;
  readonly hasSubtitles: boolean;
  /** Subtitles lie beside the media. */
  readonly areSubtitlesBeside: boolean;
}

/** Options that could have had an effect, and had none on this media. */
export function ignoredByMedia(
  { options, section }: DownloadPlan,
  video: VideoInfo,
  { chapters, lines }: Pick<RunResult, 'chapters' | 'lines'>,
  { extension, hasSubtitles, areSubtitlesBeside }: StoredMedia,
): string[] {
  const hasChapters = chapters.length > 0;
  const isIgnored: Readonly<Record<string, boolean>> = {
    audio_quality:
      hasQuality(options.audio_codec) && lines.some((line) => SOUND_AS_IT_IS.test(line)),
    embed_metadata: WITHOUT_TITLE.has(extension),
    // Most media has none, and nobody misses them; a section has none either, which the plan knows.
    embed_chapters: section === null && hasChapters && !WITH_CHAPTERS.has(extension),
    split_chapters: !hasChapters,
    live: !video.isLive,
    // What is recorded comes as fast as it is sent, or has holes.
    rate_limit_kbps: video.isLive,
    // Its times count from nowhere: what is cut out of a stream that is joined somewhere is not what was asked.
    section: video.isLive,
  };
  const names = Object.entries(options).flatMap(([name, value]) =>
    value !== false && isIgnored[name] === true ? [name] : [],
  );
  const isEmbedIgnored = options.subtitles?.embed === true && areSubtitlesBeside && !hasSubtitles;
  const isPositionIgnored =
    options.playlist?.items !== undefined && typeof video.fields['playlist_index'] !== 'number';
  return [
    ...names,
    ...(isEmbedIgnored ? ['subtitles.embed'] : []),
    ...(isPositionIgnored ? ['playlist.items'] : []),
  ];
}

/** One warning of all of them, with their names as they were given; none when there are none. */
export function ignoredWarnings(names: readonly string[]): DownloadWarning[] {
  return names.length === 0 ? [] : [detailed('OPTION_IGNORED', [...new Set(names)].join(', '))];
}
