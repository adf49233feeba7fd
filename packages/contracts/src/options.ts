import { Type, type Static } from '@sinclair/typebox';
import {
  AUDIO_CODECS,
  CONTAINERS,
  FORMAT_PRESETS,
  LIMITS,
  QUALITIES,
  SPONSORBLOCK_CATEGORIES,
  SUBTITLE_FORMATS,
  VIDEO_CODECS,
} from './vocabulary.ts';
import { oneOf } from './schemas.ts';

const strict = { additionalProperties: false } as const;

const TimePoint = Type.Union(
  [
    Type.Number({ minimum: 0, maximum: 604_800 }),
    Type.String({ pattern: '^(\\d{1,3}:)?[0-5]?\\d:[0-5]\\d(\\.\\d{1,3})?$' }),
  ],
  { description: 'seconds, at most 604800, or text such as 1:30 or 1:02:30' },
);

const LanguageTag = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{1,34}$',
  description: 'a language tag such as en or pt-BR',
});
const SOME_TAGS = { minItems: 1, maxItems: 10, uniqueItems: true } as const;
const COMPARED =
  'compared without case and with _ as -; en matches en-US when there is no en; a tag that a probe has listed is taken as it is';

export const SubtitleOptions = Type.Object(
  {
    languages: Type.Array(LanguageTag, {
      ...SOME_TAGS,
      description: COMPARED,
    }),
    auto: Type.Optional(Type.Boolean({ description: 'automatic captions as well' })),
    embed: Type.Optional(Type.Boolean({ description: 'into the media file instead of beside it' })),
    format: Type.Optional(oneOf(SUBTITLE_FORMATS)),
  },
  strict,
);

export const SectionOptions = Type.Object(
  {
    start: TimePoint,
    end: TimePoint,
    precise: Type.Optional(
      Type.Boolean({ description: 're-encode around the cuts so that they are exact' }),
    ),
  },
  strict,
);

export const SponsorblockOptions = Type.Object(
  {
    mode: oneOf(['mark', 'remove']),
    categories: Type.Array(oneOf(SPONSORBLOCK_CATEGORIES), { minItems: 1, uniqueItems: true }),
  },
  strict,
);

export const PlaylistOptions = Type.Object(
  {
    mode: Type.Optional(oneOf(['single', 'all', 'select'])),
    items: Type.Optional(
      Type.String({
        // Enough for every other entry of a list of 5,000: 2,500 single positions.
        maxLength: 16_384,
        pattern: '^[1-9]\\d{0,5}(-[1-9]\\d{0,5})?(,[1-9]\\d{0,5}(-[1-9]\\d{0,5})?)*$',
        description: 'positions and ranges such as 1-20,25',
      }),
    ),
    entry_ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 2048 }), {
        minItems: 1,
        maxItems: LIMITS.selectedEntries,
        uniqueItems: true,
        description:
          'ids of entries as `POST /probes` returns them, or links of entries without id; they stay valid when the list changes; `items` is ignored beside them',
      }),
    ),
    max_items: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LIMITS.listedEntries,
        description: 'at most this many entries, from the first',
      }),
    ),
    skip_downloaded: Type.Optional(
      Type.Boolean({
        description:
          'leave out entries whose link was downloaded here before with the same format_preset',
      }),
    ),
  },
  strict,
);

export const LiveOptions = Type.Object(
  {
    from_start: Type.Optional(Type.Boolean()),
    max_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 172_800 })),
  },
  strict,
);

/** What a download can be asked to do besides preset and quality. No text of it ever becomes an option of yt-dlp. */
export const DownloadOptions = Type.Object(
  {
    audio_codec: Type.Optional(oneOf(AUDIO_CODECS)),
    audio_quality: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 10, description: '0 is the best' }),
    ),
    container: Type.Optional(oneOf(CONTAINERS)),
    prefer_codec: Type.Optional(oneOf(VIDEO_CODECS)),
    audio_languages: Type.Optional(
      Type.Array(LanguageTag, {
        ...SOME_TAGS,
        description: `languages of the sound, each a track, the first that is there the default track; sound alone has one track; without it the original sound; ${COMPARED}`,
      }),
    ),
    subtitles: Type.Optional(SubtitleOptions),
    embed_metadata: Type.Optional(Type.Boolean()),
    embed_thumbnail: Type.Optional(Type.Boolean()),
    embed_chapters: Type.Optional(Type.Boolean()),
    write_thumbnail: Type.Optional(Type.Boolean()),
    write_info: Type.Optional(Type.Boolean()),
    section: Type.Optional(SectionOptions),
    split_chapters: Type.Optional(Type.Boolean()),
    sponsorblock: Type.Optional(SponsorblockOptions),
    playlist: Type.Optional(PlaylistOptions),
    rate_limit_kbps: Type.Optional(
      Type.Integer({ minimum: 16, maximum: 10_000_000, description: 'KiB/s' }),
    ),
    proxy: Type.Optional(
      Type.String({
        maxLength: 300,
        pattern: '^(https?|socks5h?)://[^\\s@/?#]+/?$',
        description: 'an http, https or socks5 URL without credentials',
      }),
    ),
    directory: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description:
          'relative folder below downloads/; its parts are made safe like file names: `CON` becomes `_CON`, a final dot or space is dropped',
      }),
    ),
    name_template: Type.Optional(
      Type.String({ minLength: 1, maxLength: LIMITS.nameTemplateCharacters }),
    ),
    format_id: Type.Optional(
      Type.String({
        maxLength: 100,
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.+-]*$',
        description: 'the id of a format, as a probe returns it',
      }),
    ),
    live: Type.Optional(LiveOptions),
    simulate: Type.Optional(Type.Boolean({ description: 'extract only, download nothing' })),
  },
  strict,
);

export type DownloadOptions = Static<typeof DownloadOptions>;

/** What of the media is wanted, and in which form. A record has these three fields among others. */
export const Selection = Type.Object(
  {
    format_preset: oneOf(FORMAT_PRESETS),
    quality: oneOf(QUALITIES),
    options: DownloadOptions,
  },
  strict,
);
export type Selection = Readonly<Static<typeof Selection>>;
export type SubtitleOptions = Static<typeof SubtitleOptions>;
export type SectionOptions = Static<typeof SectionOptions>;
export type PlaylistOptions = Static<typeof PlaylistOptions>;
