import {
  hasQuality,
  ignoredOptions,
  type DownloadOptions,
  type DownloadWarning,
  type OptionName,
} from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import type { RunResult } from '../run/run-result.ts';

/** Containers into which ffmpeg (8.0) writes chapter marks. */
const WITH_CHAPTERS = new Set('mp4 m4v m4a mov 3gp mkv webm mka mp3 opus wma wmv'.split(' '));
/** Containers into which ffmpeg writes no title. */
const WITHOUT_TITLE = new Set('mpg mpeg vob ts m2ts mts aac ac3 eac3 dts amr awb'.split(' '));
const SOUND_AS_IT_IS = /^\[ExtractAudio\] (Not converting audio|Copying the sound)/;

/** Options that were given and that have no effect in this plan. */
export function ignoredByPlan({ selection, isFlat }: DownloadPlan): string[] {
  const names = ignoredOptions(selection);
  const isQualityUnused = isFlat || selection.options.format_id !== undefined;
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
  const isIgnored: Readonly<Partial<Record<OptionName, boolean>>> = {
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
    value !== false && isIgnored[name as OptionName] === true ? [name] : [],
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
