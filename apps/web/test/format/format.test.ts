import { describe, expect, it } from 'vitest';
import { createFormatter } from '../../src/format/format.ts';

const en = createFormatter('en', false);

describe('formatted figures', () => {
  it('scale bytes by the chosen base', () => {
    expect(en.bytes(999)).toBe('999\u00a0B');
    expect(en.bytes(1_500_000)).toBe('1.5\u00a0MB');
    expect(createFormatter('en', true).bytes(1_572_864)).toBe('1.5\u00a0MiB');
    expect(createFormatter('de', false).bytes(1_500_000)).toBe('1,5\u00a0MB');
  });

  it('show unknown values as a dash', () => {
    expect([en.bytes(null), en.rate(null), en.eta(null)]).toEqual(['—', '—', '—']);
  });

  it('never show a hundred percent before the end', () => {
    expect(en.percent(99.9)).toBe('99%');
    expect(en.percent(100)).toBe('100%');
  });

  it('round the remaining time so that it does not flicker', () => {
    expect([4, 43, 100, 7300, 100_000].map((seconds) => en.eta(seconds))).toEqual([
      '< 10 sec',
      '~45 sec',
      '~2 min',
      '~2 hr',
      '> 1 day',
    ]);
  });

  it('write the duration of media like a clock', () => {
    expect([5, 65, 4329].map((seconds) => en.duration(seconds))).toEqual([
      '0:05',
      '1:05',
      '1:12:09',
    ]);
  });

  it('name today and yesterday', () => {
    const now = new Date(2026, 10, 22, 9).getTime();
    expect(en.relativeDay(new Date(2026, 10, 22, 1).getTime(), now)).toBe('Today');
    expect(en.relativeDay(new Date(2026, 10, 21, 23).getTime(), now)).toBe('Yesterday');
    expect(en.relativeDay(new Date(2026, 10, 2).getTime(), now)).toBe('Nov 2, 2026');
  });
});
