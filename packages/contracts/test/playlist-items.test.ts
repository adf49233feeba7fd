import { describe, expect, it } from 'vitest';
import { itemsOf, mergedRanges, positionCount, writtenRanges } from '../src/playlist-items.ts';

describe('playlist items', () => {
  it('are parsed into the written ranges', () => {
    expect(writtenRanges('1-20,25,9-3')).toEqual([
      { first: 1, last: 20 },
      { first: 25, last: 25 },
      { first: 9, last: 3 },
    ]);
  });

  it.each([
    ['25,1-20', '1-20,25'],
    ['1-3,2-8,8', '1-8'],
    ['1-10,2-3', '1-10'],
    ['4,3,2', '2-4'],
    ['7', '7'],
  ])('%s merges to %s', (written, merged) => {
    expect(itemsOf(mergedRanges(writtenRanges(written)))).toBe(merged);
  });

  it('are counted as written', () => {
    expect(positionCount(writtenRanges('1-20,25'))).toBe(21);
    expect(positionCount(writtenRanges('9-3'))).toBe(0);
  });
});
