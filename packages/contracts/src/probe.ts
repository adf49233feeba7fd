import { Type, type Static } from '@sinclair/typebox';
import { PlaylistEntry } from './download.ts';
import { Bytes, nullable } from './schemas.ts';

export const ProbedFormat = Type.Object({
  format_id: Type.String(),
  ext: nullable(Type.String()),
  height: nullable(Type.Integer()),
  fps: nullable(Type.Number()),
  vcodec: nullable(Type.String({ description: 'null: no picture, or not known' })),
  acodec: nullable(Type.String({ description: 'null: no sound, or not known' })),
  filesize: nullable(Bytes),
  is_filesize_exact: Type.Boolean({ description: 'otherwise it is an estimate of yt-dlp' }),
  note: nullable(Type.String()),
});
export type ProbedFormat = Static<typeof ProbedFormat>;

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

/** What a link leads to, without a download. */
export const Probe = Type.Union([ProbedMedia, ProbedPlaylist]);
export type Probe = Static<typeof Probe>;
