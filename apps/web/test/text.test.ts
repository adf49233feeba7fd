import { describe, expect, it } from 'vitest';
import { de } from '../src/text/de.ts';
import { deMore } from '../src/text/de-more.ts';
import { en } from '../src/text/en.ts';
import { enMore } from '../src/text/en-more.ts';

describe('every language', () => {
  it('has the same texts, and none is empty', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    expect(Object.keys(deMore).sort()).toEqual(Object.keys(enMore).sort());
    for (const word of Object.values({ ...en, ...enMore, ...de, ...deMore })) {
      expect(word).not.toBe('');
    }
  });

  it('defines no text twice', () => {
    expect(Object.keys(en).filter((key) => key in enMore)).toEqual([]);
  });

  it('distinguishes one and many', () => {
    expect(en.intakeFound(1)).toBe('1 link found');
    expect(en.intakeFound(12_000)).toBe('12,000 links found');
    expect(de.intakeFound(12_000)).toBe('12.000 Links gefunden');
  });
});
