import { Type, type Static } from '@sinclair/typebox';
import { PlaylistEntry } from './download.ts';
import { Bytes, Count, nullable, oneOf } from './schemas.ts';

export const ProbedFormat = Type.Object({
  format_id: Type.String(),
  ext: nullable(Type.String()),
  width: nullable(Type.Integer()),
  height: nullable(Type.Integer()),
  fps: nullable(Type.Number()),
  vcodec: nullable(Type.String({ description: 'null: no picture, or unknown' })),
  acodec: nullable(Type.String({ description: 'null: no sound, or unknown' })),
  filesize: nullable(Bytes),
  is_filesize_exact: Type.Boolean({ description: 'false: an estimate of yt-dlp' }),
  bitrate: nullable(Type.Number({ description: 'kbit/s' })),
  language: nullable(Type.String({ description: 'of the sound' })),
  note: nullable(Type.String()),
});
export type ProbedFormat = Static<typeof ProbedFormat>;

export const PlannedOutput = Type.Object(
  {
    path: Type.String({
      description:
        'where the file would be stored, below `downloads/`; `{id}` stands for the id of the download',
    }),
    taken_by: nullable(
      oneOf(['file', 'download'], {
        description:
          'a stored file or an active download has this name: the new file gets a number, nothing is replaced',
      }),
    ),
  },
  { description: 'null: this preset or these options store no file' },
);
export type PlannedOutput = Static<typeof PlannedOutput>;

export const ProbedMedia = Type.Object({
  kind: Type.Literal('media'),
  url: Type.String({ description: 'the canonical link' }),
  title: nullable(Type.String()),
  uploader: nullable(Type.String()),
  duration: nullable(Type.Number({ description: 'seconds' })),
  is_live: Type.Boolean(),
  thumbnail: nullable(
    Type.String({ description: 'a small JPEG as a data: URI of at most 64 KiB of picture' }),
  ),
  formats: Type.Array(ProbedFormat, { description: 'the worst first' }),
  picks: Type.Array(Type.String(), {
    description: 'ids of the formats that preset, quality and options of the request would take',
  }),
  subtitles: Type.Array(Type.String(), { description: 'language tags that are offered' }),
  automatic_captions: Type.Array(Type.String(), {
    description: 'language tags of captions that the site generates',
  }),
  chapters: Count,
  output: nullable(PlannedOutput),
  next_cursor: Type.Null(),
});
export type ProbedMedia = Static<typeof ProbedMedia>;

export const ProbedPlaylist = Type.Object({
  kind: Type.Literal('playlist'),
  url: Type.String({ description: 'the canonical link' }),
  title: nullable(Type.String()),
  entry_count: nullable(Type.Integer({ description: 'null: the site does not say' })),
  entries: Type.Array(PlaylistEntry, { maxItems: 200 }),
  next_cursor: nullable(Type.String()),
});
export type ProbedPlaylist = Static<typeof ProbedPlaylist>;

/** What a link leads to, found without a download. */
export const Probe = Type.Union([ProbedMedia, ProbedPlaylist]);
export type Probe = Static<typeof Probe>;
