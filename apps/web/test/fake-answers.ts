import type { Configuration, Download } from '@artemis/contracts';
import {
  AUDIO_CODECS,
  CONTAINERS,
  FORMAT_PRESETS,
  QUALITIES,
  type Status,
} from '@artemis/contracts/vocabulary';
import type { FakeRoom } from './fake-room.ts';
import type { Send } from './fake-server.ts';

/** The change of a record that comes to this state. */
export function moved(status: Status): Partial<Download> {
  return { status, phase: null, speed_bps: null, waiting_for: status === 'queued' ? 'slot' : null };
}

const RESULTS: Readonly<Record<string, { from: readonly Status[]; to: Status | null }>> = {
  cancel: { from: ['queued', 'running', 'paused'], to: 'cancelled' },
  retry: { from: ['failed', 'cancelled'], to: 'queued' },
  pause: { from: ['queued', 'running'], to: 'paused' },
  resume: { from: ['paused'], to: 'queued' },
  purge_record: { from: ['completed', 'failed', 'cancelled'], to: null },
  purge_file: { from: ['completed', 'failed', 'cancelled'], to: null },
};

/** One action on many records, as the real server answers it. */
export function act(body: unknown, room: FakeRoom, send: Send): void {
  const request = body as {
    action: string;
    ids?: string[];
    filter?: { status?: Status[]; q?: string };
  };
  const rule = RESULTS[request.action];
  const ids =
    request.ids ??
    room
      .list({
        ...(request.filter?.status ? { statuses: request.filter.status } : {}),
        ...(request.filter?.q === undefined ? {} : { q: request.filter.q }),
      })
      .map((record) => record.id);
  const affected: string[] = [];
  const skipped: { id: string; code: string }[] = [];
  for (const id of ids) {
    const record = room.records.get(id);
    if (!record || !rule?.from.includes(record.status)) {
      skipped.push({ id, code: record ? 'STILL_ACTIVE' : 'DOWNLOAD_NOT_FOUND' });
      continue;
    }
    if (rule.to === null) room.forget(id);
    else room.change(id, { ...moved(rule.to), error: null });
    affected.push(id);
  }
  send(200, { affected, skipped });
}

/** What the server says about itself; every feature is on unless told otherwise. */
export function createConfiguration(
  room: FakeRoom,
  options: {
    readonly features: Readonly<Record<string, boolean>> | undefined;
    readonly hasToken: boolean;
  },
): Configuration {
  return {
    presets: FORMAT_PRESETS.map((name) => ({ name, description: name })),
    default_preset: FORMAT_PRESETS[0],
    qualities: [...QUALITIES],
    audio_codecs: [...AUDIO_CODECS],
    containers: [...CONTAINERS],
    limits: {
      max_workers: room.workers,
      max_queue_depth: 500,
      max_per_host: 2,
      max_attempts: 3,
      max_urls_per_request: 500,
      max_url_characters: 2048,
      max_file_size: 10_737_418_240,
      min_free_space: 1_073_741_824,
      download_timeout_seconds: 3600,
      stall_timeout_seconds: 120,
      cleanup_after_days: 30,
      history_limit: 200,
      signed_url_ttl_seconds: 900,
      rate_limit: { enabled: true, max: 600, submit_max: 60, window_seconds: 60 },
    },
    features: options.features ?? {
      changes: true,
      events: true,
      pause: true,
      update: true,
      actions: true,
      explanations: true,
      probes: true,
      cookies: true,
    },
    versions: {
      artemis: '0.1.0',
      node: process.version,
      python: '3.11.2',
      yt_dlp: '2026.11.13',
      ffmpeg: '7.1',
      js_runtime: null,
    },
    plugins: [],
    downloads_directory: '/srv/artemis/downloads',
    name_template: '{id}',
    token_required: options.hasToken,
  };
}
