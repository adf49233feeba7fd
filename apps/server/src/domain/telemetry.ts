import type { Telemetry } from '@artemis/contracts';
import type { ToldBrokenSite } from './engines/engine-waits.ts';
import type { DownloadQueue, StorageUsage } from './ports.ts';
import type { Records } from './records.ts';

const ACTIVE_SHOWN = 16;
const HOSTS_SHOWN = 10;
const BROKEN_SITES_SHOWN = 3;
const TITLE_CHARACTERS = 60;

export interface TelemetrySources {
  readonly records: Pick<Records, 'get' | 'counts'>;
  readonly queue: DownloadQueue;
  readonly capacity: number;
  readonly provider: 'local' | 's3';
  readonly usage: StorageUsage;
  readonly freeBytes: number | null;
  readonly nextCleanupAt: string | null;
  readonly engine: Telemetry['engine'];
  readonly process: Telemetry['process'];
  readonly instanceId: string;
  readonly now: Date;
}

/** One picture of the whole room, of a size that does not depend on the length of the queue. */
export async function readTelemetry(sources: TelemetrySources): Promise<Telemetry> {
  const { records, queue, usage } = sources;
  const slots = queue.slots();
  const { byStatus, active, rev } = await records.counts();
  const ids = slots.flatMap((id) => id ?? []);
  const inSlots = await Promise.all(ids.map((id) => records.get(id)));
  const running = inSlots.flatMap((stored) =>
    stored?.download.status === 'running' ? [stored.download] : [],
  );
  const busy = slots.filter((id) => id !== null).length;
  return {
    ...byStatus,
    average_progress: rounded(
      running.reduce((sum, download) => sum + download.progress, 0) / Math.max(running.length, 1),
    ),
    worker_utilization: rounded(busy / slots.length),
    workers: {
      max: slots.length,
      busy,
      slots: slots.map((id, slot) => ({ slot, download_id: id })),
    },
    queue: { depth: active, capacity: sources.capacity },
    throughput_bps: Math.round(
      running.reduce((sum, download) => sum + (download.speed_bps ?? 0), 0),
    ),
    active: running.slice(0, ACTIVE_SHOWN).map((download) => ({
      id: download.id,
      title: download.title === null ? null : firstCharacters(download.title, TITLE_CHARACTERS),
      phase: download.phase,
      progress: download.progress,
      speed_bps: download.speed_bps,
      eta_seconds: download.eta_seconds,
    })),
    hosts: queue
      .hosts()
      .slice(0, HOSTS_SHOWN)
      .map((host) => ({
        host: host.host,
        running: host.running,
        queued: host.queued,
        retry_at: host.parkedUntilMs === null ? null : new Date(host.parkedUntilMs).toISOString(),
      })),
    storage: {
      provider: sources.provider,
      used_bytes: usage.usedBytes,
      free_bytes: sources.freeBytes,
      files: usage.files,
      next_cleanup_at: sources.nextCleanupAt,
    },
    engine: sources.engine,
    process: sources.process,
    rev,
    instance_id: sources.instanceId,
    at: sources.now.toISOString(),
  };
}

export function brokenSitesOf(
  sites: readonly ToldBrokenSite[],
): Telemetry['engine']['broken_sites'] {
  return sites
    .slice(0, BROKEN_SITES_SHOWN)
    .map(({ site, sinceMs, version, waiting, isSeeking, nextTryMs }) => ({
      site,
      since: new Date(sinceMs).toISOString(),
      version,
      waiting,
      is_seeking: isSeeking,
      next_try_at: nextTryMs === null ? null : new Date(nextTryMs).toISOString(),
    }));
}

/** Never cuts an emoji or a surrogate pair in half. */
function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  const segments = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text);
  let result = '';
  for (const { segment } of segments) {
    if (result.length + segment.length > count - 1) break;
    result += segment;
  }
  return `${result}…`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
