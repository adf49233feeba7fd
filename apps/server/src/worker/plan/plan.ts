import {
  type DownloadOptions,
  type SwitchName,
  itemsOf,
  LIMITS,
  mergedRanges,
  OPTION_TABLE,
  shapeOf,
  type Selection,
  writtenRanges,
} from '@artemis/contracts';

/** A part that a download can do without. When it fails, the next run leaves it out and a warning names it. */
export type OptionalPart =
  | `subtitle:${string}`
  | 'subtitles'
  | 'embed_subtitles'
  | 'thumbnail'
  | 'embed_thumbnail'
  | 'metadata'
  | 'sponsorblock'
  | 'container'
  | 'from_start';

/**
 * Purpose of one run of yt-dlp. `whole`: a whole download. `parts`: fetches the missing parts of a stored download.
 * `embedding`: puts these parts into the media file, without contacting any site.
 */
export type PlanStep = 'whole' | 'parts' | 'embedding';

export interface SubtitlePlan {
  /** The requested language tags; null: `DEFAULT_SUBTITLES`. */
  readonly languages: readonly string[] | null;
  readonly isAutoIncluded: boolean;
  readonly isEmbedded: boolean;
  readonly format: 'vtt' | 'srt';
}

export interface SectionPlan {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly isPrecise: boolean;
}

/** A selection with all defaults filled in and all dependencies between its fields resolved. */
export interface DownloadPlan {
  readonly step: PlanStep;
  readonly selection: Selection;
  readonly options: DownloadOptions;
  /** Lists the entries without opening them: the flat preset, and the first run for a whole playlist. */
  readonly isFlat: boolean;
  /** Entries to read when the link is a list, as the value of `--playlist-items`. */
  readonly listItems: string;
  /** The run makes a media file: it neither lists nor simulates. */
  readonly hasMedia: boolean;
  readonly isAudioOnly: boolean;
  /** Requested languages of the sound; empty: the original sound. */
  readonly audioLanguages: readonly string[];
  /** Null: any container that holds the streams. */
  readonly container: DownloadOptions['container'] | null;
  readonly isFromStart: boolean;
  readonly subtitles: SubtitlePlan | null;
  readonly isThumbnailWritten: boolean;
  readonly isThumbnailEmbedded: boolean;
  readonly isInfoWritten: boolean;
  readonly isMetadataEmbedded: boolean;
  readonly areChaptersEmbedded: boolean;
  readonly section: SectionPlan | null;
  readonly sponsorblock: NonNullable<DownloadOptions['sponsorblock']> | null;
}

/**
 * English, and the automatic captions in the spoken language (YouTube marks these `-orig`). Not all languages: a hundred
 * translated captions take a hundred requests, which sites throttle.
 */
export const DEFAULT_SUBTITLES = ['en(-[A-Z]{2})?', '[a-z]{2,3}-orig'] as const;

/** Containers that can hold a cover, as the value of `--remux-video`. Not QuickTime: ffmpeg silently drops the cover there. */
export const COVER_CONTAINERS = 'mp4>mp4/m4a>m4a/mp3>mp3/mkv';

export function planOf(
  selection: Selection,
  leftOut: ReadonlySet<OptionalPart> = new Set(),
): DownloadPlan {
  const { format_preset: preset, options } = selection;
  const shape = shapeOf(selection);
  const { isFlat, hasMedia, isAudioOnly } = shape;
  const isWanted = (name: SwitchName) =>
    (options[name] ?? OPTION_TABLE[name].form.isUsual?.(preset) ?? false) &&
    OPTION_TABLE[name].applies(selection, shape);
  const isSubtitlePreset = preset === 'Subtitle + metadata';
  const { section, sponsorblock } = options;
  return {
    step: 'whole',
    selection,
    options,
    isFlat,
    listItems: listItemsOf(options, isFlat),
    hasMedia,
    isAudioOnly,
    audioLanguages: OPTION_TABLE.audio_languages.applies(selection, shape)
      ? (options.audio_languages ?? [])
      : [],
    container:
      hasMedia && !isAudioOnly && !leftOut.has('container') ? containerOf(selection) : null,
    isFromStart: hasMedia && options.live?.from_start === true && !leftOut.has('from_start'),
    subtitles: hasMedia ? subtitlePlan(options, isSubtitlePreset, leftOut) : null,
    isThumbnailWritten: isWanted('write_thumbnail') && !leftOut.has('thumbnail'),
    isThumbnailEmbedded:
      isWanted('embed_thumbnail') && !leftOut.has('thumbnail') && !leftOut.has('embed_thumbnail'),
    isInfoWritten: isWanted('write_info'),
    isMetadataEmbedded: isWanted('embed_metadata') && !leftOut.has('metadata'),
    areChaptersEmbedded: isWanted('embed_chapters') && !leftOut.has('metadata'),
    section:
      hasMedia && section !== undefined
        ? {
            startSeconds: secondsOf(section.start),
            endSeconds: secondsOf(section.end),
            isPrecise: section.precise === true,
          }
        : null,
    sponsorblock:
      hasMedia && sponsorblock !== undefined && !leftOut.has('sponsorblock') ? sponsorblock : null,
  };
}

/** The same selection for the linked video itself, or for the first entry of a list. */
export function asSingle(selection: Selection): Selection {
  return { ...selection, options: { ...selection.options, playlist: { mode: 'single' } } };
}

function listItemsOf({ playlist }: DownloadOptions, isFlat: boolean): string {
  const { items, entry_ids: ids, max_items: maxItems = LIMITS.listedEntries } = playlist ?? {};
  // Entries may have moved since the probe, so the whole list is read to find them.
  if (ids !== undefined && isFlat) return `1:${LIMITS.listedEntries}`;
  if (items === undefined) return isFlat ? `1:${maxItems}` : '1';
  return itemsOf(mergedRanges(writtenRanges(items)));
}

function containerOf({ format_preset: preset, options }: Selection): DownloadPlan['container'] {
  return options.container ?? (preset === 'Video + Audio (muxed)' ? 'mp4' : null);
}

function subtitlePlan(
  { subtitles, section }: DownloadOptions,
  isSubtitlePreset: boolean,
  leftOut: ReadonlySet<OptionalPart>,
): SubtitlePlan | null {
  if (leftOut.has('subtitles') || (subtitles === undefined && !isSubtitlePreset)) return null;
  const languages =
    subtitles?.languages.filter((language) => !leftOut.has(`subtitle:${language}`)) ?? null;
  if (languages?.length === 0) return null;
  return {
    languages,
    isAutoIncluded: subtitles?.auto ?? subtitles === undefined,
    // Subtitles of a section are cut after the download, and stay beside the media.
    isEmbedded:
      subtitles?.embed === true && section === undefined && !leftOut.has('embed_subtitles'),
    format: subtitles?.format ?? 'vtt',
  };
}

/** Seconds of a time that is given as a number, `mm:ss` or `hh:mm:ss`. */
export function secondsOf(time: number | string): number {
  if (typeof time === 'number') return time;
  return time.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}
