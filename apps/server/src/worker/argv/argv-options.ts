import type { OptionName } from '@artemis/contracts';
import type { ArgvContext, ArgvRow } from './argv-row.ts';
import { audioQualityWord } from '../plan/audio-quality.ts';
import { COVER_CONTAINERS, DEFAULT_SUBTITLES } from '../plan/plan.ts';

function mayBeOpus({ plan }: ArgvContext): boolean {
  return plan.isAudioOnly && (plan.options.audio_codec ?? 'opus') === 'opus';
}

/** As a pattern, which is what yt-dlp takes; our own choice of a tag (`subtitle_languages.py`) is not inside that program. */
function wholeTag(tag: string): string {
  return `${tag.replace(/[-_]/g, '[-_]')}([-_][A-Z]{2})?`;
}

/**
 * What each option adds to the command line. Rows of an option with a missing part (`OPTION_TABLE`) also serve to fetch that
 * part alone.
 */
export const OPTION_ROWS: Readonly<Record<OptionName, readonly ArgvRow[]>> = {
  playlist: [
    {
      option: '--flat-playlist',
      when: ({ plan }) => plan.isFlat,
      meaning: 'Lists the entries without opening each of them.',
    },
    {
      option: '--yes-playlist',
      when: ({ plan }) => plan.isFlat,
      meaning: 'Lists the playlist when the link names a video in one.',
    },
    {
      option: '--playlist-items',
      when: ({ plan }) => plan.isFlat,
      value: ({ plan }) => plan.listItems,
      meaning: 'Lists these entries.',
    },
  ],
  simulate: [
    {
      option: '--simulate',
      when: ({ plan }) => !plan.hasMedia,
      meaning: 'Downloads nothing.',
    },
  ],
  // Part of the choice of formats.
  format_id: [],
  // Part of the choice of formats.
  prefer_codec: [],
  container: [
    {
      option: '--merge-output-format',
      when: ({ plan }) => plan.container !== null,
      value: ({ plan }) => plan.container ?? '',
      meaning: ({ plan }) => `Joins picture and sound into ${plan.container}.`,
    },
    {
      option: '--remux-video',
      when: ({ plan }) => plan.container !== null,
      value: ({ plan }) => plan.container ?? '',
      meaning: ({ plan }) => `Moves the streams into ${plan.container} without encoding anew.`,
    },
  ],
  audio_languages: [
    {
      // No extractor of yt-dlp has this name. `engine/audio_languages.py` reads it; for a standalone yt-dlp see `formatSelector`.
      option: '--extractor-args',
      when: ({ plan, engine }) => plan.audioLanguages.length > 0 && engine.kind !== 'binary',
      value: ({ plan }) => `artemis:audio_languages=${plan.audioLanguages.join(',')}`,
      meaning: ({ plan }) =>
        plan.isAudioOnly
          ? 'Takes the sound in the first of these languages that the site has, else the original.'
          : 'Takes the sound in each of these languages that the site has, the first as default track; without any of them, the original.',
    },
  ],
  audio_codec: [
    {
      option: '--audio-format',
      when: ({ plan }) => plan.hasMedia && plan.isAudioOnly,
      value: ({ plan }) => plan.options.audio_codec ?? 'best',
      meaning: ({ plan }) =>
        plan.options.audio_codec === undefined
          ? 'Keeps the sound as the site has it.'
          : `Stores it as ${plan.options.audio_codec}; copied where the site has that, else converted.`,
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
        plan.options.audio_codec === 'opus'
          ? 'Bitrate of a conversion to Opus, which knows no other quality.'
          : 'Quality of a conversion: 0 is the best, 10 the smallest.',
    },
  ],
  section: [
    {
      option: '--download-sections',
      when: ({ plan }) => plan.section !== null,
      value: ({ plan }) => `*${plan.section?.startSeconds}-${plan.section?.endSeconds}`,
      meaning: 'Downloads only this part, in seconds.',
    },
    {
      option: '--downloader-args',
      when: ({ plan }) => plan.section !== null,
      // ffmpeg would write those of the whole file, and with them a length that reaches beyond the part.
      value: 'ffmpeg_o:-map_chapters -1',
      meaning: 'Leaves out the chapter marks of the whole file.',
    },
    {
      option: '--force-keyframes-at-cuts',
      when: ({ plan }) => plan.section?.isPrecise === true,
      meaning: 'Encodes anew around the cuts, so that they are exact.',
    },
  ],
  split_chapters: [
    {
      option: '--split-chapters',
      when: ({ plan }) => plan.hasMedia && plan.options.split_chapters === true,
      meaning: 'Writes a file for each chapter besides the whole one.',
    },
    {
      option: '--output',
      when: ({ plan }) => plan.hasMedia && plan.options.split_chapters === true,
      value: 'chapter:media-%(section_number)02d.%(ext)s',
      meaning: 'Numbers the files of the chapters.',
    },
    {
      option: '--postprocessor-args',
      when: ({ plan }) => plan.hasMedia && plan.options.split_chapters === true,
      // Chapters of the whole would make each file claim the length of the whole. A file of Opus cannot say that it begins
      // later than its first packet.
      value: (context) =>
        `SplitChapters+ffmpeg_o:-map_chapters -1${mayBeOpus(context) ? ' -vn -copypriorss 0' : ''}`,
      meaning: (context) =>
        mayBeOpus(context)
          ? 'Leaves the chapter marks of the whole out of them, its cover, which ffmpeg cannot write into Opus, and sound before the chapter.'
          : 'Leaves the chapter marks of the whole out of them.',
    },
  ],
  rate_limit_kbps: [
    {
      option: '--limit-rate',
      when: ({ plan }) => plan.hasMedia && plan.options.rate_limit_kbps !== undefined,
      value: ({ plan }) => `${plan.options.rate_limit_kbps}K`,
      meaning: 'Downloads at this many KiB a second at most.',
    },
  ],
  live: [
    {
      option: '--live-from-start',
      when: ({ plan }) => plan.isFromStart,
      meaning: 'Records a live stream from its beginning, where the site allows it.',
    },
  ],
  subtitles: [
    {
      option: '--write-subs',
      when: ({ plan }) => plan.subtitles !== null,
      meaning: 'Downloads subtitles.',
    },
    {
      option: '--write-auto-subs',
      when: ({ plan }) => plan.subtitles?.isAutoIncluded === true,
      meaning: 'Takes automatic captions where there are no others.',
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
          ? 'English, and automatic captions in the language that is spoken.'
          : 'The languages of the subtitles.',
    },
    {
      option: '--sub-format',
      when: ({ plan }) => plan.subtitles !== null,
      value: ({ plan }) => (plan.subtitles?.format === 'srt' ? 'srt/vtt/best' : 'vtt/srt/best'),
      meaning: 'Prefers this format where a site offers several.',
    },
    {
      option: '--convert-subs',
      when: ({ plan }) => plan.subtitles !== null,
      value: ({ plan }) => plan.subtitles?.format ?? 'vtt',
      meaning: 'Converts subtitles to this format.',
    },
    {
      option: '--embed-subs',
      when: ({ plan }) => plan.subtitles?.isEmbedded === true,
      meaning: 'Puts the subtitles into the media file.',
    },
  ],
  write_thumbnail: [
    {
      option: '--write-thumbnail',
      when: ({ plan }) => plan.isThumbnailWritten,
      meaning: 'Downloads the thumbnail.',
    },
    {
      option: '--output',
      when: ({ plan }) => plan.isThumbnailWritten || plan.isThumbnailEmbedded,
      // Not under the name of the media: a picture that calls itself mp4 would be taken for it.
      value: 'thumbnail:thumbnail.%(ext)s',
      meaning: 'Gives the thumbnail a name of its own.',
    },
    {
      option: '--convert-thumbnails',
      when: ({ plan }) => plan.isThumbnailWritten || plan.isThumbnailEmbedded,
      value: 'jpg',
      meaning: 'Converts it to JPEG.',
    },
  ],
  embed_thumbnail: [
    {
      option: '--remux-video',
      // A stored file is in a container already, whatever was asked for.
      when: ({ plan }) =>
        plan.isThumbnailEmbedded &&
        !plan.isAudioOnly &&
        (plan.container === null || plan.step === 'embedding'),
      value: COVER_CONTAINERS,
      meaning: 'Uses a container that can hold a picture.',
    },
    {
      option: '--embed-thumbnail',
      when: ({ plan }) => plan.isThumbnailEmbedded,
      meaning: 'Puts the thumbnail into the media file as its cover.',
    },
  ],
  write_info: [
    {
      option: '--write-info-json',
      when: ({ plan }) => plan.isInfoWritten || plan.step === 'parts',
      meaning: 'Writes everything the site says about the media into a JSON file.',
    },
    {
      option: '--clean-info-json',
      when: ({ plan }) => plan.isInfoWritten || plan.step === 'parts',
      meaning: 'Leaves paths of this computer out of that file.',
    },
  ],
  embed_metadata: [
    {
      option: '--embed-metadata',
      when: ({ plan }) => plan.isMetadataEmbedded,
      meaning: 'Writes title, artist and date into the media file.',
    },
    {
      option: '--no-embed-info-json',
      when: ({ plan }) => plan.isMetadataEmbedded,
      meaning: 'Does not hide the JSON file in the media file.',
    },
  ],
  embed_chapters: [
    {
      option: '--embed-chapters',
      when: ({ plan }) => plan.areChaptersEmbedded,
      meaning: 'Writes chapter marks into the media file.',
    },
    {
      option: '--no-embed-chapters',
      // Those of the whole video would lie in the wrong places of a part of it.
      when: ({ plan }) =>
        plan.isMetadataEmbedded && (plan.options.embed_chapters === false || plan.section !== null),
      meaning: 'Writes no chapter marks into the media file.',
    },
  ],
  sponsorblock: [
    {
      option: '--sponsorblock-mark',
      when: ({ plan }) => plan.sponsorblock?.mode === 'mark',
      value: ({ plan }) => plan.sponsorblock?.categories.join(',') ?? '',
      meaning: 'Marks these parts as chapters, as the users of SponsorBlock have reported them.',
    },
    {
      option: '--sponsorblock-remove',
      when: ({ plan }) => plan.sponsorblock?.mode === 'remove',
      value: ({ plan }) => plan.sponsorblock?.categories.join(',') ?? '',
      meaning: 'Cuts these parts out, as the users of SponsorBlock have reported them.',
    },
  ],
  // Files are named where they are stored.
  name_template: [],
  // Files are named where they are stored.
  directory: [],
  // Our own proxy connects through it, or the environment of the job names it.
  proxy: [],
};
