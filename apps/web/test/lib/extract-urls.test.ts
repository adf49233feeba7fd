import { describe, expect, it } from 'vitest';
import { extractUrls, MAX_LINKS } from '../../src/lib/extract-urls.ts';

const found = (text: string, markup = ''): readonly string[] =>
  extractUrls(text, markup).urls.map((one) => one.url);

describe('links out of any text', () => {
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
  ])('reads %s', (text, urls) => {
    expect(found(text)).toEqual(urls);
  });

  it('refuses what is no http address', () => {
    expect(
      found(
        'javascript:alert(1) file:///etc/passwd ftp://a.example mailto:x@y.z https://intranet/x',
      ),
    ).toEqual([]);
  });

  it('gives each address once, in order', () => {
    expect(found('https://b.example/ https://a.example/ https://b.example/')).toEqual([
      'https://b.example/',
      'https://a.example/',
    ]);
  });

  it('keeps the links of copied markup, after those of the text', () => {
    expect(
      found('https://a.example/', '<a class="x" href="https://b.example/?a=1&amp;b=2">b</a>'),
    ).toEqual(['https://a.example/', 'https://b.example/?a=1&b=2']);
  });

  it('counts the lines without a link and says where links stand', () => {
    const text = 'hello\nsee https://a.example/x\n\nbye';
    const { linesWithoutLink, urls } = extractUrls(text);
    expect(linesWithoutLink).toBe(2);
    expect(text.slice(urls[0]?.start, urls[0]?.end)).toBe('https://a.example/x');
  });

  it('stops at the limit and says so', () => {
    const text = Array.from({ length: MAX_LINKS + 5 }, (_, at) => `https://a.example/${at}`).join(
      '\n',
    );
    const { urls, isCut } = extractUrls(text);
    expect(urls).toHaveLength(MAX_LINKS);
    expect(isCut).toBe(true);
  });
});
