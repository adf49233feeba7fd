import {
  AUDIO_CODECS,
  CONTAINERS,
  SPONSORBLOCK_CATEGORIES,
  SUBTITLE_FORMATS,
  VIDEO_CODECS,
  type DownloadOptions,
} from '@artemis/contracts';
import fc from 'fast-check';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Any mix of options that a schema lets through. */
export const anyOptions: fc.Arbitrary<DownloadOptions> = fc
  .record({
    audio_codec: optional(fc.constantFrom(...AUDIO_CODECS)),
    audio_languages: optional(
      fc.uniqueArray(fc.constantFrom('en', 'de', 'pt-BR', 'zh_Hans'), { minLength: 1 }),
    ),
    audio_quality: optional(fc.integer({ min: 0, max: 10 })),
    container: optional(fc.constantFrom(...CONTAINERS)),
    prefer_codec: optional(fc.constantFrom(...VIDEO_CODECS)),
    subtitles: optional(
      fc.record({
        languages: fc.uniqueArray(fc.constantFrom('en', 'de', 'pt-BR', 'zh-Hans'), {
          minLength: 1,
        }),
        auto: fc.boolean(),
        embed: fc.boolean(),
        format: fc.constantFrom(...SUBTITLE_FORMATS),
      }),
    ),
    embed_metadata: optional(fc.boolean()),
    embed_thumbnail: optional(fc.boolean()),
    embed_chapters: optional(fc.boolean()),
    write_thumbnail: optional(fc.boolean()),
    write_info: optional(fc.boolean()),
    section: optional(
      fc.record({
        start: fc.nat(1000),
        end: fc.constantFrom('20:00', '1:00:00.5'),
        precise: fc.boolean(),
      }),
    ),
    split_chapters: optional(fc.boolean()),
    sponsorblock: optional(
      fc.record({
        mode: fc.constantFrom('mark' as const, 'remove' as const),
        categories: fc.uniqueArray(fc.constantFrom(...SPONSORBLOCK_CATEGORIES), { minLength: 1 }),
      }),
    ),
    playlist: optional(
      fc.record({
        items: fc.constantFrom('1-20,25', '3'),
        max_items: fc.integer({ min: 1, max: 9 }),
      }),
    ),
    rate_limit_kbps: optional(fc.integer({ min: 16, max: 10_000_000 })),
    format_id: optional(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,20}$/)),
    live: optional(fc.record({ from_start: fc.boolean(), max_seconds: fc.integer({ min: 1 }) })),
    simulate: optional(fc.boolean()),
  })
  .map(
    (fields) =>
      Object.fromEntries(
        Object.entries(fields).filter(([, value]) => value !== undefined),
      ) as DownloadOptions,
  );
