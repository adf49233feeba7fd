import { isAbsolute, join, resolve } from 'node:path';
import { ENGINE_CHANNELS, type EngineChannel, LIMITS, oneOf, parseUrl } from '@artemis/contracts';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ConfigError } from './config-error.ts';
import { s3SettingsOf, type S3Settings } from './storage-settings.ts';
import {
  DEFAULT_TEMPLATE,
  MOST_FOLDERS,
  PLACEHOLDERS,
  templateProblem,
} from './domain/selection/file-name.ts';
import {
  allowedHostsOf,
  corsOriginsOf,
  egressAllowOf,
  isLoopback,
  trustProxyOf,
} from './host-settings.ts';

// The descriptions complete the sentence "NAME must be …" for a refused value.
const flag = (fallback: boolean) => choice(['true', 'false'], fallback ? 'true' : 'false');
const choice = <const Word extends string>(words: readonly Word[], fallback: Word) =>
  oneOf(words, { default: fallback, description: `one of ${words.join(', ')}` });
const integer = (fallback: number, minimum: number, maximum: number, unit = '') =>
  Type.Integer({
    default: fallback,
    minimum,
    maximum,
    description: `a whole number${unit && ` of ${unit}`} from ${minimum} to ${maximum}, in digits alone`,
  });
const text = (fallback = '') => Type.String({ default: fallback });
/** The flag `u` counts characters: an emoji is one and not two. */
const matching = (pattern: RegExp, fallback: string, description: string) =>
  Type.RegExp(pattern, { default: fallback, description });

const GIB = 1024 ** 3;

/** All variables that Artemis reads, with their defaults. Sizes are in bytes, times in the unit that the description names. */
export const Environment = Type.Object({
  HOST: text('127.0.0.1'),
  PORT: integer(8500, 0, 65_535),
  ALLOWED_HOSTS: text(),
  CORS_ORIGINS: text(),
  TRUST_PROXY: text(),
  BASE_PATH: Type.String({
    default: '/',
    pattern: '^(/(?!\\.{1,2}(/|$))[A-Za-z0-9._~-]+)*/?$',
    description:
      'a path that begins with a slash, such as /artemis, of letters, digits, and . _ ~ -',
  }),
  API_TOKEN: matching(/^(\S{8,500})?$/u, '', '8 to 500 characters without white space'),
  ALLOW_OPEN_NETWORK: flag(false),
  MAX_WORKERS: integer(4, 1, 64),
  MAX_QUEUE_DEPTH: integer(500, 1, 100_000),
  MAX_PER_HOST: integer(2, 1, 64),
  DOWNLOAD_TIMEOUT: integer(3600, 1, 604_800, 'seconds'),
  STALL_TIMEOUT: integer(120, 1, 86_400, 'seconds'),
  MAX_FILE_SIZE: integer(10 * GIB, 1024, Number.MAX_SAFE_INTEGER, 'bytes'),
  MIN_FREE_SPACE: integer(GIB, 0, Number.MAX_SAFE_INTEGER, 'bytes'),
  MAX_ATTEMPTS: integer(3, 1, 20),
  CLEANUP_AFTER_DAYS: integer(30, 0, 36_500, 'days'),
  HISTORY_LIMIT: integer(200, 1, 100_000),
  NAME_TEMPLATE: matching(
    new RegExp(`^[^]{0,${LIMITS.nameTemplateCharacters}}$`, 'u'),
    DEFAULT_TEMPLATE,
    `a name of at most ${LIMITS.nameTemplateCharacters} characters, made of text, of / for at most ${MOST_FOLDERS} folders, and of ${PLACEHOLDERS.map((name) => `{${name}}`).join(' ')}, such as {uploader}/{title} [{video_id}]`,
  ),
  RATE_LIMIT_ENABLED: flag(true),
  RATE_LIMIT_MAX: integer(600, 1, 1_000_000),
  RATE_LIMIT_SUBMIT_MAX: integer(60, 1, 1_000_000),
  RATE_LIMIT_WINDOW: integer(60, 1, 86_400, 'seconds'),
  DOWNLOADS_DIR: text('downloads'),
  SCRATCH_DIR: text(),
  STORAGE_PROVIDER: choice(['local', 's3'], 'local'),
  S3_BUCKET: text(),
  S3_ENDPOINT: Type.String({
    default: '',
    pattern: '^(https?://[^\\s@/?#]+/?)?$',
    description: 'an http or https URL without a path and credentials, such as https://s3.example',
  }),
  S3_REGION: text('us-east-1'),
  S3_FORCE_PATH_STYLE: flag(false),
  S3_PREFIX: Type.String({
    default: '',
    pattern: '^[A-Za-z0-9._-][A-Za-z0-9/._-]{0,199}$|^$',
    description: 'at most 200 letters, digits, and / . _ -, without a slash at the begin',
  }),
  AWS_ACCESS_KEY_ID: text(),
  AWS_SECRET_ACCESS_KEY: text(),
  AWS_SESSION_TOKEN: text(),
  HISTORY_FILE: text('downloads-history.json'),
  DATA_DIR: text(),
  TOOLS_DIR: text('.artemis/tools'),
  SECRET_KEY: matching(/^(.{16,500})?$/u, '', '16 to 500 characters on one line'),
  SIGNED_URL_TTL: integer(900, 1, 604_800, 'seconds'),
  YTDLP_CHANNEL: choice(ENGINE_CHANNELS, 'stable'),
  YTDLP_PATH: text(),
  PYTHON_PATH: text(),
  FFMPEG_PATH: text(),
  EGRESS_ALLOW: text(),
  CA_FILE: text(),
  PLUGINS_DIR: text(),
  POT_PROVIDER_URL: Type.String({
    default: '',
    // For yt-dlp a comma or a semicolon would end the URL.
    pattern: '^(https?://[^\\s,;@?#]+)?$',
    description: 'an http or https URL without credentials, such as http://127.0.0.1:4416',
  }),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
});
type Environment = Static<typeof Environment>;

/** Settings of features that Artemis does not have, with what it does instead. Ignoring them would suggest that they work. */
export const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  'records are kept in HISTORY_FILE alone': ['DATABASE_URL'],
  'one server does all the work': ['REDIS_URL', 'ROLE'],
  'no notices are sent': ['MAIL_URL', 'MAIL_FROM', 'MAIL_TO', 'WEBHOOK_URL', 'WEBHOOK_SECRET'],
};
/** Values that ask for what Artemis does anyway. */
const HARMLESS: readonly string[] = ['ROLE=all'];

export interface Config {
  readonly host: string;
  readonly port: number;
  /** `host` or `host:port` in lower case; an entry without a port matches every port. */
  readonly allowedHosts: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly trustProxy: readonly string[];
  /** Without a trailing slash; empty at the root. */
  readonly basePath: string;
  readonly apiToken: string | null;
  readonly maxWorkers: number;
  readonly maxQueueDepth: number;
  readonly maxPerHost: number;
  readonly downloadTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly maxFileSizeBytes: number;
  readonly minFreeSpaceBytes: number;
  readonly maxAttempts: number;
  readonly cleanupAfterDays: number;
  readonly historyLimit: number;
  /** Of the name of files when a request gives none. */
  readonly nameTemplate: string;
  readonly rateLimit: {
    readonly isEnabled: boolean;
    readonly max: number;
    readonly submitMax: number;
    readonly windowMs: number;
  };
  readonly downloadsDir: string;
  /** For partial files, outside the downloads folder; null when they are inside it. */
  readonly scratchDir: string | null;
  /** Null: files are stored in the downloads folder. */
  readonly s3: S3Settings | null;
  readonly historyFile: string;
  readonly dataDir: string;
  readonly toolsDir: string;
  readonly secretKey: string | null;
  readonly signedUrlTtlSeconds: number;
  /** The channel whose releases are looked for each day, unless `POST /engines` has chosen another one. */
  readonly ytDlpChannel: EngineChannel;
  /** Proxy variables for the program that fetches yt-dlp. May contain a password. */
  readonly fetchVariables: Readonly<Record<string, string>>;
  readonly ytDlpPath: string | null;
  readonly pythonPath: string | null;
  readonly ffmpegPath: string | null;
  readonly caFile: string | null;
  readonly pluginsDir: string | null;
  /** Normalized by the URL parser, without a slash at the end. */
  readonly potProviderUrl: string | null;
  /** Exact `host:port`, lower case, IPv6 in brackets. */
  readonly egressAllow: readonly string[];
  readonly logLevel: Environment['LOG_LEVEL'];
}

const FETCH_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

function variablesOf(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const found = names.flatMap((name) => {
    const value = environment[name]?.trim();
    return value ? [[name, value] as const] : [];
  });
  return Object.freeze(Object.fromEntries(found));
}

/**
 * Reads nothing but its arguments. An empty variable counts as not set.
 * @throws {ConfigError} for the first bad setting.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>>,
  repositoryRoot: string,
): Config {
  const data = Object.fromEntries(
    Object.keys(Environment.properties).flatMap((name) => {
      const value = environment[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  refuseUnsupported(environment);
  const env = validated(data);
  const at = (path: string) => resolve(repositoryRoot, path);
  const historyFile = at(env.HISTORY_FILE);
  const downloadsDir = at(env.DOWNLOADS_DIR);
  // A person who forbids the set-up to fetch anything does not want daily downloads either.
  const isSetupOff = environment['ARTEMIS_SETUP']?.trim() === 'off';
  const apiToken = env.API_TOKEN || null;

  if (!isLoopback(env.HOST) && apiToken === null && env.ALLOW_OPEN_NETWORK !== 'true') {
    throw new ConfigError(
      'HOST opens Artemis to the network, so API_TOKEN must be set (at least 8 characters), ' +
        'or ALLOW_OPEN_NETWORK=true when everyone on that network may use it.',
    );
  }

  return Object.freeze<Config>({
    host: env.HOST,
    port: env.PORT,
    allowedHosts: allowedHostsOf(env),
    corsOrigins: corsOriginsOf(env),
    trustProxy: trustProxyOf(env),
    basePath: env.BASE_PATH.replace(/\/+$/, ''),
    apiToken,
    maxWorkers: env.MAX_WORKERS,
    maxQueueDepth: env.MAX_QUEUE_DEPTH,
    maxPerHost: env.MAX_PER_HOST,
    downloadTimeoutMs: env.DOWNLOAD_TIMEOUT * 1000,
    stallTimeoutMs: env.STALL_TIMEOUT * 1000,
    maxFileSizeBytes: env.MAX_FILE_SIZE,
    minFreeSpaceBytes: env.MIN_FREE_SPACE,
    maxAttempts: env.MAX_ATTEMPTS,
    cleanupAfterDays: env.CLEANUP_AFTER_DAYS,
    historyLimit: env.HISTORY_LIMIT,
    nameTemplate: checkedTemplate(env.NAME_TEMPLATE),
    rateLimit: Object.freeze({
      isEnabled: env.RATE_LIMIT_ENABLED === 'true',
      max: env.RATE_LIMIT_MAX,
      submitMax: env.RATE_LIMIT_SUBMIT_MAX,
      windowMs: env.RATE_LIMIT_WINDOW * 1000,
    }),
    downloadsDir,
    scratchDir: env.SCRATCH_DIR ? checkedScratch(at(env.SCRATCH_DIR), downloadsDir) : null,
    s3: s3SettingsOf(env),
    historyFile,
    dataDir: env.DATA_DIR ? at(env.DATA_DIR) : join(historyFile, '..', '.artemis'),
    toolsDir: at(env.TOOLS_DIR),
    secretKey: env.SECRET_KEY || null,
    signedUrlTtlSeconds: env.SIGNED_URL_TTL,
    ytDlpChannel: isSetupOff && !data['YTDLP_CHANNEL'] ? 'off' : env.YTDLP_CHANNEL,
    fetchVariables: variablesOf(environment, FETCH_VARIABLES),
    ytDlpPath: toolPath(env.YTDLP_PATH, at),
    pythonPath: toolPath(env.PYTHON_PATH, at),
    ffmpegPath: toolPath(env.FFMPEG_PATH, at),
    caFile: env.CA_FILE ? at(env.CA_FILE) : null,
    pluginsDir: env.PLUGINS_DIR ? at(env.PLUGINS_DIR) : null,
    potProviderUrl: env.POT_PROVIDER_URL ? checkedProvider(env.POT_PROVIDER_URL) : null,
    egressAllow: egressAllowOf(env),
    logLevel: env.LOG_LEVEL,
  });
}

function refuseUnsupported(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [instead, names] of Object.entries(UNSUPPORTED)) {
    for (const name of names) {
      const value = environment[name]?.trim();
      if (!value || HARMLESS.includes(`${name}=${value}`)) continue;
      throw new ConfigError(`${name} is set, but not supported: ${instead}. Unset ${name}.`);
    }
  }
}

function validated(data: Readonly<Record<string, string>>): Environment {
  const values: unknown = Value.Default(
    Environment,
    Object.fromEntries(Object.entries(data).map(([name, value]) => [name, parsed(name, value)])),
  );
  const first = Value.Errors(Environment, values).First();
  if (first) throw wrong(first.path.slice(1));
  return values as Environment;
}

/** Stricter than the conversion of the schema, which accepts Infinity, 1e3 and 0x10. */
function parsed(name: string, value: string): string | number {
  const { type } = Environment.properties[name as keyof Environment] as { type?: string };
  if (type !== 'integer') return value;
  if (!/^\d{1,16}$/.test(value)) throw wrong(name);
  return Number(value);
}

function wrong(name: string): ConfigError {
  const { description } = Environment.properties[name as keyof Environment];
  return new ConfigError(`${name} must be ${description ?? 'something else'}.`);
}

/** Where one is in the other, a download could be stored among partial files, and be taken for one. */
function checkedScratch(scratchDir: string, downloadsDir: string): string {
  const isInside = (path: string, folder: string) => `${path}/`.startsWith(`${folder}/`);
  if (isInside(scratchDir, downloadsDir) || isInside(downloadsDir, scratchDir)) {
    throw new ConfigError('SCRATCH_DIR must be neither inside DOWNLOADS_DIR nor around it.');
  }
  return scratchDir;
}

function toolPath(value: string, at: (path: string) => string): string | null {
  if (!value) return null;
  // `findTools` looks up a bare command name on PATH.
  return isAbsolute(value) || !value.includes('/') ? value : at(value);
}

function checkedTemplate(template: string): string {
  // Its own sentence quotes the value, which may not be told.
  if (templateProblem(template) !== null) throw wrong('NAME_TEMPLATE');
  return template;
}

function checkedProvider(value: string): string {
  const url = parseUrl(value);
  if (url === null) throw wrong('POT_PROVIDER_URL');
  return url.href.replace(/\/$/, '');
}
