import { describe, expect, it } from 'vitest';
import { de } from '../src/text/de.ts';
import { deMore } from '../src/text/de-more.ts';
import { en } from '../src/text/en.ts';
import { enMore } from '../src/text/en-more.ts';

describe('every language', () => {
  it('has the same words, and none is empty', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    expect(Object.keys(deMore).sort()).toEqual(Object.keys(enMore).sort());
    for (const word of Object.values({ ...en, ...enMore, ...de, ...deMore })) {
      expect(word).not.toBe('');
    }
  });

  it('does not say the same thing twice under one name', () => {
    expect(Object.keys(en).filter((key) => key in enMore)).toEqual([]);
  });

  it('counts one and many', () => {
    expect(en.intakeFound(1)).toBe('1 link found');
    expect(en.intakeFound(12_000)).toBe('12,000 links found');
    expect(de.intakeFound(12_000)).toBe('12.000 Links gefunden');
  });
});
