import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRangeFresh, parseRange } from '../../src/http/byte-range.ts';
import { contentDisposition, savedName } from '../../src/http/content-disposition.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.constantFrom(
    '',
    '.',
    '..',
    'con',
    'NUL.txt',
    'a\r\nSet-Cookie: x=1',
    '../../etc/passwd',
    'a"; filename="b',
    '\u202egpj.exe',
    '\u200d',
    'e\u0301'.repeat(400),
    `a${'\u0301'.repeat(400)}`,
  ),
);

describe('the name under which a file is saved', () => {
  it('is safe on every system and can be decoded from the header', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('.mp4', '.m4a', ''), (title, extension) => {
        const name = savedName(title, extension);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(205);
        expect(name.replaceAll(/[\u200c\u200d]/g, '')).toMatch(
          /^[^\p{Cc}\p{Cf}\p{Cs}<>:"/\\|?*]+$/u,
        );
        expect(name).not.toMatch(/^[. ]/);
        expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
        expect(name.endsWith(extension)).toBe(true);
        const header = contentDisposition('attachment', title, extension);
        const parts =
          /^attachment; filename="([A-Za-z0-9._ -]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)$/.exec(
            header,
          );
        expect(decodeURIComponent(parts?.[2] ?? '')).toBe(name);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a range', () => {
  it.each([
    [undefined, null],
    ['bytes=0-', { start: 0, end: 99 }],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=99-', { start: 99, end: 99 }],
    ['bytes=10-19', { start: 10, end: 19 }],
    ['bytes=90-500', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-500', { start: 0, end: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=20-10', null],
    ['bytes=-', null],
    ['bytes=0-1,5-6', null],
    ['bytes=0x1-5', null],
    ['bytes=1.5-5', null],
    ['bytes=-5-10', null],
    ['items=0-5', null],
    [`bytes=${'9'.repeat(15)}-`, 'unsatisfiable'],
    [`bytes=${'0,'.repeat(2000)}`, null],
  ])('%s of a hundred bytes is %j', (header, range) => {
    expect(parseRange(header, 100)).toEqual(range);
  });

  it('lies within the file, whatever is requested', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789-,= bytes') }),
        fc.nat(50),
        (text, size) => {
          const range = parseRange(`bytes=${text}`, size);
          if (range === null || range === 'unsatisfiable') return;
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.start).toBeLessThanOrEqual(range.end);
          expect(range.end).toBeLessThan(size);
        },
      ),
    );
  });

  it('applies only while the file is the version that the caller knows', () => {
    const modified = new Date('2026-01-02T03:04:05.678Z');
    const fresh = (header?: string) => isRangeFresh(header, '"tag"', modified);
    expect(fresh()).toBe(true);
    expect(fresh('"tag"')).toBe(true);
    expect(fresh('Fri, 02 Jan 2026 03:04:05 GMT')).toBe(true);
    for (const stale of [
      '"other"',
      'W/"tag"',
      'tag',
      'Fri, 02 Jan 2026 03:04:06 GMT',
      '',
      'never',
    ]) {
      expect(fresh(stale)).toBe(false);
    }
  });
});
