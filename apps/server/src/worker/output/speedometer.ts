/** Bytes that arrive within this time, such as the blocks of a burst, count as one step. */
const STEP_MS = 500;
const WINDOW_MS = 10_000;
/** Kept even when they are older than the window: the segments of a slow stream may be further apart. */
const LEAST_STEPS = 4;
/** After this time, or three usual pauses, without a byte the speed is 0. */
const SILENCE_MS = 5_000;
/** After this time, or two usual pauses, an overdue step lowers the speed. */
const PATIENCE_MS = 1_500;

export interface Speedometer {
  /** `bytes`: received since the last call. */
  add(bytes: number): void;
  /** Smoothed over ten seconds; null until there are two steps. */
  bytesPerSecond(): number | null;
}

/**
 * The only place that smooths a speed; records, telemetry and the page show its result. It measures from step to step and not
 * up to now, because a constant transfer would otherwise seem to slow down between two reports. `now` returns monotonic
 * milliseconds.
 */
export function createSpeedometer(now: () => number): Speedometer {
  let steps: { readonly atMs: number; received: number }[] = [];
  let received = 0;
  let hasBegun = false;

  return {
    add(bytes) {
      received += bytes;
      const atMs = now();
      const last = steps.at(-1);
      if (last !== undefined && bytes === 0) return;
      if (last !== undefined && atMs - last.atMs < STEP_MS) last.received = received;
      else steps.push({ atMs, received });
      // The first step holds bytes from buffers, which arrive at once and say nothing about the speed of the transfer.
      const isStarted = !hasBegun && steps.length === LEAST_STEPS;
      if (isStarted) hasBegun = true;
      const isOld = steps.length > LEAST_STEPS && (steps[1]?.atMs ?? 0) <= atMs - WINDOW_MS;
      if (isStarted || isOld) steps = steps.slice(1);
    },
    bytesPerSecond() {
      const [first] = steps;
      const last = steps.at(-1);
      if (first === undefined || last === undefined || first === last) return null;
      const pauseMs = (last.atMs - first.atMs) / (steps.length - 1);
      const silenceMs = now() - last.atMs;
      if (silenceMs >= Math.max(SILENCE_MS, 3 * pauseMs)) return 0;
      const overdueMs = Math.max(0, silenceMs - Math.max(PATIENCE_MS, 2 * pauseMs));
      return ((last.received - first.received) * 1000) / (last.atMs - first.atMs + overdueMs);
    },
  };
}
