export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly bps: number;
}

export interface ThroughputLine {
  /** Commands of an SVG path; empty when there is nothing but zeros. */
  readonly path: string;
  /** Lowest and highest drawn value, in bytes per second. */
  readonly low: number;
  readonly high: number;
}

const SPAN_MS = 300_000;
/** Missing samples leave a gap. */
const GAP_MS = 12_000;
/** Below it the scale is linear, above it by magnitudes: beside a burst of 50 MB/s a steady 255 KB/s has its height. */
const LINEAR_BPS = 16_384;
const MARGIN = 2;

/** The last five minutes before `now`, oldest sample first, the highest of them at the upper edge. */
export function throughputLine(
  samples: readonly Sample[],
  now: number,
  { width, height }: { readonly width: number; readonly height: number },
): ThroughputLine {
  const from = now - SPAN_MS;
  const drawn = samples.filter((sample) => sample.at >= from);
  const all = drawn.map((sample) => sample.bps);
  const [low, high] = all.length === 0 ? [0, 0] : [Math.min(...all), Math.max(...all)];
  // The ground line is drawn anyway, and an idle server needs no other line.
  if (high === 0) return { path: '', low, high };
  let path = '';
  let last = 0;
  for (const { at, bps } of drawn) {
    const x = ((at - from) / SPAN_MS) * width;
    const y = height - MARGIN - (magnitude(bps) / magnitude(high)) * (height - 2 * MARGIN);
    const isGap = at - last > GAP_MS && bps > 0;
    path += `${path === '' || isGap ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    last = at;
  }
  return { path, low, high };
}

function magnitude(bps: number): number {
  return Math.log2(1 + bps / LINEAR_BPS);
}
