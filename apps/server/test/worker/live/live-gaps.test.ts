import { describe, expect, it } from 'vitest';
import type { LiveGap } from '../../../src/worker/engine/engine-connection.ts';
import { gapWarnings } from '../../../src/worker/live/live-gaps.ts';

const gap = (atSeconds: number, firstSegment: number | null, segments = 1): LiveGap => ({
  ...{ kind: 'live_gap', atSeconds, firstSegment, segments },
});
const lostOf = (gaps: readonly LiveGap[]) => gapWarnings(gaps).map(({ detail }) => detail);

describe('the losses of a live recording', () => {
  it('are empty when it has everything', () => {
    expect(lostOf([])).toEqual([]);
  });

  it('are listed in order, and adjacent ones as one', () => {
    expect(lostOf([gap(70, 30), gap(71, 31), { ...gap(14, null, 0), lostSeconds: 5.5 }])).toEqual([
      '0:14 (≤ 6 s); Segment 30–31, 1:10',
    ]);
  });

  it('are shortened to the largest and unknown ones when there are many', () => {
    const small = [1, 2, 3, 4, 5, 6].map((second) => gap(second, null));
    const open = gap(90, null, 0);
    const broken = { ...gap(40, null, 0), lostSeconds: null };
    expect(lostOf([...small, open, broken])).toEqual(['0:01; 0:02; 0:03; 0:40; 1:30 – …; …']);
  });
});
