import type { DownloadOptions, DownloadWarning } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import { hasQuality } from '../plan/audio-quality.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import type { RunResult } from '../run/run-result.ts';

/** Containers into which ffmpeg (8.0) writes chapter marks. */
const WITH_CHAPTERS = new Set('mp4 m4v m4a mov 3gp mkv webm mka mp3 opus wma wmv'.split(' '));
/** Containers into which ffmpeg writes no title. */
const WITHOUT_TITLE = new Set('mpg mpeg vob ts m2ts mts aac ac3 eac3 dts amr awb'.split(' '));
const SOUND_AS_IT_IS = /^\[ExtractAudio\] (Not converting audio|Copying the sound)/;

/** Names of given options that have no effect in this plan. */
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

/** Names of the chosen entries' options when the link turned out not to be a list. */
export function ignoredChoice(asked: DownloadOptions['playlist'], plan: DownloadPlan): string[] {
  if (asked?.mode !== 'select' || plan.isFlat) return [];
  return (['items', 'entry_ids'] as const).flatMap((name) =>
    asked[name] === undefined ? [] : [`playlist.${name}`],
  );
}

export interface StoredMedia {
  readonly extension: string;
  readonly hasSubtitles: boolean;
  /** There are subtitle files beside the media. */
  readonly areSubtitlesBeside: boolean;
}

/** Names of given options that had no effect on this media. */
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
    // No warning without chapters, because most media has none; for a section the plan has warned already.
    embed_chapters: section === null && hasChapters && !WITH_CHAPTERS.has(extension),
    split_chapters: !hasChapters,
    live: !video.isLive,
    // A live stream has to be recorded as fast as it is sent.
    rate_limit_kbps: video.isLive,
    // The time stamps of a live stream have no known origin, so that a section cannot be found in them.
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

/** A single warning with the names of all ignored options; empty without such options. */
export function ignoredWarnings(names: readonly string[]): DownloadWarning[] {
  return names.length === 0 ? [] : [detailed('OPTION_IGNORED', [...new Set(names)].join(', '))];
}
