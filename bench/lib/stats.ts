export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** With linear interpolation; NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** One measure of one row: the two sides of each round stand at the same position. */
export interface Measure {
  readonly title: string;
  readonly unit: 'ms' | 's' | 'MB';
  readonly ours: readonly number[];
  /** Without another side the goal is an absolute figure. */
  readonly theirs?: { readonly name: string; readonly values: readonly number[] };
  /** At most this ratio, or this many of `unit`; null for a figure that is only reported. */
  readonly goal: number | null;
  readonly note?: string;
}

export interface Summary {
  readonly ours: number;
  readonly theirs: number | null;
  /** Median of the per-round ratios with its quartiles and extremes; of our own figures without another side. */
  readonly figure: number;
  readonly quartiles: readonly [number, number];
  readonly extremes: readonly [number, number];
  readonly isMet: boolean | null;
}

export function summarise({ ours, theirs, goal }: Measure): Summary {
  const figures =
    theirs === undefined ? ours : ours.map((value, round) => value / (theirs.values[round] ?? NaN));
  const figure = median(figures);
  return {
    ours: median(ours),
    theirs: theirs === undefined ? null : median(theirs.values),
    figure,
    quartiles: [quantile(figures, 0.25), quantile(figures, 0.75)],
    extremes: [Math.min(...figures), Math.max(...figures)],
    isMet: goal === null ? null : figure <= goal,
  };
}
