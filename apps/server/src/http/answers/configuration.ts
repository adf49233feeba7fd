import {
  AUDIO_CODECS,
  CONTAINERS,
  DEFAULT_FORMAT_PRESET,
  FORMAT_PRESETS,
  LIMITS,
  QUALITIES,
  type Configuration,
} from '@artemis/contracts';
import type { Config } from '../../config.ts';
import { PRESET_DESCRIPTIONS } from '../../domain/selection/presets.ts';

export interface ConfigurationSources {
  readonly config: Config;
  /** Of Artemis. */
  readonly version: string;
  readonly toolVersions: Omit<Configuration['versions'], 'artemis' | 'node'>;
  readonly plugins: readonly string[];
  readonly mayHaveCookies: boolean;
}

/** What `GET /configuration` answers: what can be asked for, the limits, and with which tools. */
export function configurationOf(sources: ConfigurationSources): Configuration {
  const { config } = sources;
  return {
    presets: FORMAT_PRESETS.map((name) => ({ name, description: PRESET_DESCRIPTIONS[name] })),
    default_preset: DEFAULT_FORMAT_PRESET,
    qualities: [...QUALITIES],
    audio_codecs: [...AUDIO_CODECS],
    containers: [...CONTAINERS],
    limits: {
      max_workers: config.maxWorkers,
      max_queue_depth: config.maxQueueDepth,
      max_per_host: config.maxPerHost,
      max_attempts: config.maxAttempts,
      max_urls_per_request: LIMITS.urlsPerRequest,
      max_url_characters: LIMITS.urlCharacters,
      max_file_size: config.maxFileSizeBytes,
      min_free_space: config.minFreeSpaceBytes,
      download_timeout_seconds: config.downloadTimeoutMs / 1000,
      stall_timeout_seconds: config.stallTimeoutMs / 1000,
      cleanup_after_days: config.cleanupAfterDays,
      history_limit: config.historyLimit,
      signed_url_ttl_seconds: config.signedUrlTtlSeconds,
      rate_limit: {
        enabled: config.rateLimit.isEnabled,
        max: config.rateLimit.max,
        submit_max: config.rateLimit.submitMax,
        window_seconds: config.rateLimit.windowMs / 1000,
      },
    },
    features: {
      changes: true,
      events: true,
      pause: true,
      update: true,
      actions: true,
      explanations: true,
      probes: true,
      parts: true,
      cookies: sources.mayHaveCookies,
    },
    versions: {
      artemis: sources.version,
      node: process.versions.node,
      ...sources.toolVersions,
    },
    plugins: [...sources.plugins],
    downloads_directory: config.downloadsDir,
    name_template: config.nameTemplate,
    token_required: config.apiToken !== null,
  };
}
