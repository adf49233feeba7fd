/** Seconds between successive packets of a stream, and how often each value occurs. */
export type Steps = ReadonlyMap<number, number>;

/** A shorter hole may be a cut, a rounding error, or a frame that is shown for long. */
export const LEAST_HOLE_SECONDS = 1;
/** Lower for audio, which has no long frames; not lower still, because audio segments do not join exactly. */
const LEAST_HOLE_OF_SOUND_SECONDS = 0.25;
const HOLE_OF_TYPICAL = 3;
/** Streams below this share of typical steps have pauses by nature: slides, screen recordings, sound without silence. */
const STEADY_SHARE = 0.95;

/** The longest hole in an otherwise steady stream, in seconds; 0 for none. */
export function longestHole(steps: Steps, isSound = false): number {
  const sorted = [...steps].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  const typical = sorted.find(([, count]) => (seen += count) * 2 >= total)?.[0] ?? 0;
  const isTypical = ([step]: readonly [number, number]) =>
    step <= typical * 2 && step >= typical / 2;
  const steady = sorted.filter(isTypical).reduce((sum, [, count]) => sum + count, 0);
  if (steady < total * STEADY_SHARE) return 0;
  const longest = Math.max(0, ...sorted.map(([step]) => Math.abs(step)));
  const least = isSound ? LEAST_HOLE_OF_SOUND_SECONDS : LEAST_HOLE_SECONDS;
  return longest > Math.max(least, typical * HOLE_OF_TYPICAL) ? longest : 0;
}
