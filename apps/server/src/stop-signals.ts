/** How people, terminals and supervisors ask a server to stop. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof STOP_SIGNALS)[number];

/** A terminal sends Ctrl-C to the whole group, and npm sends its child the same once more. */
const SAME_WISH_MS = 1000;

export interface StopWishes {
  /** Called once, with the first signal. */
  readonly stop: (signal: StopSignal) => void;
  /** For a person who asks again because the stop takes too long. */
  readonly hurry: (signal: StopSignal) => void;
  /** A clock that never jumps. */
  readonly nowMs?: () => number;
}

/**
 * Tells a second wish from an echo of the first. To be called with each signal by listeners that are never removed:
 * without a listener Node hands the signal back to the system, and the echo ends the process in the middle of its stop.
 */
export function createStopListener(wishes: StopWishes): (signal: StopSignal) => void {
  const nowMs = wishes.nowMs ?? (() => performance.now());
  let firstAtMs: number | null = null;
  return (signal) => {
    if (firstAtMs === null) {
      firstAtMs = nowMs();
      wishes.stop(signal);
    } else if (nowMs() - firstAtMs > SAME_WISH_MS) {
      wishes.hurry(signal);
    }
  };
}
