import type { Download, DownloadChanges, LogLine, Readiness, Telemetry } from '@artemis/contracts';
import { isTerminal, type Sort, type Status } from '@artemis/contracts/vocabulary';
import { createHash } from 'node:crypto';
import { createFakeCookies } from './fake-cookies.ts';
import { createFakeEngines } from './fake-engines.ts';
import { createRandom, fakeDownload, fakeId } from './fake-records.ts';

export interface FakeRoomOptions {
  /** Queued records at the start. */
  readonly queued?: number;
  readonly running?: number;
  readonly completed?: number;
  readonly failed?: number;
  readonly workers?: number;
  readonly isReady?: boolean;
  readonly instanceId?: string;
}

/** A queue in memory that moves with every `tick`, in the shapes of the contract. */
export class FakeRoom {
  readonly records = new Map<string, Download>();
  readonly removed: { id: string; rev: number }[] = [];
  readonly lines: LogLine[] = [];
  readonly cookies = createFakeCookies();
  readonly engines = createFakeEngines();
  readonly #revs = new Map<string, number>();
  readonly #random = createRandom(7);
  /** As telemetry tells them. */
  brokenSites: Telemetry['engine']['broken_sites'] = [];
  readonly #options: FakeRoomOptions;
  readonly #listeners = new Set<(event: string, body: unknown) => void>();
  #rev = 1;
  #nextIndex = 1;
  #bps = 0;
  readonly workers: number;

  constructor(options: FakeRoomOptions = {}) {
    this.#options = options;
    this.workers = options.workers ?? 4;
    const now = Date.now();
    const counts: readonly (readonly [Status, number])[] = [
      ['running', options.running ?? 0],
      ['failed', options.failed ?? 0],
      ['completed', options.completed ?? 0],
      ['queued', options.queued ?? 0],
    ];
    for (const [status, count] of counts) {
      for (let made = 0; made < count; made += 1)
        this.put(fakeDownload(this.#nextIndex++, status, now));
    }
    this.log('info', 'Artemis is ready');
  }

  get rev(): string {
    return `r${this.#rev}`;
  }

  onEvent(listener: (event: string, body: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(record: Download): Download {
    this.#rev += 1;
    this.records.set(record.id, record);
    this.#revs.set(record.id, this.#rev);
    for (const listener of this.#listeners) listener('download', record);
    return record;
  }

  change(id: string, change: Partial<Download>): Download | null {
    const record = this.records.get(id);
    if (!record) return null;
    return this.put({ ...record, ...change, updated_at: new Date().toISOString() });
  }

  forget(id: string): void {
    this.#rev += 1;
    this.records.delete(id);
    this.removed.push({ id, rev: this.#rev });
    for (const listener of this.#listeners) listener('removed', { id });
  }

  add(url: string, selection: Partial<Download>): { record: Download; isDuplicate: boolean } {
    for (const known of this.records.values()) {
      if (known.url === url && !isTerminal(known.status))
        return { record: known, isDuplicate: true };
    }
    const now = Date.now();
    const at = new Date(now).toISOString();
    const record = fakeDownload(this.#nextIndex++, 'queued', now);
    return {
      record: this.put({
        ...record,
        url,
        title: null,
        created_at: at,
        updated_at: at,
        metadata: {},
        ...selection,
      }),
      isDuplicate: false,
    };
  }

  log(level: LogLine['level'], text: string, downloadId?: string): void {
    const line: LogLine = {
      seq: (this.lines.at(-1)?.seq ?? 0) + 1,
      at: new Date().toISOString(),
      level,
      text,
      ...(downloadId === undefined ? {} : { download_id: downloadId }),
    };
    this.lines.push(line);
    if (this.lines.length > 300) this.lines.shift();
    for (const listener of this.#listeners) listener('log', line);
  }

  /** Moves everything that runs by this much time. */
  tick(ms: number): void {
    this.#bps = 0;
    for (const record of this.#with('running')) this.#advance(record, ms);
    const free = this.workers - this.#with('running').length;
    if (free <= 0) return;
    for (const record of this.list({ statuses: ['queued'], sort: 'queue' }).slice(
      0,
      Math.max(0, free),
    )) {
      this.change(record.id, {
        status: 'running',
        phase: 'extracting',
        waiting_for: null,
        started_at: new Date().toISOString(),
        progress: 0,
      });
      this.log('info', 'download started', record.id);
    }
  }

  #advance(record: Download, ms: number): void {
    const total = record.total_bytes ?? 40_000_000 + Math.round(this.#random() * 400_000_000);
    const bps = 4_000_000 + this.#random() * 9_000_000;
    switch (record.phase) {
      case 'extracting':
        this.change(record.id, {
          phase: 'downloading',
          total_bytes: total,
          downloaded_bytes: 0,
          title: record.title ?? `A video from ${new URL(record.url).hostname}`,
        });
        return;
      case 'downloading': {
        const done = Math.min(
          total,
          Math.round((record.downloaded_bytes ?? 0) + (bps * ms) / 1000),
        );
        this.#bps += bps;
        const isAll = done >= total;
        this.change(record.id, {
          downloaded_bytes: done,
          progress: Math.max(record.progress, Math.round((done / total) * 970) / 10),
          speed_bps: isAll ? null : bps,
          eta_seconds: isAll ? null : (total - done) / bps,
          phase: isAll ? 'processing' : 'downloading',
        });
        return;
      }
      case 'processing':
        this.change(record.id, { phase: 'verifying', progress: 99 });
        return;
      default:
        this.#finish(record, total);
    }
  }

  #finish(record: Download, total: number): void {
    const at = new Date().toISOString();
    const path = `downloads/${record.id}.mp4`;
    this.put({
      ...record,
      status: 'completed',
      phase: null,
      progress: 100,
      speed_bps: null,
      eta_seconds: null,
      file_size: total,
      storage_path: path,
      artifacts: [
        {
          kind: 'media',
          name: `${record.id}.mp4`,
          size: total,
          content_type: 'video/mp4',
          storage_path: path,
        },
      ],
      updated_at: at,
      completed_at: at,
      expires_at: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    });
    this.log('info', 'download finished', record.id);
  }

  list(query: { statuses?: readonly Status[]; q?: string; sort?: Sort }): Download[] {
    const needle = query.q?.toLowerCase() ?? '';
    const found = [...this.records.values()].filter(
      (record) =>
        (!query.statuses || query.statuses.includes(record.status)) &&
        (needle === '' ||
          `${record.title} ${record.url} ${record.tags.join(' ')}`.toLowerCase().includes(needle)),
    );
    const sort = query.sort ?? '-created';
    const key = sort.replace('-', '');
    const sign = sort.startsWith('-') ? -1 : 1;
    return found.sort((a, b) => sign * compare(a, b, key));
  }

  /** Null when the revision is not one of this room. */
  since(rev: string): DownloadChanges | null {
    const from = /^r(\d+)$/.exec(rev);
    if (!from || Number(from[1]) > this.#rev) return null;
    const after = Number(from[1]);
    const changed = [...this.records.values()].filter(
      (record) => (this.#revs.get(record.id) ?? 0) > after,
    );
    return {
      downloads: changed.slice(0, 500),
      removed: this.removed.filter((entry) => entry.rev > after).map((entry) => entry.id),
      rev: this.rev,
      more: false,
    };
  }

  telemetry(): Telemetry {
    const count = (status: Status): number => this.#with(status).length;
    const running = this.#with('running');
    const depth = count('queued') + running.length + count('paused');
    return {
      queued: count('queued'),
      running: running.length,
      paused: count('paused'),
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      average_progress:
        running.reduce((sum, record) => sum + record.progress, 0) / Math.max(1, running.length),
      worker_utilization: Math.min(1, running.length / this.workers),
      workers: {
        max: this.workers,
        busy: Math.min(this.workers, running.length),
        slots: Array.from({ length: this.workers }, (_, slot) => ({
          slot,
          download_id: running[slot]?.id ?? null,
        })),
      },
      queue: { depth, capacity: Math.max(500, depth) },
      throughput_bps: Math.round(this.#bps),
      active: running.slice(0, 16).map((record) => ({
        id: record.id,
        title: record.title?.slice(0, 60) ?? null,
        phase: record.phase,
        progress: record.progress,
        speed_bps: record.speed_bps,
        eta_seconds: record.eta_seconds,
      })),
      hosts: [
        { host: 'video.example', running: running.length, queued: count('queued'), retry_at: null },
      ],
      storage: {
        provider: 'local',
        used_bytes: 84_000_000_000,
        free_bytes: 412_000_000_000,
        files: count('completed'),
        next_cleanup_at: new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000).toISOString(),
      },
      engine: {
        yt_dlp_version: this.#options.isReady === false ? null : '2026.11.13',
        age_days: this.#options.isReady === false ? null : 9,
        mode: this.#options.isReady === false ? 'missing' : 'cold',
        sandbox: 'full',
        ffmpeg_version: '7.1',
        js_runtime: null,
        broken_sites: this.brokenSites,
        jobs: 0,
        job_cpu_seconds: 0,
        job_peak_memory_bytes: 0,
      },
      process: { rss_bytes: 96_000_000, event_loop_delay_p99_ms: 12, uptime_seconds: 2472 },
      rev: this.rev,
      instance_id: this.#options.instanceId ?? fakeId(0),
      at: new Date().toISOString(),
    };
  }

  telemetryTag(): string {
    const { at: _at, process: _process, ...rest } = this.telemetry();
    return `W/"${createHash('sha1').update(JSON.stringify(rest)).digest('hex').slice(0, 16)}"`;
  }

  readiness(): Readiness {
    const isReady = this.#options.isReady ?? true;
    return {
      ready: isReady,
      checks: [
        isReady
          ? { name: 'engine', state: 'ok', message: 'yt-dlp 2026.11.13', remedy: null }
          : {
              name: 'engine',
              state: 'fail',
              message: 'yt-dlp is missing on this computer.',
              remedy: 'npm start',
            },
        { name: 'ffmpeg', state: 'ok', message: 'ffmpeg 7.1', remedy: null },
      ],
    };
  }

  #with(status: Status): Download[] {
    return [...this.records.values()].filter((record) => record.status === status);
  }
}

function compare(a: Download, b: Download, key: string): number {
  switch (key) {
    case 'queue':
      return b.priority - a.priority || a.created_at.localeCompare(b.created_at);
    case 'title':
      return (a.title ?? '').localeCompare(b.title ?? '');
    case 'host':
      return new URL(a.url).host.localeCompare(new URL(b.url).host);
    case 'size':
      return (a.file_size ?? a.total_bytes ?? 0) - (b.file_size ?? b.total_bytes ?? 0);
    case 'status':
      return a.status.localeCompare(b.status);
    default:
      return a.created_at.localeCompare(b.created_at);
  }
}
