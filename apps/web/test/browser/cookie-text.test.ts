import { describe, expect, it } from 'vitest';
import { cookiesOf, siteIn, siteOfUrl } from '../../src/browser/cookie-text.ts';

const line = (domain: string, name: string): string =>
  [domain, 'TRUE', '/', 'TRUE', '1900000000', name, 'secret'].join('\t');
const FILE = [
  '# Netscape HTTP Cookie File',
  line('.example.com', 'a'),
  line('#HttpOnly_www.example.com', 'b'),
  line('.bank.example', 'c'),
  line('notexample.com', 'd'),
].join('\r\n');

describe('a cookies file', () => {
  it('gives the cookies of one site and leaves out others', () => {
    const found = cookiesOf(FILE, 'example.com');
    expect([found.count, found.others]).toEqual([2, 2]);
    expect(found.content).toBe(
      `\n${line('.example.com', 'a')}\n${line('#HttpOnly_www.example.com', 'b')}`,
    );
    expect(cookiesOf(FILE, 'other.example').content).toBe('');
  });

  it('keeps invalid lines in place, so that the server can name them', () => {
    const found = cookiesOf(`${line('.bank.example', 'c')}\n{"json": true}`, 'example.com');
    expect(found.content).toBe('\n{"json": true}');
    expect(found.count).toBe(0);
  });

  it('names the site that a sign-in is for', () => {
    expect(siteIn(FILE, 'media.example.com')).toBe('example.com');
    expect(siteIn(FILE, 'elsewhere.example')).toBe('elsewhere.example');
    expect(siteOfUrl('https://www.example.com/watch?v=1')).toBe('example.com');
    expect(siteOfUrl('nothing')).toBe('');
  });
});
