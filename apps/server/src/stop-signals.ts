/** Signals by which people, terminals and supervisors stop a server. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof STOP_SIGNALS)[number];

/** A terminal sends Ctrl-C to the whole process group, and npm passes it to its child once more. */
const SAME_WISH_MS = 1000;

export interface StopWishes {
  /** Called once, for the first signal. */
  readonly stop: (signal: StopSignal) => void;
  /** Called when a person sends a signal again, because the stop takes too long. */
  readonly hurry: (signal: StopSignal) => void;
  /** Monotonic clock. */
  readonly nowMs?: () => number;
}

/**
 * Distinguishes a second request to stop from an echo of the first. Its listeners must stay installed: without a listener the
 * system handles the signal, and the echo would end the process in the middle of its stop.
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
