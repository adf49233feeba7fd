import { Type, type Static } from '@sinclair/typebox';
import { REQUEST_CODE_NAMES } from './codes.ts';
import { Download } from './download.ts';
import { Bytes, Count, nullable, oneOf, SaidCode, SaidValues, Timestamp, Uuid } from './schemas.ts';
import {
  AUDIO_CODECS,
  CONTAINERS,
  EXPLANATION_CODES,
  LOG_LEVELS,
  PHASES,
  QUALITIES,
} from './vocabulary.ts';

export const DownloadsCreated = Type.Object({
  downloads: Type.Array(Download),
  duplicates: Type.Array(Uuid),
  removed: Type.Optional(
    Type.Array(Uuid, { description: 'records of the first answer that are no longer kept' }),
  ),
});
export type DownloadsCreated = Static<typeof DownloadsCreated>;

export const DownloadList = Type.Object({
  downloads: Type.Array(Download),
  total: Count,
  next_cursor: nullable(Type.String()),
  rev: Type.String(),
});
export type DownloadList = Static<typeof DownloadList>;

export const DownloadChanges = Type.Object({
  downloads: Type.Array(Download),
  removed: Type.Array(Uuid),
  rev: Type.String(),
  more: Type.Boolean(),
});
export type DownloadChanges = Static<typeof DownloadChanges>;

export const DownloadDetail = Type.Object({
  download: Download,
  download_url: nullable(Type.String()),
  inline_url: nullable(Type.String()),
  artifact_urls: Type.Array(Type.String()),
  download_url_expires_at: nullable(Timestamp),
});
export type DownloadDetail = Static<typeof DownloadDetail>;

export const OneDownload = Type.Object({ download: Download });
export type OneDownload = Static<typeof OneDownload>;

export const ActionResult = Type.Object({
  affected: Type.Array(Uuid),
  skipped: Type.Array(
    Type.Object({
      id: Uuid,
      code: oneOf(REQUEST_CODE_NAMES),
    }),
  ),
});
export type ActionResult = Static<typeof ActionResult>;

export const HostResumed = Type.Object({
  host: Type.String(),
  affected: Type.Array(Uuid, {
    description: 'the downloads that waited for the site and go on now',
  }),
});
export type HostResumed = Static<typeof HostResumed>;

export const LogLine = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  at: Timestamp,
  level: oneOf(LOG_LEVELS),
  text: Type.String(),
  code: SaidCode,
  values: SaidValues,
  download_id: Type.Optional(Uuid),
});
export type LogLine = Static<typeof LogLine>;

export const LogLines = Type.Object({ lines: Type.Array(LogLine), next: Count });
export type LogLines = Static<typeof LogLines>;

export const Explanation = Type.Object({
  argv: Type.Array(
    Type.Object({
      argument: Type.String({ description: 'an option with its value, as typed in a shell' }),
      meaning: Type.String({ description: 'one sentence for people' }),
      code: SaidCode,
      values: SaidValues,
    }),
    {
      description: 'in the order of the command line; the link and a random word are placeholders',
    },
  ),
  output_example: Type.String({
    description: 'where the file would be stored; empty: no file',
  }),
  warnings: Type.Array(
    Type.Object({
      code: oneOf(EXPLANATION_CODES),
      message: Type.String(),
      detail: Type.Optional(
        Type.String({ description: 'part of the message: of OPTION_IGNORED the option' }),
      ),
    }),
  ),
});
export type Explanation = Static<typeof Explanation>;

export const ENGINE_MODES = ['warm', 'cold', 'missing'] as const;
/** How much of the sandbox the kernel provides. */
export const SANDBOX_LEVELS = ['full', 'partial', 'none'] as const;

export const Telemetry = Type.Object({
  queued: Count,
  running: Count,
  paused: Count,
  completed: Count,
  failed: Count,
  cancelled: Count,
  average_progress: Type.Number({ minimum: 0, maximum: 100 }),
  worker_utilization: Type.Number({ minimum: 0, maximum: 1 }),
  workers: Type.Object({
    max: Count,
    busy: Count,
    slots: Type.Array(Type.Object({ slot: Count, download_id: nullable(Uuid) })),
  }),
  queue: Type.Object({ depth: Count, capacity: Count }),
  throughput_bps: Type.Number({ minimum: 0 }),
  active: Type.Array(
    Type.Object({
      id: Uuid,
      title: nullable(Type.String({ maxLength: 60 })),
      phase: nullable(oneOf(PHASES)),
      progress: Type.Number(),
      speed_bps: nullable(Type.Number()),
      eta_seconds: nullable(Type.Number()),
    }),
    { maxItems: 16 },
  ),
  hosts: Type.Array(
    Type.Object({
      host: Type.String(),
      running: Count,
      queued: Count,
      retry_at: nullable(Timestamp),
    }),
    { maxItems: 10 },
  ),
  storage: Type.Object({
    provider: oneOf(['local', 's3']),
    used_bytes: Bytes,
    free_bytes: nullable(Bytes),
    files: Count,
    next_cleanup_at: nullable(Timestamp),
  }),
  engine: Type.Object({
    yt_dlp_version: nullable(Type.String()),
    age_days: nullable(Type.Integer()),
    mode: oneOf(ENGINE_MODES),
    sandbox: nullable(oneOf(SANDBOX_LEVELS)),
    ffmpeg_version: nullable(Type.String()),
    js_runtime: nullable(Type.String()),
    jobs: Type.Integer({ minimum: 0, description: 'attempts since the start' }),
    job_cpu_seconds: Type.Number({ minimum: 0, description: 'of all attempts' }),
    broken_sites: Type.Array(
      Type.Object({
        site: Type.String(),
        since: Timestamp,
        version: Type.String({ description: 'the yt-dlp that fails with the site' }),
        waiting: Count,
        is_seeking: Type.Boolean({ description: 'a newer yt-dlp is being looked for or tried' }),
        next_try_at: nullable(
          Type.String({
            ...Timestamp,
            description: 'when one download tries; null while one does',
          }),
        ),
      }),
      { maxItems: 5, description: 'their downloads wait (`waiting_for: engine`)' },
    ),
    job_peak_memory_bytes: Type.Integer({ minimum: 0, description: 'of the largest process' }),
  }),
  process: Type.Object({
    rss_bytes: Bytes,
    event_loop_delay_p99_ms: Type.Number(),
    uptime_seconds: Type.Number(),
  }),
  rev: Type.String(),
  instance_id: Type.String(),
  at: Timestamp,
});
export type Telemetry = Static<typeof Telemetry>;

export const Configuration = Type.Object({
  presets: Type.Array(Type.Object({ name: Type.String(), description: Type.String() })),
  default_preset: Type.String(),
  qualities: Type.Array(oneOf(QUALITIES)),
  audio_codecs: Type.Array(oneOf(AUDIO_CODECS)),
  containers: Type.Array(oneOf(CONTAINERS)),
  limits: Type.Object({
    max_workers: Count,
    max_queue_depth: Count,
    max_per_host: Count,
    max_attempts: Count,
    max_urls_per_request: Count,
    max_url_characters: Count,
    max_file_size: Bytes,
    min_free_space: Bytes,
    download_timeout_seconds: Count,
    stall_timeout_seconds: Count,
    cleanup_after_days: Count,
    history_limit: Count,
    signed_url_ttl_seconds: Count,
    rate_limit: Type.Object({
      enabled: Type.Boolean(),
      max: Count,
      submit_max: Count,
      window_seconds: Count,
    }),
  }),
  features: Type.Record(Type.String(), Type.Boolean()),
  versions: Type.Object({
    artemis: Type.String(),
    node: Type.String(),
    python: nullable(Type.String()),
    yt_dlp: nullable(Type.String()),
    ffmpeg: nullable(Type.String()),
    js_runtime: nullable(Type.String()),
  }),
  plugins: Type.Array(Type.String(), {
    description: "the owner's plugins for yt-dlp, as of the last `/readyz`",
  }),
  downloads_directory: Type.String(),
  name_template: Type.String({ description: 'of the name of files when a request gives none' }),
  token_required: Type.Boolean(),
});
export type Configuration = Static<typeof Configuration>;

export const Health = Type.Object({ status: Type.Literal('ok') });
export type Health = Static<typeof Health>;

export const ReadinessCheck = Type.Object({
  name: Type.String(),
  state: oneOf(['ok', 'warn', 'fail']),
  message: Type.String(),
  code: SaidCode,
  values: SaidValues,
  remedy: nullable(Type.String({ description: 'a command, or a sentence' })),
  remedy_code: SaidCode,
  remedy_values: SaidValues,
});
export type ReadinessCheck = Static<typeof ReadinessCheck>;

export const Readiness = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Array(ReadinessCheck),
});
export type Readiness = Static<typeof Readiness>;
