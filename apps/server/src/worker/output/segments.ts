import type { SegmentList } from '../engine/engine-control.ts';
import { clock } from './clock-words.ts';

const MAX_NAMED = 8;

/** Sentences for the log of a download: "2 of 60 segments are missing: 13 (at 0:12), 41 (at 0:40)." */
export function missingSegments({ count, total, isMore, places, inits }: SegmentList): string {
  const named = places.slice(0, MAX_NAMED).map(({ index, atSeconds }) => {
    return atSeconds === null ? String(index) : `${index} (at ${clock(atSeconds)})`;
  });
  const rest = count > named.length || isMore ? ', …' : '';
  const number = isMore ? `More than ${count}` : String(count);
  const of = total === null ? '' : ` of ${total}`;
  const verb = count === 1 && !isMore ? 'is' : 'are';
  const where = named.length === 0 ? '' : `: ${named.join(', ')}${rest}`;
  const begins = inits.map(({ atSeconds }) => (atSeconds === null ? '?' : clock(atSeconds)));
  const init =
    begins.length === 0
      ? ''
      : `The initialisation section at ${begins.join(', ')} is missing, without which the segments behind it cannot be played. `;
  return `${init}${number}${of} segment${total === 1 || (total === null && count === 1) ? '' : 's'} ${verb} missing${where}.`;
}

/**
 * The same facts in figures, which the page can show in every language: "2 / 60: Segment 13 (0:12), 41–43 (0:40)", and "Init"
 * for a lost initialisation section.
 */
export function segmentFigures({ count, total, isMore, places, inits }: SegmentList): string {
  const runs: { first: number; last: number; atSeconds: number | null }[] = [];
  for (const { index, atSeconds } of places) {
    const run = runs.at(-1);
    if (run?.last === index - 1) run.last = index;
    else runs.push({ first: index, last: index, atSeconds });
  }
  const named = runs.slice(0, MAX_NAMED).map(({ first, last, atSeconds }) => {
    const numbers = first === last ? String(first) : `${first}–${last}`;
    return atSeconds === null ? numbers : `${numbers} (${clock(atSeconds)})`;
  });
  const isAll = runs.length <= MAX_NAMED && places.length === count && !isMore;
  const lost = inits.map(({ atSeconds }) =>
    atSeconds === null ? 'Init' : `Init (${clock(atSeconds)})`,
  );
  if (named.length > 0) lost.push(`Segment ${named.join(', ')}${isAll ? '' : ', …'}`);
  const where = lost.length === 0 ? '' : `: ${lost.join(', ')}`;
  return `${isMore ? '> ' : ''}${count} / ${total ?? '?'}${where}`;
}

/** The segments that ffmpeg skipped, from its messages; they use the numbers of the playlist. */
export function skippedSegments(lines: readonly string[]): SegmentList {
  const numbers = new Set<number>();
  let unnumbered = 0;
  for (const line of lines) {
    const number = /\bsegment (\d+) of playlist/.exec(line)?.[1];
    if (number === undefined) unnumbered += 1;
    else numbers.add(Number(number));
  }
  const places = [...numbers].sort((a, b) => a - b);
  return {
    count: numbers.size === 0 ? unnumbered : numbers.size,
    total: null,
    isMore: false,
    places: places.map((index) => ({ index, atSeconds: null })),
    inits: [],
  };
}
