import { describe, expect, it } from 'vitest';
import { longestHole } from '../../../src/worker/media/timeline.ts';

describe('a hole in a stream', () => {
  it('is a step that is far longer than the others', () => {
    expect(
      longestHole(
        new Map([
          [0.04, 1500],
          [2.04, 1],
        ]),
      ),
    ).toBe(2.04);
    // Time that goes back is a piece that came twice.
    expect(
      longestHole(
        new Map([
          [0.023, 2000],
          [-2, 1],
        ]),
      ),
    ).toBe(2);
  });

  it('counts for audio already when it is shorter', () => {
    const steps = new Map([
      [0.023, 2000],
      [0.4, 1],
    ]);
    expect([longestHole(steps, true), longestHole(steps)]).toEqual([0.4, 0]);
  });

  it.each<[string, [number, number][]]>([
    ['a steady stream', [[0.04, 1500]]],
    [
      'a picture that stays for less than a second',
      [
        [0.04, 1500],
        [0.9, 1],
      ],
    ],
    [
      'slides',
      [
        [5, 10],
        [60, 2],
      ],
    ],
    [
      'a screen of which only changes are sent',
      [
        [0.1, 50],
        [0.5, 40],
        [3, 10],
      ],
    ],
    [
      'sound without its silence',
      [
        [0.02, 900],
        [0.4, 60],
        [6, 5],
      ],
    ],
    ['a single picture', []],
  ])('is not found in %s', (_, steps) => {
    expect(longestHole(new Map(steps))).toBe(0);
  });
});
