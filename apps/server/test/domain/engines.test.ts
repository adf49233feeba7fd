import { describe, expect, it } from 'vitest';
import { chosenVersion, nextLook } from '../../src/domain/engines/engine-choice.ts';
import {
  isOfTheEngine,
  isWorse,
  sinceSwitch,
  successBySite,
  withEnd,
  type Ends,
  type EndsBySite,
} from '../../src/domain/engines/engine-success.ts';

const tried = { isTried: true, isRefused: false };
const untried = { isTried: false, isRefused: false };
const refused = { isTried: false, isRefused: true };
const day = (text: string) => new Date(`${text}T12:00:00Z`);

describe('the chosen engine', () => {
  it('is the one used before, even if others are newer', () => {
    const all = [
      { version: '2027.01.02', ...tried },
      { version: '2027.01.01', ...untried },
    ];
    expect(chosenVersion(all, '2027.01.01')).toBe('2027.01.01');
  });

  it('is otherwise the newest that passed, then an untried one, never a refused one', () => {
    const all = [
      { version: '4', ...refused },
      { version: '3', ...untried },
      { version: '2', ...tried },
    ];
    expect(chosenVersion(all, '5')).toBe('2');
    expect(chosenVersion(all.slice(0, 2), null)).toBe('3');
    expect(chosenVersion(all.slice(0, 1), null)).toBeNull();
  });
});

describe('the look for releases', () => {
  it('happens at night, and an hour after the start when more than a day was missed', () => {
    const noon = new Date(2027, 0, 5, 12);
    expect(nextLook(noon, null, 0.5)).toEqual(new Date(2027, 0, 6, 4));
    expect(nextLook(noon, new Date(2027, 0, 5, 3), 0)).toEqual(new Date(2027, 0, 6, 3));
    expect(nextLook(noon, new Date(2027, 0, 2), 0)).toEqual(new Date(2027, 0, 5, 13));
  });
});

describe('success by site', () => {
  it('is forgotten after 14 days, and the most used site comes first', () => {
    let book: EndsBySite = withEnd({}, 'old.example', true, day('2027-01-01'));
    for (const isGood of [true, false])
      book = withEnd(book, 'a.example', isGood, day('2027-01-14'));
    book = withEnd(book, 'b.example', true, day('2027-01-15'));
    expect(successBySite(book)).toEqual([
      { site: 'a.example', succeeded: 1, failed: 1 },
      { site: 'b.example', succeeded: 1, failed: 0 },
    ]);
  });

  it('counts a hang that comes before anything is fetched, and no other', () => {
    for (const code of ['STALLED', 'TIMED_OUT'] as const) {
      expect(isOfTheEngine(code, 'extracting')).toBe(true);
      expect(isOfTheEngine(code, 'downloading')).toBe(false);
      expect(isOfTheEngine(code)).toBe(false);
    }
    expect(isOfTheEngine('NETWORK', 'extracting')).toBe(false);
    expect(isOfTheEngine('UNKNOWN')).toBe(true);
  });

  it('is judged by the first 20 results after a switch', () => {
    let ends: Ends | undefined;
    for (let count = 0; count < 25; count += 1) ends = sinceSwitch(ends, true);
    expect(sinceSwitch(ends, false)).toEqual([20, 0]);
  });

  it('is worse with three new failures, and sites never tried do not count', () => {
    const before = withEnd({}, 'a.example', true, day('2027-01-14'));
    expect(isWorse([0, 3], before, 'a.example')).toBe(true);
    expect(isWorse([0, 2], before, 'a.example')).toBe(false);
    expect(isWorse([17, 3], before, 'a.example')).toBe(false);
    expect(isWorse([0, 3], before, 'b.example')).toBe(false);
  });
});
