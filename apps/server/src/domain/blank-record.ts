import { DEFAULT_FORMAT_PRESET, DEFAULT_QUALITY, type Download } from '@artemis/contracts';

export const DEFAULT_PRIORITY = 3;

/** A record of which nothing is known yet, besides what makes it this one: id, link and times. */
export const BLANK_RECORD: Omit<Download, 'id' | 'url' | 'created_at' | 'updated_at'> = {
  title: null,
  status: 'queued',
  phase: null,
  waiting_for: null,
  format_preset: DEFAULT_FORMAT_PRESET,
  quality: DEFAULT_QUALITY,
  options: {},
  progress: 0,
  downloaded_bytes: null,
  total_bytes: null,
  speed_bps: null,
  eta_seconds: null,
  file_size: null,
  storage_path: null,
  artifacts: [],
  metadata: {},
  error: null,
  warnings: [],
  attempt: 1,
  retry_parts: [],
  priority: DEFAULT_PRIORITY,
  tags: [],
  notes: '',
  parent_id: null,
  entries: null,
  started_at: null,
  completed_at: null,
  retry_at: null,
  expires_at: null,
};

/** What a record shows that is not running. */
export const IDLE = { phase: null, speed_bps: null, eta_seconds: null, waiting_for: null } as const;
