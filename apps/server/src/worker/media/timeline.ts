/** Seconds between packets that follow each other in a stream, and how often each was seen. */
export type Steps = ReadonlyMap<number, number>;

/** Less may be a cut, or a frame that is shown for long. */
export const LEAST_HOLE_SECONDS = 1;
/** Sound has no frames that stay; segments of it meet less exactly. */
const LEAST_HOLE_OF_SOUND_SECONDS = 0.25;
const HOLE_OF_TYPICAL = 3;
/** A stream in which more of them differ has pauses by nature: slides, a screen, sound without its silence. */
const STEADY_SHARE = 0.95;

/** Seconds of the longest hole in a stream that otherwise goes on steadily; 0 when there is none. */
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
