import type { BrowserStore } from './browser-store.svelte.ts';
import type { TelemetryState } from './telemetry.svelte.ts';

const EVERY_MS = 15_000;
const KEPT_MS = 24 * 3_600_000;
const SHOWN_MS = 300_000;

/**
 * Shows the throughput of before a reload at once, and keeps one sample each fifteen seconds for a day. A tab
 * that nobody looks at writes nothing.
 */
export async function keepSamples(store: BrowserStore, telemetry: TelemetryState): Promise<void> {
  const since = Date.now() - SHOWN_MS;
  const kept = await store.read((database) =>
    database.getAll('samples', IDBKeyRange.lowerBound(since)),
  );
  if (kept) telemetry.restore(kept.filter((sample) => sample.at < Date.now() - 1000));
  setInterval(() => {
    const sample = telemetry.samples.at(-1);
    if (document.hidden || !sample || sample.at < Date.now() - EVERY_MS) return;
    void store.read(async (database) => {
      await database.put('samples', { at: sample.at, bps: sample.bps });
      await database.delete('samples', IDBKeyRange.upperBound(sample.at - KEPT_MS));
    });
  }, EVERY_MS);
}
