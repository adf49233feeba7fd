import { Type, type Static } from '@sinclair/typebox';
import { FAILURE_CODES, WARNING_CODES } from './codes.ts';
import { Selection } from './options.ts';
import { Bytes, Count, nullable, oneOf, Timestamp, Uuid } from './schemas.ts';
import {
  ARTIFACT_KINDS,
  ENTRY_STATES,
  PARTS,
  PHASES,
  STATUSES,
  WAITING_REASONS,
} from './vocabulary.ts';

export const Artifact = Type.Object({
  kind: oneOf(ARTIFACT_KINDS),
  name: Type.String({ description: 'file name on disk' }),
  size: Bytes,
  content_type: Type.String(),
  storage_path: Type.String(),
});
export type Artifact = Static<typeof Artifact>;

export const PlaylistEntry = Type.Object({
  index: Type.Integer({ minimum: 1 }),
  id: nullable(Type.String()),
  url: nullable(Type.String()),
  title: nullable(Type.String()),
  duration: nullable(Type.Number()),
  state: Type.Optional(
    oneOf(ENTRY_STATES, { description: 'only for entries that are downloaded, not just listed' }),
  ),
  download_id: Type.Optional(
    nullable(Type.String({ description: 'id of its record, while that is kept' })),
  ),
  is_downloaded: Type.Optional(
    Type.Boolean({
      description: 'in a probe: `skip_downloaded` would leave it out',
    }),
  ),
});
export type PlaylistEntry = Static<typeof PlaylistEntry>;

/** What the site and ffprobe say about the media. Unknown fields are absent. */
export const Metadata = Type.Object({
  title: Type.Optional(nullable(Type.String())),
  uploader: Type.Optional(nullable(Type.String())),
  duration: Type.Optional(nullable(Type.Number({ description: 'seconds' }))),
  upload_date: Type.Optional(nullable(Type.String({ description: 'YYYYMMDD' }))),
  extractor: Type.Optional(nullable(Type.String())),
  video_id: Type.Optional(nullable(Type.String())),
  webpage_url: Type.Optional(nullable(Type.String())),
  width: Type.Optional(nullable(Type.Integer())),
  height: Type.Optional(nullable(Type.Integer())),
  fps: Type.Optional(nullable(Type.Number())),
  vcodec: Type.Optional(nullable(Type.String())),
  acodec: Type.Optional(nullable(Type.String())),
  container: Type.Optional(nullable(Type.String())),
  format_id: Type.Optional(nullable(Type.String())),
  is_live: Type.Optional(Type.Boolean()),
  playlist_title: Type.Optional(nullable(Type.String())),
  playlist_index: Type.Optional(nullable(Type.Integer())),
  playlist_count: Type.Optional(
    nullable(Type.Integer({ description: 'for an entry: position of the last entry of its list' })),
  ),
  entry_count: Type.Optional(nullable(Type.Integer())),
  entries: Type.Optional(
    Type.Array(PlaylistEntry, {
      description: 'for a list: the first 1,000, only in the answer for this one download',
    }),
  ),
});
export type Metadata = Static<typeof Metadata>;

export const DownloadError = Type.Object({
  code: oneOf(FAILURE_CODES),
  message: Type.String(),
  detail: Type.Optional(
    Type.String({
      description:
        'part of the message; FRAGMENTS_MISSING: how many and where; SITE_REFUSED: the words of the site',
    }),
  ),
  hint: Type.String(),
  retryable: Type.Boolean(),
});
export type DownloadError = Static<typeof DownloadError>;

export const DownloadWarning = Type.Object({
  code: oneOf(WARNING_CODES),
  message: Type.String(),
  detail: Type.Optional(
    Type.String({
      description:
        'part of the message; INCOMPLETE: what is missing; OPTION_IGNORED: the options; SUBTITLES_ENCODING, AUDIO_LANGUAGE_MISSING: the languages',
    }),
  ),
});
export type DownloadWarning = Static<typeof DownloadWarning>;

export const Priority = Type.Integer({ minimum: 1, maximum: 10, description: 'higher runs first' });
export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 50 }), {
  maxItems: 20,
  uniqueItems: true,
});
export const Notes = Type.String({ maxLength: 2000 });

/** The durable record of one download: what the history stores and every download endpoint returns. */
export const Download = Type.Object({
  id: Uuid,
  url: Type.String(),
  title: nullable(Type.String()),
  status: oneOf(STATUSES),
  phase: nullable(oneOf(PHASES)),
  waiting_for: nullable(oneOf(WAITING_REASONS)),
  ...Selection.properties,
  progress: Type.Number({ minimum: 0, maximum: 100 }),
  downloaded_bytes: nullable(Bytes),
  total_bytes: nullable(Bytes),
  speed_bps: nullable(Type.Number({ minimum: 0, description: 'bytes per second' })),
  eta_seconds: nullable(Type.Number({ minimum: 0 })),
  file_size: nullable(Bytes),
  storage_path: nullable(Type.String()),
  artifacts: Type.Array(Artifact),
  metadata: Metadata,
  error: nullable(DownloadError),
  warnings: Type.Array(DownloadWarning),
  attempt: Type.Integer({ minimum: 1 }),
  retry_parts: Type.Array(oneOf(PARTS), {
    description: 'missing parts that are being fetched; the media is stored already',
  }),
  accept_incomplete: Type.Optional(
    Type.Boolean({ description: 'a file is being made of the partial media' }),
  ),
  engine: Type.Optional(
    nullable(Type.String({ description: 'version of yt-dlp of the last attempt' })),
  ),
  retry_engine: Type.Optional(
    nullable(Type.String({ description: 'version of yt-dlp that a retry asked for' })),
  ),
  priority: Priority,
  tags: Tags,
  notes: Type.String(),
  parent_id: nullable(Uuid),
  entries: nullable(Type.Object({ total: Count, done: Count, failed: Count, skipped: Count })),
  created_at: Timestamp,
  started_at: nullable(Timestamp),
  updated_at: Timestamp,
  completed_at: nullable(Timestamp),
  retry_at: nullable(Timestamp),
  expires_at: nullable(Timestamp),
});
export type Download = Static<typeof Download>;
