import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Telemetry } from '@artemis/contracts';

export interface ProcessGauge {
  read(): Telemetry['process'];
  close(): void;
}

/** Measures memory, event loop delay and uptime of this process from this call on. */
export function createProcessGauge(): ProcessGauge {
  const startedAtMs = performance.now();
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });
  loopDelay.enable();
  return {
    read: () => ({
      rss_bytes: process.memoryUsage.rss(),
      event_loop_delay_p99_ms: Math.round(loopDelay.percentile(99) / 1e4) / 100,
      uptime_seconds: Math.round((performance.now() - startedAtMs) / 1000),
    }),
    close: () => void loopDelay.disable(),
  };
}
