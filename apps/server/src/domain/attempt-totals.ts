import type { Telemetry } from '@artemis/contracts';
import type { AttemptUsage } from './attempt.ts';

type Totals = Pick<Telemetry['engine'], 'jobs' | 'job_cpu_seconds' | 'job_peak_memory_bytes'>;

/** What the attempts since the start have cost. */
export interface AttemptTotals {
  add(usage: AttemptUsage): void;
  read(): Totals;
}

export function createAttemptTotals(): AttemptTotals {
  let attempts = 0;
  let cpuSeconds = 0;
  let peakMemoryBytes = 0;
  return {
    add(usage) {
      attempts += 1;
      cpuSeconds += usage.cpuSeconds ?? 0;
      peakMemoryBytes = Math.max(peakMemoryBytes, usage.peakMemoryBytes ?? 0);
    },
    read: () => ({
      jobs: attempts,
      job_cpu_seconds: Math.round(cpuSeconds * 100) / 100,
      job_peak_memory_bytes: peakMemoryBytes,
    }),
  };
}
