import { describe, expect, it } from 'vitest';
import { linkState, nextLookMs, type LinkFacts } from '../../src/format/link-lamp.ts';

const heard: LinkFacts = {
  isOnline: true,
  isStreaming: false,
  failures: 0,
  heardAt: 1000,
  now: 2000,
};

describe('the connection light', () => {
  it.each<[string, Partial<LinkFacts>]>([
    ['polling', {}],
    ['live', { isStreaming: true }],
    ['connecting', { heardAt: null }],
    ['stale', { failures: 1 }],
    ['stale', { now: 20_000 }],
    ['offline', { failures: 3 }],
    ['offline', { isOnline: false }],
  ])('is %s when %o', (state, facts) => {
    expect(linkState({ ...heard, ...facts })).toBe(state);
  });

  it('asks every three seconds, seldom when hidden, and ever less often for a dead server', () => {
    const next = (failures: number, isHidden = false): number =>
      nextLookMs({ failures, isHidden, retryAfterMs: null }, 0.5);
    expect(next(0)).toBe(3000);
    expect(next(0, true)).toBe(30_000);
    expect([3, 4, 5, 6, 99].map((failures) => next(failures))).toEqual([
      5000, 10_000, 30_000, 60_000, 60_000,
    ]);
  });

  it('waits as long as the server asks', () => {
    expect(nextLookMs({ failures: 1, isHidden: false, retryAfterMs: 12_000 }, 0.9)).toBe(12_000);
  });
});
