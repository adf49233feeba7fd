/**
 * A speed smoothed over time: an exponential average whose weight follows the time between two looks, so that
 * irregular looks do not bend it. Times in milliseconds.
 */
export class SmoothedRate {
  readonly #tauMs: number;
  #bytesPerSecond: number | null = null;
  #lastBytes: number | null = null;
  #lastAt = 0;
  #movedAt = 0;

  constructor(tauMs: number) {
    this.#tauMs = tauMs;
  }

  /** The total so far at this time. A total that goes down starts again. */
  add(bytes: number, at: number): void {
    if (this.#lastBytes === null || bytes < this.#lastBytes) {
      this.reset();
      this.#lastBytes = bytes;
      this.#lastAt = at;
      this.#movedAt = at;
      return;
    }
    const elapsedMs = at - this.#lastAt;
    if (elapsedMs < 200) return;
    const current = ((bytes - this.#lastBytes) * 1000) / elapsedMs;
    if (bytes > this.#lastBytes) this.#movedAt = at;
    const weight = 1 - Math.exp(-elapsedMs / this.#tauMs);
    this.#bytesPerSecond =
      this.#bytesPerSecond === null
        ? current
        : this.#bytesPerSecond + weight * (current - this.#bytesPerSecond);
    this.#lastBytes = bytes;
    this.#lastAt = at;
  }

  /** Bytes per second; null before two looks, 0 after five seconds without a byte. */
  valueAt(at: number): number | null {
    if (this.#bytesPerSecond !== null && at - this.#movedAt > 5000) return 0;
    return this.#bytesPerSecond;
  }

  isStalledAt(at: number): boolean {
    return this.#lastBytes !== null && at - this.#movedAt > 15_000;
  }

  reset(): void {
    this.#bytesPerSecond = null;
    this.#lastBytes = null;
  }
}

/** An estimate that moves on the screen only when it changed by more than a tenth and five seconds. */
export class SteadyEta {
  #shown: number | null = null;
  #shownAt = 0;

  next(seconds: number | null, at: number): number | null {
    if (seconds === null) {
      this.#shown = null;
      return null;
    }
    const counted = this.#shown === null ? null : this.#shown - (at - this.#shownAt) / 1000;
    if (counted !== null) {
      const difference = Math.abs(seconds - counted);
      if (difference <= Math.max(5, counted * 0.1)) return Math.max(0, counted);
    }
    this.#shown = seconds;
    this.#shownAt = at;
    return seconds;
  }
}
