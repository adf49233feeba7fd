/** Milliseconds of CLOCK_MONOTONIC: the same figure in every process of this machine, in Python's too. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
