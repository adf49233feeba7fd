/** Bytes that come in bursts, as blocks and segments do, are one step within so much time. */
const STEP_MS = 500;
const WINDOW_MS = 10_000;
/** Segments of a slow stream may be further apart than a window. */
const LEAST_STEPS = 4;
/** Without a byte for so long, or for three of its usual pauses, nothing is coming. */
const SILENCE_MS = 5_000;
/** Waiting for the next step is no slowing down before. */
const PATIENCE_MS = 1_500;

export interface Speedometer {
  /** So many bytes have come since the last call. */
  add(bytes: number): void;
  /** Smoothed over ten seconds; null before there is enough to tell. */
  bytesPerSecond(): number | null;
}

/**
 * The only smoothing of a speed: records, telemetry and the page show what it says. It measures from step to step, and not
 * to this moment: a transfer of constant speed would else seem to slow down between two reports. `now` is monotonic
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
      // What had gathered in buffers before the first report came at once, and at no speed of the transfer.
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
