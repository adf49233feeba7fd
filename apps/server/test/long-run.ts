/** Property tests are short in the suite; `pnpm torture --only fuzz` runs them at length through the environment. */
export function runsOf(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual);
}

/** For `fc.assert`: the seed of the long run, any other without one. */
export function seedOf(): { readonly seed?: number } {
  const seed = process.env['ARTEMIS_FUZZ_SEED'];
  return seed === undefined ? {} : { seed: Number(seed) };
}
