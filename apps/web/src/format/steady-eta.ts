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
