import { LRUCache } from 'lru-cache';

/** By then the links in them have expired, on most sites. */
const KEPT_MS = 6 * 3_600_000;
const MOST_KEPT = 100;
const MOST_CHARACTERS = 32 * 1024 ** 2;

/** What probes have found, for six hours; of more than a hundred those used last. In memory only. */
export type ProbeMemory<Found extends object> = Pick<LRUCache<string, Found>, 'get' | 'set'>;

/**
 * @param nowMs of a clock that nobody sets; never 0, which lru-cache takes for no time
 * @param charactersIn what counts towards the most characters that are kept
 */
export function createProbeMemory<Found extends object>(
  nowMs: () => number,
  charactersIn: (found: Found) => number,
): ProbeMemory<Found> {
  return new LRUCache<string, Found>({
    max: MOST_KEPT,
    ttl: KEPT_MS,
    // Asks the clock each time. Otherwise a timer would keep its last answer.
    ttlResolution: 0,
    perf: { now: nowMs },
    maxSize: MOST_CHARACTERS,
    // A size of 0 is refused.
    sizeCalculation: (found) => 1 + charactersIn(found),
  });
}
