import { KEPT_INCOMPLETE } from './allowed.ts';
import { Type, type Static } from '@sinclair/typebox';
import { Notes, Priority, Tags } from './download.ts';
import { EngineVersion } from './engines.ts';
import { Selection } from './options.ts';
import { oneOf, Uuid } from './schemas.ts';
import { ACTIONS, FORMAT_PRESETS, LIMITS, PARTS, SORTS, STATUSES } from './vocabulary.ts';

const strict = { additionalProperties: false } as const;

const Url = Type.String({ minLength: 1, maxLength: LIMITS.urlCharacters });

const EXAMPLE_URL = 'https://media.example/clip.mp4';
const EXAMPLE_ID = '37e78c8b-3637-43db-9f64-356158d47647';

/** A selection, each part of it optional. */
const selection = {
  ...Type.Partial(Selection).properties,
  // Any text, so that a preset of another version is answered with PRESET_UNKNOWN instead of a list of choices.
  format_preset: Type.Optional(Type.String({ maxLength: 100, examples: [...FORMAT_PRESETS] })),
};

export const CreateDownloads = Type.Object(
  {
    url: Type.Optional(Url),
    urls: Type.Optional(Type.Array(Url, { minItems: 1, maxItems: LIMITS.urlsPerRequest })),
    ...selection,
    priority: Type.Optional(Priority),
    tags: Type.Optional(Tags),
    notes: Type.Optional(Notes),
    force: Type.Optional(
      Type.Boolean({ description: 'queue it even if the same download is active' }),
    ),
  },
  {
    ...strict,
    description: 'exactly one of `url` and `urls`',
    examples: [
      { url: EXAMPLE_URL, quality: '720p', tags: ['demo'] },
      {
        urls: [EXAMPLE_URL, 'https://media.example/talk.mp4'],
        format_preset: 'Audio only',
        options: { audio_codec: 'mp3', directory: 'talks' },
      },
    ],
  },
);
export type CreateDownloads = Static<typeof CreateDownloads>;

export const CreateDownloadsHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[\\x21-\\x7e]+$',
      description: '1 to 200 visible ASCII characters',
    }),
  ),
});

export const EventsHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description: 'id of the last event received: the later ones are sent',
    }),
  ),
});

export const DownloadParams = Type.Object({ id: Uuid }, strict);
export type DownloadParams = Static<typeof DownloadParams>;

export const HostParams = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      maxLength: LIMITS.hostCharacters,
      description:
        'host name of a site as in the links of its downloads, such as `video.example`; a port is ignored',
    }),
  },
  strict,
);
export type HostParams = Static<typeof HostParams>;

const statusList = `^(${STATUSES.join('|')})(,(${STATUSES.join('|')}))*$`;

export const ListDownloadsQuery = Type.Object(
  {
    status: Type.Optional(
      Type.Array(
        Type.String({ pattern: statusList, description: `one or more of ${STATUSES.join(', ')}` }),
        {
          description: 'repeatable, or a comma list',
        },
      ),
    ),
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    sort: Type.Optional(oneOf(SORTS)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.listRecords })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
    since: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  strict,
);
export type ListDownloadsQuery = Static<typeof ListDownloadsQuery>;

export const RemoveDownloadQuery = Type.Object(
  {
    purge: Type.Optional(
      oneOf(['record', 'file'], {
        description:
          'record: remove a download that has ended; file: delete its stored files too. A file that was changed or replaced stays; a line of /log names it.',
      }),
    ),
  },
  strict,
);
export type RemoveDownloadQuery = Static<typeof RemoveDownloadQuery>;

export const RetryDownload = Type.Object(
  {
    ...selection,
    parts: Type.Optional(
      Type.Array(oneOf(PARTS), {
        minItems: 1,
        uniqueItems: true,
        description: 'for a completed download: fetch only these missing parts',
      }),
    ),
    accept_incomplete: Type.Optional(
      Type.Literal(true, {
        description: `for one that failed as ${KEPT_INCOMPLETE.join(' or ')}: make a file of the partial media`,
      }),
    ),
    engine: Type.Optional(EngineVersion),
  },
  {
    ...strict,
    examples: [{ quality: '480p' }, { parts: ['subtitles'] }, { accept_incomplete: true }],
  },
);
export type RetryDownload = Static<typeof RetryDownload>;

export const ExplainSelection = Type.Object(
  { ...selection },
  {
    ...strict,
    examples: [{ format_preset: 'Audio only', options: { audio_codec: 'mp3' } }],
  },
);
export type ExplainSelection = Static<typeof ExplainSelection>;

export const CreateProbe = Type.Object(
  {
    url: Url,
    cursor: Type.Optional(
      Type.String({ pattern: '^[1-9]\\d{0,6}$', description: '`next_cursor` of an earlier page' }),
    ),
    ...selection,
  },
  { ...strict, examples: [{ url: EXAMPLE_URL, quality: '720p' }] },
);
export type CreateProbe = Static<typeof CreateProbe>;

/** The body of calls without fields; an empty object is accepted. */
export const NoFields = Type.Object({}, strict);

export const UpdateDownload = Type.Object(
  {
    priority: Type.Optional(Priority),
    tags: Type.Optional(Tags),
    notes: Type.Optional(Notes),
  },
  { ...strict, minProperties: 1, examples: [{ priority: 8, tags: ['demo'], notes: '' }] },
);
export type UpdateDownload = Static<typeof UpdateDownload>;

export const ActOnDownloads = Type.Object(
  {
    action: oneOf(ACTIONS),
    ids: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: LIMITS.idsPerAction })),
    filter: Type.Optional(
      Type.Object(
        {
          status: Type.Optional(Type.Array(oneOf(STATUSES), { minItems: 1 })),
          q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
        },
        strict,
      ),
    ),
  },
  {
    ...strict,
    description: 'exactly one of `ids` and `filter`',
    examples: [
      { action: 'pause', ids: [EXAMPLE_ID] },
      { action: 'cancel', filter: { status: ['queued', 'running'], q: 'demo' } },
    ],
  },
);
export type ActOnDownloads = Static<typeof ActOnDownloads>;

export const FileQuery = Type.Object(
  {
    expires: Type.String({ pattern: '^\\d{1,15}$' }),
    signature: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    artifact: Type.Optional(Type.String({ pattern: '^(0|[1-9]\\d{0,2})$' })),
    inline: Type.Optional(oneOf(['1'])),
  },
  strict,
);
export type FileQuery = Static<typeof FileQuery>;

export const LogQuery = Type.Object({ after: Type.Optional(Type.Integer({ minimum: 0 })) }, strict);
export type LogQuery = Static<typeof LogQuery>;
