import type { Refusal } from '../engine/engine-control.ts';
import { isEgressRefusal } from './failure.ts';

/** What the guard has refused in one run of yt-dlp. */
export interface Refusals {
  /** Oldest first. */
  readonly all: readonly Refusal[];
  /**
   * Adds a refusal. True when the run has to end: an address was refused for the second time. A first refusal does not
   * count, because the name may have a public address besides.
   */
  take(refusal: Refusal): boolean;
}

export function createRefusals(): Refusals {
  const all: Refusal[] = [];
  return {
    all,
    take(refusal) {
      const { address, port, isOptional } = refusal;
      const isRepeated = all.some(
        (earlier) =>
          earlier.address !== null &&
          earlier.address === address &&
          earlier.port === port &&
          earlier.isOptional === isOptional,
      );
      all.push(refusal);
      return isRepeated && isEgressRefusal(refusal);
    },
  };
}
