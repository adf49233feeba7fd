import {
  areEntriesWanted,
  type DownloadOptions,
  itemsOf,
  LIMITS,
  mergedRanges,
  type Selection,
  writtenRanges,
} from '@artemis/contracts';

/** What a download can do without. A part that fails is left out of the next run and becomes a warning. */
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
 * What one run of yt-dlp is for: a whole download; or, of one that is stored, to fetch what is missing beside it; or to
 * put that into the media file, without any site.
 */
export type PlanStep = 'whole' | 'parts' | 'embedding';

export interface SubtitlePlan {
  /** Language tags as asked for; null: those of `DEFAULT_SUBTITLES`. */
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

/** A selection with every default and every dependency between its fields worked out. */
export interface DownloadPlan {
  readonly step: PlanStep;
  readonly selection: Selection;
  readonly options: DownloadOptions;
  /** Lists entries and opens none: the flat preset, and the first run for a whole playlist. */
  readonly isFlat: boolean;
  /** Entries that are looked at when the link is a list, as yt-dlp takes them. */
  readonly listItems: string;
  /** Neither a listing nor a simulation: there will be a media file. */
  readonly hasMedia: boolean;
  readonly isAudioOnly: boolean;
  /** Null: whatever the streams fit into. */
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
 * English, and the language that is spoken as the site's own automatic captions (YouTube marks them `-orig`).
 * Not every language: a hundred translated captions cost a hundred requests, and the site's patience.
 */
export const DEFAULT_SUBTITLES = ['en(-[A-Z]{2})?', '[a-z]{2,3}-orig'] as const;

/** As yt-dlp takes it. QuickTime is none of them: ffmpeg leaves a picture out of it without a word. */
export const COVER_CONTAINERS = 'mp4>mp4/m4a>m4a/mp3>mp3/mkv';

export function planOf(
  selection: Selection,
  leftOut: ReadonlySet<OptionalPart> = new Set(),
): DownloadPlan {
  const { format_preset: preset, options } = selection;
  const isFlat = preset === 'Playlist (flat)' || areEntriesWanted(preset, options);
  const isSubtitlePreset = preset === 'Subtitle + metadata';
  const isAudioOnly = preset === 'Audio only';
  const hasMedia = !isFlat && options.simulate !== true;
  // No picture can be put into a WAV file.
  const canEmbedThumbnail = !(isAudioOnly && options.audio_codec === 'wav');
  const { section, sponsorblock } = options;
  return {
    step: 'whole',
    selection,
    options,
    isFlat,
    listItems: listItemsOf(options, isFlat),
    hasMedia,
    isAudioOnly,
    container:
      hasMedia && !isAudioOnly && !leftOut.has('container') ? containerOf(selection) : null,
    isFromStart: hasMedia && options.live?.from_start === true && !leftOut.has('from_start'),
    subtitles: hasMedia ? subtitlePlan(options, isSubtitlePreset, leftOut) : null,
    isThumbnailWritten:
      hasMedia && (options.write_thumbnail ?? isSubtitlePreset) && !leftOut.has('thumbnail'),
    isThumbnailEmbedded:
      hasMedia &&
      options.embed_thumbnail === true &&
      canEmbedThumbnail &&
      !leftOut.has('thumbnail') &&
      !leftOut.has('embed_thumbnail'),
    isInfoWritten: hasMedia && (options.write_info ?? isSubtitlePreset),
    isMetadataEmbedded: hasMedia && options.embed_metadata === true && !leftOut.has('metadata'),
    areChaptersEmbedded:
      hasMedia &&
      options.embed_chapters === true &&
      section === undefined &&
      !leftOut.has('metadata'),
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

/** The same for the media itself, or the first of a list. */
export function asSingle(selection: Selection): Selection {
  return { ...selection, options: { ...selection.options, playlist: { mode: 'single' } } };
}

function listItemsOf({ playlist }: DownloadOptions, isFlat: boolean): string {
  const { items, entry_ids: ids, max_items: maxItems = LIMITS.listedEntries } = playlist ?? {};
  // Where they stand by now is known only when the whole list is read.
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
    // Those of a part are cut to it when the media is there, and lie beside it.
    isEmbedded:
      subtitles?.embed === true && section === undefined && !leftOut.has('embed_subtitles'),
    format: subtitles?.format ?? 'vtt',
  };
}

/** Of a number, `mm:ss` or `hh:mm:ss`. */
export function secondsOf(time: number | string): number {
  if (typeof time === 'number') return time;
  return time.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}
