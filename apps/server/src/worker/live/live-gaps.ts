import { clock } from '../output/clock-words.ts';
import type { DownloadWarning } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import type { LiveGap } from '../engine/engine-connection.ts';

/** A stream with more gaps fails all the time. */
const MAX_NAMED = 5;

/** A warning that names the gaps of a live recording. */
export function gapWarnings(gaps: readonly LiveGap[]): DownloadWarning[] {
  if (gaps.length === 0) return [];
  const runs = joined(gaps);
  const longest = [...runs].sort((a, b) => weightOf(b) - weightOf(a)).slice(0, MAX_NAMED);
  const named = longest
    .sort((a, b) => (a.atSeconds ?? Infinity) - (b.atSeconds ?? Infinity))
    .map(nameOf);
  return [detailed('INCOMPLETE', [...named, ...(runs.length > MAX_NAMED ? ['…'] : [])].join('; '))];
}

/** Size of a gap; infinite when it is not known how much is lost. */
function weightOf({ segments, lostSeconds }: LiveGap): number {
  if (lostSeconds !== undefined) return lostSeconds ?? Infinity;
  return segments === 0 ? Infinity : segments;
}

/** Joins successive lost segments into one gap. */
function joined(gaps: readonly LiveGap[]): readonly LiveGap[] {
  const runs: LiveGap[] = [];
  for (const gap of gaps) {
    const before = runs.at(-1);
    const { firstSegment } = before ?? gap;
    const isNext =
      before !== undefined &&
      firstSegment !== null &&
      gap.firstSegment === firstSegment + before.segments;
    if (isNext) runs[runs.length - 1] = { ...before, segments: before.segments + gap.segments };
    else runs.push(gap);
  }
  return runs;
}

function nameOf({ atSeconds, firstSegment, segments, lostSeconds }: LiveGap): string {
  const at = atSeconds === null ? '?' : clock(atSeconds);
  if (lostSeconds !== undefined) {
    return lostSeconds === null ? at : `${at} (≤ ${Math.ceil(lostSeconds)} s)`;
  }
  if (firstSegment === null) return segments === 0 ? `${at} – …` : at;
  const last = firstSegment + segments - 1;
  return `Segment ${segments > 1 ? `${firstSegment}–${last}` : firstSegment}, ${at}`;
}
