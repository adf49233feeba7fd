import {
  AUDIO_CODECS,
  CONTAINERS,
  DEFAULT_FORMAT_PRESET,
  FORMAT_PRESETS,
  LIMITS,
  QUALITIES,
  type Configuration,
} from '@artemis/contracts';
import { mayHaveCookies } from './adapters/download-runner.piscina.ts';
import type { EngineStatus } from './adapters/engine/engine-host.ts';
import type { Tools } from './adapters/tools/tools.ts';
import type { Config } from './config.ts';
import { PRESET_DESCRIPTIONS } from './domain/selection/presets.ts';

/** What `GET /configuration` answers: what can be asked for, the limits, and with which tools. */
export function configurationOf(
  config: Config,
  tools: Tools,
  version: string,
  engine: Pick<EngineStatus, 'facts'>,
  plugins: readonly string[],
): Configuration {
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
      cookies: mayHaveCookies(tools.ytDlp?.kind ?? 'module'),
    },
    versions: {
      artemis: version,
      node: process.versions.node,
      python: engine.facts?.pythonVersion ?? pythonVersion(tools),
      yt_dlp: tools.ytDlp?.version ?? null,
      ffmpeg: tools.ffmpeg?.version ?? null,
      js_runtime: runtimeName(tools),
    },
    plugins: [...plugins],
    downloads_directory: config.downloadsDir,
    token_required: config.apiToken !== null,
  };
}

/** Null when yt-dlp has an interpreter of its own: which version that is, only the host knows. */
function pythonVersion({ python, ytDlp }: Tools): string | null {
  const path = ytDlp?.pythonPath ?? python?.path;
  return python?.path === path ? (python?.version ?? null) : null;
}

export function runtimeName({ jsRuntime }: Tools): string | null {
  return jsRuntime && `${jsRuntime.name} ${jsRuntime.version}`;
}
