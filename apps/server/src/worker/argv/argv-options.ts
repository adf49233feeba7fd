import { say, type OptionName } from '@artemis/contracts';
import type { ArgvContext, ArgvRow } from './argv-row.ts';
import { audioQualityWord } from '../plan/audio-quality.ts';
import { COVER_CONTAINERS, DEFAULT_SUBTITLES } from '../plan/plan.ts';

function mayBeOpus({ plan }: ArgvContext): boolean {
  return plan.isAudioOnly && (plan.options.audio_codec ?? 'opus') === 'opus';
}

/** The tag as a pattern for a standalone yt-dlp, inside which `engine/subtitle_languages.py` does not run. */
function wholeTag(tag: string): string {
  return `${tag.replace(/[-_]/g, '[-_]')}([-_][A-Z]{2})?`;
}

/**
 * What each option adds to the command line. Where `OPTION_TABLE` names a missing part for an option, the same rows fetch that
 * part alone.
 */
export const OPTION_ROWS: Readonly<Record<OptionName, readonly ArgvRow[]>> = {
  playlist: [
    {
      option: '--flat-playlist',
      when: ({ plan }) => plan.isFlat,
      meaning: say('ARG_LIST_ENTRIES'),
    },
    {
      option: '--yes-playlist',
      when: ({ plan }) => plan.isFlat,
      meaning: say('ARG_LIST_PLAYLIST'),
    },
    {
      option: '--playlist-items',
      when: ({ plan }) => plan.isFlat,
      value: ({ plan }) => plan.listItems,
      meaning: say('ARG_LIST_THESE'),
    },
  ],
  simulate: [
    {
      option: '--simulate',
      when: ({ plan }) => !plan.hasMedia,
      meaning: say('ARG_NOTHING'),
    },
  ],
  // `format-selection.ts` reads this option.
  format_id: [],
  // `format-selection.ts` reads this option.
  prefer_codec: [],
  container: [
    {
      option: '--merge-output-format',
      when: ({ plan }) => plan.container !== null,
      value: ({ plan }) => plan.container ?? '',
      meaning: ({ plan }) => say('ARG_JOIN', { container: plan.container ?? '' }),
    },
    {
      option: '--remux-video',
      when: ({ plan }) => plan.container !== null,
      value: ({ plan }) => plan.container ?? '',
      meaning: ({ plan }) => say('ARG_REMUX', { container: plan.container ?? '' }),
    },
  ],
  audio_languages: [
    {
      // No extractor of yt-dlp has this name. `engine/audio_languages.py` reads it; for a standalone yt-dlp see `formatSelector`.
      option: '--extractor-args',
      when: ({ plan, engine }) => plan.audioLanguages.length > 0 && engine.kind !== 'binary',
      value: ({ plan }) => `artemis:audio_languages=${plan.audioLanguages.join(',')}`,
      meaning: ({ plan }) => say(plan.isAudioOnly ? 'ARG_FIRST_LANGUAGE' : 'ARG_ALL_LANGUAGES'),
    },
  ],
  audio_codec: [
    {
      option: '--audio-format',
      when: ({ plan }) => plan.hasMedia && plan.isAudioOnly,
      value: ({ plan }) => plan.options.audio_codec ?? 'best',
      meaning: ({ plan }) =>
        plan.options.audio_codec === undefined
          ? say('ARG_SOUND_AS_IT_IS')
          : say('ARG_AUDIO_CODEC', { codec: plan.options.audio_codec }),
    },
  ],
  audio_quality: [
    {
      option: '--audio-quality',
      when: ({ plan }) =>
        plan.hasMedia && plan.isAudioOnly && plan.options.audio_quality !== undefined,
      value: ({ plan }) =>
        audioQualityWord(plan.options.audio_codec, plan.options.audio_quality ?? 5),
      meaning: ({ plan }) =>
        plan.options.audio_codec === 'opus' ? say('ARG_OPUS_BITRATE') : say('ARG_AUDIO_QUALITY'),
    },
  ],
  section: [
    {
      option: '--download-sections',
      when: ({ plan }) => plan.section !== null,
      value: ({ plan }) => `*${plan.section?.startSeconds}-${plan.section?.endSeconds}`,
      meaning: say('ARG_SECTION'),
    },
    {
      option: '--downloader-args',
      when: ({ plan }) => plan.section !== null,
      // ffmpeg would copy the chapters of the whole file, and with them a length that reaches beyond the section.
      value: 'ffmpeg_o:-map_chapters -1',
      meaning: say('ARG_SECTION_CHAPTERS'),
    },
    {
      option: '--force-keyframes-at-cuts',
      when: ({ plan }) => plan.section?.isPrecise === true,
      meaning: say('ARG_SECTION_EXACT'),
    },
  ],
  split_chapters: [
    {
      option: '--split-chapters',
      when: ({ plan }) => plan.hasMedia && plan.options.split_chapters === true,
      meaning: say('ARG_SPLIT'),
    },
    {
      option: '--output',
      when: ({ plan }) => plan.hasMedia && plan.options.split_chapters === true,
      value: 'chapter:media-%(section_number)02d.%(ext)s',
      meaning: say('ARG_SPLIT_NAMES'),
    },
    {
      option: '--postprocessor-args',
      when: ({ plan }) => plan.hasMedia && plan.options.split_chapters === true,
      // With the chapters of the whole, each file would claim the length of the whole. An Opus file cannot say that it begins
      // later than its first packet.
      value: (context) =>
        `SplitChapters+ffmpeg_o:-map_chapters -1${mayBeOpus(context) ? ' -vn -copypriorss 0' : ''}`,
      meaning: (context) => (mayBeOpus(context) ? say('ARG_SPLIT_OPUS') : say('ARG_SPLIT_MARKS')),
    },
  ],
  rate_limit_kbps: [
    {
      option: '--limit-rate',
      when: ({ plan }) => plan.hasMedia && plan.options.rate_limit_kbps !== undefined,
      value: ({ plan }) => `${plan.options.rate_limit_kbps}K`,
      meaning: say('ARG_RATE'),
    },
  ],
  live: [
    {
      option: '--live-from-start',
      when: ({ plan }) => plan.isFromStart,
      meaning: say('ARG_LIVE_FROM_START'),
    },
  ],
  subtitles: [
    {
      option: '--write-subs',
      when: ({ plan }) => plan.subtitles !== null,
      meaning: say('ARG_SUBTITLES'),
    },
    {
      option: '--write-auto-subs',
      when: ({ plan }) => plan.subtitles?.isAutoIncluded === true,
      meaning: say('ARG_CAPTIONS'),
    },
    {
      option: '--sub-langs',
      when: ({ plan }) => plan.subtitles !== null,
      value: ({ plan, engine }) =>
        (
          plan.subtitles?.languages?.map((tag) =>
            engine.kind === 'binary' ? wholeTag(tag) : tag,
          ) ?? DEFAULT_SUBTITLES
        ).join(','),
      meaning: ({ plan }) =>
        plan.subtitles?.languages === null
          ? say('ARG_USUAL_SUBTITLES')
          : say('ARG_SUBTITLE_LANGUAGES'),
    },
    {
      option: '--sub-format',
      when: ({ plan }) => plan.subtitles !== null,
      value: ({ plan }) => (plan.subtitles?.format === 'srt' ? 'srt/vtt/best' : 'vtt/srt/best'),
      meaning: say('ARG_SUBTITLE_FORMAT'),
    },
    {
      option: '--convert-subs',
      when: ({ plan }) => plan.subtitles !== null,
      value: ({ plan }) => plan.subtitles?.format ?? 'vtt',
      meaning: say('ARG_CONVERT_SUBTITLES'),
    },
    {
      option: '--embed-subs',
      when: ({ plan }) => plan.subtitles?.isEmbedded === true,
      meaning: say('ARG_EMBED_SUBTITLES'),
    },
  ],
  write_thumbnail: [
    {
      option: '--write-thumbnail',
      when: ({ plan }) => plan.isThumbnailWritten,
      meaning: say('ARG_THUMBNAIL'),
    },
    {
      option: '--output',
      when: ({ plan }) => plan.isThumbnailWritten || plan.isThumbnailEmbedded,
      // A thumbnail under the name of the media would be taken for the media when its extension is mp4.
      value: 'thumbnail:thumbnail.%(ext)s',
      meaning: say('ARG_THUMBNAIL_NAME'),
    },
    {
      option: '--convert-thumbnails',
      when: ({ plan }) => plan.isThumbnailWritten || plan.isThumbnailEmbedded,
      value: 'jpg',
      meaning: say('ARG_THUMBNAIL_JPEG'),
    },
  ],
  embed_thumbnail: [
    {
      option: '--remux-video',
      // A stored file may be in another container than the requested one.
      when: ({ plan }) =>
        plan.isThumbnailEmbedded &&
        !plan.isAudioOnly &&
        (plan.container === null || plan.step === 'embedding'),
      value: COVER_CONTAINERS,
      meaning: say('ARG_COVER_CONTAINER'),
    },
    {
      option: '--embed-thumbnail',
      when: ({ plan }) => plan.isThumbnailEmbedded,
      meaning: say('ARG_COVER'),
    },
  ],
  write_info: [
    {
      option: '--write-info-json',
      when: ({ plan }) => plan.isInfoWritten || plan.step === 'parts',
      meaning: say('ARG_INFO'),
    },
    {
      option: '--clean-info-json',
      when: ({ plan }) => plan.isInfoWritten || plan.step === 'parts',
      meaning: say('ARG_CLEAN_INFO'),
    },
  ],
  embed_metadata: [
    {
      option: '--embed-metadata',
      when: ({ plan }) => plan.isMetadataEmbedded,
      meaning: say('ARG_METADATA'),
    },
    {
      option: '--no-embed-info-json',
      when: ({ plan }) => plan.isMetadataEmbedded,
      meaning: say('ARG_NO_INFO_INSIDE'),
    },
  ],
  embed_chapters: [
    {
      option: '--embed-chapters',
      when: ({ plan }) => plan.areChaptersEmbedded,
      meaning: say('ARG_CHAPTERS'),
    },
    {
      option: '--no-embed-chapters',
      // Chapters of the whole video have the wrong times in a section of it.
      when: ({ plan }) =>
        plan.isMetadataEmbedded && (plan.options.embed_chapters === false || plan.section !== null),
      meaning: say('ARG_NO_CHAPTERS'),
    },
  ],
  sponsorblock: [
    {
      option: '--sponsorblock-mark',
      when: ({ plan }) => plan.sponsorblock?.mode === 'mark',
      value: ({ plan }) => plan.sponsorblock?.categories.join(',') ?? '',
      meaning: say('ARG_SPONSOR_MARK'),
    },
    {
      option: '--sponsorblock-remove',
      when: ({ plan }) => plan.sponsorblock?.mode === 'remove',
      value: ({ plan }) => plan.sponsorblock?.categories.join(',') ?? '',
      meaning: say('ARG_SPONSOR_REMOVE'),
    },
  ],
  // The file store names the files.
  name_template: [],
  // The file store names the files.
  directory: [],
  // The egress proxy connects through this proxy, or the environment of the process names it.
  proxy: [],
};
