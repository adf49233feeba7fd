import { describe, expect, it } from 'vitest';
import { extractUrls, MAX_LINKS } from '../../src/links/extract-urls.ts';

const found = (text: string, markup = ''): readonly string[] =>
  extractUrls(text, markup).urls.map((one) => one.url);

describe('links found in any text', () => {
  it.each([
    ['see https://a.example/x, and then', ['https://a.example/x']],
    ['(https://a.example/x)', ['https://a.example/x']],
    ['https://a.example/Foo_(bar)', ['https://a.example/Foo_(bar)']],
    ['[title](https://a.example/x) and more', ['https://a.example/x']],
    ['> > https://a.example/x', ['https://a.example/x']],
    ['<https://a.example/x>', ['https://a.example/x']],
    ['https://a.example/x。次', ['https://a.example/x']],
    ['https://a.example/x,https://b.example/y', ['https://a.example/x', 'https://b.example/y']],
    ['www.a.example/x', ['https://www.a.example/x']],
    ['http://localhost:8080/x', ['http://localhost:8080/x']],
    ['https://a.example/?q=1,2', ['https://a.example/?q=1,2']],
    ['https://a.example/@name_', ['https://a.example/@name_']],
    ['ask @name_ at https://a.example/@name_ today', ['https://a.example/@name_']],
    ['https://a.example/~me/a~', ['https://a.example/~me/a~']],
    ['https://a.example/all*', ['https://a.example/all*']],
    ["https://a.example/it's.mp4", ["https://a.example/it's.mp4"]],
    ['https://a.example/a|b.mp4', ['https://a.example/a|b.mp4']],
    ['- https://a.example/what?', ['https://a.example/what?']],
    ['1. https://a.example/Wow!', ['https://a.example/Wow!']],
    ['https://a.example/Inc.', ['https://a.example/Inc.']],
    ['Seen https://a.example/Inc.?', ['https://a.example/Inc']],
    ['**https://a.example/x**', ['https://a.example/x']],
    ['_https://a.example/b_c_', ['https://a.example/b_c']],
    ['~~old: https://a.example/x~~', ['https://a.example/x']],
    ['**bold** https://a.example/x**', ['https://a.example/x**']],
    ["don't: 'https://a.example/it's'", ["https://a.example/it's"]],
    [
      "['https://a.example/x','https://b.example/y']",
      ['https://a.example/x', 'https://b.example/y'],
    ],
    ['(see https://a.example/wiki_(film))', ['https://a.example/wiki_(film)']],
    ['(https://a.example/x)y', ['https://a.example/x']],
    ['{https://a.example/x}', ['https://a.example/x']],
    ['|https://a.example/x|title|', ['https://a.example/x']],
    [
      '[to https://a.example/x](https://b.example/y)',
      ['https://a.example/x', 'https://b.example/y'],
    ],
    [
      '[a](https://a.example/x)[b](https://b.example/y)',
      ['https://a.example/x', 'https://b.example/y'],
    ],
    ['https://a.example/a\\_b', ['https://a.example/a_b']],
    ['\u200bhttps://a.example/x\u200b', ['https://a.example/x']],
    [
      'look: https://a.example/x, https://a.example/y!',
      ['https://a.example/x', 'https://a.example/y'],
    ],
  ])('are found in %s', (text, urls) => {
    expect(found(text)).toEqual(urls);
  });

  it('are only http addresses', () => {
    expect(
      found(
        'javascript:alert(1) file:///etc/passwd ftp://a.example mailto:x@y.z https://intranet/x',
      ),
    ).toEqual([]);
  });

  it('are listed once each, in order', () => {
    expect(found('https://b.example/ https://a.example/ https://b.example/')).toEqual([
      'https://b.example/',
      'https://a.example/',
    ]);
  });

  it('include links of copied markup, after those of the text', () => {
    expect(
      found('https://a.example/', '<a class="x" href="https://b.example/?a=1&amp;b=2">b</a>'),
    ).toEqual(['https://a.example/', 'https://b.example/?a=1&b=2']);
  });

  it('come with their positions and the count of lines without a link', () => {
    const text = 'hello\nsee https://a.example/x\n\nbye';
    const { linesWithoutLink, urls } = extractUrls(text);
    expect(linesWithoutLink).toBe(2);
    expect(text.slice(urls[0]?.start, urls[0]?.end)).toBe('https://a.example/x');
  });

  it.each([
    ['closing brackets', `https://a.example/x${')'.repeat(200_000)}`],
    ['brackets of two kinds', `https://a.example/x${')]'.repeat(100_000)}`],
    ['emphasis', `*_~'`.repeat(40_000) + 'https://a.example/x' + `*_~'`.repeat(40_000)],
    ['links in a line', '(https://a.example/x) *'.repeat(8000)],
    ['joints', `https://a.example/x${','.repeat(200_000)}`],
  ])('are found in time linear in the text: many %s', (_what, text) => {
    // The square of this length takes minutes, so the limit of the test is the assertion.
    expect(found(text)[0]).toMatch(/^https:\/\/a\.example\/x/);
  });

  it('are found in time linear in copied markup', () => {
    expect(found('', '<a '.repeat(100_000))).toEqual([]);
  });

  it('stop at the limit, which is reported', () => {
    const text = Array.from({ length: MAX_LINKS + 5 }, (_, at) => `https://a.example/${at}`).join(
      '\n',
    );
    const { urls, isCut } = extractUrls(text);
    expect(urls).toHaveLength(MAX_LINKS);
    expect(isCut).toBe(true);
  });
});
