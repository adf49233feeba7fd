export type LinkState = 'connecting' | 'live' | 'polling' | 'stale' | 'offline';

export interface LinkFacts {
  readonly isOnline: boolean;
  /** The event stream is open and said something lately. */
  readonly isStreaming: boolean;
  readonly failures: number;
  readonly heardAt: number | null;
  readonly now: number;
}

export const POLL_MS = 3000;
const STALE_AFTER_MS = 9000;
const FAILURES_OFFLINE = 3;
const OFFLINE_PROBES_MS = [5000, 10_000, 30_000, 60_000] as const;

export function linkState(facts: LinkFacts): LinkState {
  if (!facts.isOnline || facts.failures >= FAILURES_OFFLINE) return 'offline';
  if (facts.heardAt === null) return 'connecting';
  if (facts.failures > 0 || facts.now - facts.heardAt > STALE_AFTER_MS) return 'stale';
  return facts.isStreaming ? 'live' : 'polling';
}

/** Time from the start of one look to the next, in milliseconds. `jitter` is between 0 and 1. */
export function nextLookMs(
  facts: {
    readonly isHidden: boolean;
    readonly failures: number;
    readonly retryAfterMs: number | null;
  },
  jitter: number,
): number {
  if (facts.retryAfterMs !== null) return facts.retryAfterMs;
  const spread = 0.9 + jitter * 0.2;
  if (facts.failures >= FAILURES_OFFLINE) {
    const step = Math.min(facts.failures - FAILURES_OFFLINE, OFFLINE_PROBES_MS.length - 1);
    return (OFFLINE_PROBES_MS[step] ?? 60_000) * spread;
  }
  return (facts.isHidden ? 30_000 : POLL_MS) * spread;
}
