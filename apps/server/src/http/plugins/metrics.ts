import type { Telemetry } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { lateImport } from '../../late-import.ts';

const STATUS_NAMES = ['queued', 'running', 'paused', 'completed', 'failed', 'cancelled'] as const;

/** `/metrics` in the text format of Prometheus. Values are read on request. */
export function metricsRoutes(
  app: FastifyInstance,
  { readTelemetry }: { readonly readTelemetry: () => Promise<Telemetry> },
): void {
  let opening: Promise<Metrics> | null = null;

  app.get('/metrics', async (_request, reply) => {
    opening ??= openMetrics().catch((error: unknown) => {
      opening = null;
      throw error;
    });
    const { registry, take } = await opening;
    take(await readTelemetry());
    return reply
      .type(registry.contentType)
      .header('cache-control', 'no-store')
      .serializer((body) => String(body))
      .send(withoutUnknown(await registry.metrics()));
  });
}

/** Drops values that are not measured yet, such as the event loop delay in the first moments: NaN helps nobody. */
function withoutUnknown(text: string): string {
  return text.replace(/^[^#\n].* Nan\n/gim, '');
}

type Metrics = Awaited<ReturnType<typeof openMetrics>>;

/** Loads prom-client on the first request: most servers are never asked. */
async function openMetrics() {
  const { collectDefaultMetrics, Gauge, Registry } = await lateImport(() => import('prom-client'));
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // prom-client 15 has gauges named `…_total` like counters; the gauge without the suffix has the same values by type.
  for (const metric of registry.getMetricsAsArray()) {
    const { name } = metric;
    if (metric instanceof Gauge && name.endsWith('_total')) registry.removeSingleMetric(name);
  }
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const downloads = gauge('artemis_downloads', 'Downloads in the history, by status', ['status']);
  const slots = gauge('artemis_slots', 'Download slots, by state', ['state']);
  const throughput = gauge('artemis_throughput_bytes_per_second', 'Bytes received per second');
  const stored = gauge('artemis_stored_bytes', 'Bytes of the stored files');
  const broken = gauge('artemis_broken_sites', 'Sites that fail with the yt-dlp in use, at most 3');
  const free = gauge('artemis_free_bytes', 'Free bytes on the disk of the downloads folder');

  function take(telemetry: Telemetry): void {
    for (const status of STATUS_NAMES) downloads.set({ status }, telemetry[status]);
    slots.set({ state: 'busy' }, telemetry.workers.busy);
    slots.set({ state: 'idle' }, telemetry.workers.max - telemetry.workers.busy);
    throughput.set(telemetry.throughput_bps);
    broken.set(telemetry.engine.broken_sites.length);
    stored.set(telemetry.storage.used_bytes);
    if (telemetry.storage.free_bytes !== null) free.set(telemetry.storage.free_bytes);
  }

  return { registry, take };
}
