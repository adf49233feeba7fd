import type { Download } from '@artemis/contracts';

const SAMPLES = 50;
const FEWEST_SAMPLES = 20;
/** The estimate is never more exact than this. */
const SPREAD = 1.25;

export interface QueueFacts {
  readonly waiting: number;
  readonly workers: number;
  readonly perHost: number;
  /** The busiest sites; downloads from other sites count in `waiting` only. */
  readonly hosts: readonly { readonly queued: number }[];
}

/**
 * The seconds until all that waits is done, as a range, from how long the newest finished ones took. Null
 * before there are twenty of them. A site that lets only some run at once can be what takes longest.
 */
export function queueEta(
  newest: readonly Download[],
  { waiting, workers, perHost, hosts }: QueueFacts,
): { readonly low: number; readonly high: number } | null {
  const seconds = newest
    .flatMap(({ status, started_at: from, completed_at: to }) =>
      status === 'completed' && from !== null && to !== null
        ? [(Date.parse(to) - Date.parse(from)) / 1000]
        : [],
    )
    .slice(0, SAMPLES)
    .toSorted((a, b) => a - b);
  if (seconds.length < FEWEST_SAMPLES || waiting === 0 || workers === 0) return null;
  const rounds = Math.max(
    waiting / workers,
    ...hosts.map(({ queued }) => queued / Math.min(perHost, workers)),
  );
  const median = seconds[Math.floor(seconds.length / 2)] ?? 0;
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
  const low = rounds * Math.min(median, mean);
  return { low, high: Math.max(rounds * Math.max(median, mean), low * SPREAD) };
}
