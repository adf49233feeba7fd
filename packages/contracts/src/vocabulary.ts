/**
 * The closed sets of words that server and page share, as plain data: nothing here imports a schema library, so the
 * browser may import it too.
 */

export const API_PREFIX = '/api/v1';

export const FORMAT_PRESETS = [
  'Smart (best combined)',
  'Video + Audio (muxed)',
  'Audio only',
  'Subtitle + metadata',
  'Playlist (flat)',
] as const;
export type FormatPreset = (typeof FORMAT_PRESETS)[number];
export const DEFAULT_FORMAT_PRESET: FormatPreset = 'Smart (best combined)';

export const QUALITIES = [
  'best',
  '2160p',
  '1440p',
  '1080p',
  '720p',
  '480p',
  '360p',
  '240p',
  '144p',
] as const;
export type Quality = (typeof QUALITIES)[number];
export const DEFAULT_QUALITY: Quality = 'best';

export const AUDIO_CODECS = ['mp3', 'm4a', 'opus', 'flac', 'wav'] as const;
export const CONTAINERS = ['mp4', 'mkv', 'webm'] as const;
export const VIDEO_CODECS = ['h264', 'h265', 'vp9', 'av1'] as const;
export const SUBTITLE_FORMATS = ['vtt', 'srt'] as const;
export const SPONSORBLOCK_CATEGORIES = [
  'sponsor',
  'intro',
  'outro',
  'selfpromo',
  'preview',
  'filler',
  'interaction',
  'music_offtopic',
] as const;

export const STATUSES = [
  'queued',
  'running',
  'paused',
  'completed',
  'failed',
  'cancelled',
] as const;
export type Status = (typeof STATUSES)[number];

export const ACTIVE_STATUSES = ['queued', 'running', 'paused'] as const;

export const TERMINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export function isTerminal(status: Status): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly Status[]).includes(status);
}

export const PHASES = ['extracting', 'downloading', 'processing', 'verifying', 'storing'] as const;
export type Phase = (typeof PHASES)[number];

export const WAITING_REASONS = ['slot', 'retry', 'host', 'disk', 'release', 'engine'] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

export const ARTIFACT_KINDS = ['media', 'subtitle', 'thumbnail', 'info'] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

/** Missing parts: what a completed download may lack and what can be fetched alone. */
export const PARTS = ['subtitles', 'thumbnail', 'metadata', 'sponsorblock'] as const;
export type Part = (typeof PARTS)[number];

/** How far an entry of a playlist is. `skipped`: downloaded before, or cancelled alone. */
export const ENTRY_STATES = ['waiting', 'active', 'done', 'failed', 'skipped'] as const;
export type EntryState = (typeof ENTRY_STATES)[number];

export const SORTS = [
  'created',
  '-created',
  'queue',
  '-queue',
  'title',
  '-title',
  'host',
  '-host',
  'size',
  '-size',
  'status',
  '-status',
] as const;
export type Sort = (typeof SORTS)[number];

export const ACTIONS = [
  'cancel',
  'retry',
  'pause',
  'resume',
  'purge_record',
  'purge_file',
] as const;
export type Action = (typeof ACTIONS)[number];

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The result of a test of cookies. */
export const COOKIE_TEST_RESULTS = ['works', 'refused', 'unclear'] as const;
export type CookieTestResult = (typeof COOKIE_TEST_RESULTS)[number];

/** Which releases of yt-dlp the server looks for. */
export const ENGINE_CHANNELS = ['stable', 'nightly', 'off'] as const;
export type EngineChannel = (typeof ENGINE_CHANNELS)[number];

export const ENGINE_STATES = ['in_use', 'ready', 'trying', 'failed'] as const;
export const ENGINE_SOURCES = ['release', 'debian', 'path', 'placed'] as const;
export type EngineSource = (typeof ENGINE_SOURCES)[number];

/** What an engine must pass before downloads use it, in this order. */
export const TRIAL_STEPS = ['import', 'solve', 'rehearsal', 'site'] as const;

export const ENGINE_EVENT_CODES = [
  'FETCHED',
  'FETCH_FAILED',
  'TRIAL_PASSED',
  'TRIAL_FAILED',
  'SWITCHED',
  'WENT_BACK',
  'REMOVED',
  'GONE',
  'SITE_BROKEN',
  'SITE_MENDED',
] as const;
export type EngineEventCode = (typeof ENGINE_EVENT_CODES)[number];

/** Warnings of an explanation, before anything runs. */
export const EXPLANATION_CODES = [
  'OPTION_IGNORED',
  'ENCODES_ANEW',
  'THIRD_PARTY',
  'ONE_FRAGMENT_AT_A_TIME',
  'ENGINE_MISSING',
  'LISTED_FIRST',
] as const;
export type ExplanationCode = (typeof EXPLANATION_CODES)[number];

/** Limits of requests, the same in every installation. */
export const LIMITS = {
  urlCharacters: 2048,
  urlsPerRequest: 500,
  bodyBytes: 256 * 1024,
  listRecords: 200,
  changedRecords: 500,
  entriesInDetail: 1000,
  /** Entries that are read from one list. */
  listedEntries: 100_000,
  /** Positions that `options.playlist.items` may name, and entries that `entry_ids` may. */
  selectedEntries: 5000,
  /** Characters of all `options.playlist.entry_ids` together, because they stay in the record. */
  entryIdCharacters: 65_536,
  logLines: 300,
  idsPerAction: 5000,
  siteCharacters: 200,
  hostCharacters: 255,
  nameTemplateCharacters: 300,
  cookieTextCharacters: 200_000,
} as const;
