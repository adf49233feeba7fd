import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { siteOf, hostsOfLink, isBelowSite } from '../../../src/domain/cookies/cookie-site.ts';
import {
  cookieKey,
  cookiesOfSite,
  netscapeText,
  parseCookies,
  type Cookie,
} from '../../../src/domain/cookies/cookie-text.ts';

const SITE = 'example.com';
const LINE = '.example.com\tTRUE\t/\tTRUE\t1893456000\tsid\tabc';

function cookiesIn(text: string, site = SITE): readonly Cookie[] {
  const verdict = parseCookies(text, site);
  if (!verdict.ok) throw new Error(`line ${verdict.line}: ${verdict.said.message}`);
  return verdict.cookies;
}

function refusalOf(text: string, site = SITE) {
  const verdict = parseCookies(text, site);
  return verdict.ok ? null : verdict;
}

describe('a cookies file', () => {
  it('is read as browser add-ons write it, on every system', () => {
    const text = [
      '\uFEFF# Netscape HTTP Cookie File',
      '# https://curl.se/docs/http-cookies.html',
      '',
      LINE,
      '#HttpOnly_www.example.com\tFALSE\t/account\tFALSE\t0\tauth\t{"a":1, "b"}',
      'example.com\tfalse\t/\tfalse\t\tlang\t',
    ].join('\r\n');
    expect(cookiesIn(text)).toEqual([
      {
        domain: 'example.com',
        isForSubdomains: true,
        path: '/',
        isSecure: true,
        isHttpOnly: false,
        expiresAt: 1893456000,
        name: 'sid',
        value: 'abc',
      },
      {
        domain: 'www.example.com',
        isForSubdomains: false,
        path: '/account',
        isSecure: false,
        isHttpOnly: true,
        expiresAt: null,
        name: 'auth',
        value: '{"a":1, "b"}',
      },
      expect.objectContaining({ name: 'lang', value: '', expiresAt: null }),
    ]);
    expect(cookiesIn(text.replaceAll('\r\n', '\n'))).toEqual(cookiesIn(text));
    expect(cookiesIn(text.replaceAll('\r\n', '\r'))).toEqual(cookiesIn(text));
  });

  it('may list one cookie several times, and the last one counts', () => {
    expect(cookiesIn(`${LINE}\n${LINE}d`)).toEqual([expect.objectContaining({ value: 'abcd' })]);
  });

  it.each([
    ['0', null],
    ['-1', null],
    ['1893456000.75', 1893456000],
    ['1000000', 1000000],
    ['99999999999999999999', 253402300799],
  ])('may have %s as the expiry of a cookie', (expiry, expected) => {
    expect(cookiesIn(LINE.replace('1893456000', expiry))[0]?.expiresAt).toBe(expected);
  });

  it.each([
    ['other.example', 'This cookie is of other.example and not of example.com.'],
    ['.notexample.com', 'This cookie is of notexample.com and not of example.com.'],
    [
      'example.com.evil.example',
      'This cookie is of example.com.evil.example and not of example.com.',
    ],
    ['com', 'The first field is not the host name of a site.'],
    ['.', 'The first field is not the host name of a site.'],
    ['', 'The first field is not the host name of a site.'],
    ['..example.com', 'The first field is not the host name of a site.'],
    ['example.com/../x', 'The first field is not the host name of a site.'],
    ['user@example.com', 'The first field is not the host name of a site.'],
    ['bücher.example', 'This cookie is of xn--bcher-kva.example and not of example.com.'],
  ])('is refused at a cookie of "%s", with its line', (domain, reason) => {
    const text = `# comment\n${LINE}\n\n${LINE.replace('.example.com', domain)}`;
    expect(refusalOf(text)).toMatchObject({ ok: false, line: 4, said: { message: reason } });
  });

  it.each([
    ['spaces instead of tabs', LINE.replaceAll('\t', ' ')],
    ['a field too few', LINE.replace('\tTRUE\t/', '\t/')],
    ['a field too many', `${LINE}\tmore`],
    ['a wrong word', LINE.replace('TRUE', 'YES')],
    ['no path', LINE.replace('/', 'account')],
    ['a date as the end', LINE.replace('1893456000', '2030-01-01')],
    ['a second cookie in the value', `${LINE}; other=1`],
    ['a second cookie in the name', LINE.replace('sid', 'a=b; c')],
    ['a character that no header carries', `${LINE}\u2028`],
    ['a control character', `${LINE}\u0000`],
    ['neither name nor value', LINE.replace('sid\tabc', '\t')],
    ['a value without end', LINE + 'x'.repeat(5000)],
  ])('is refused with %s, and the reason does not quote it', (_what, line) => {
    const refusal = refusalOf(`${LINE}\r\n${line}`);
    expect(refusal?.line).toBe(2);
    expect(refusal?.said.message).not.toMatch(/abc|sid/);
  });

  it.each(['', '\uFEFF', '# Netscape HTTP Cookie File\n', '[{"name":"sid","value":"abc"}]', '{}'])(
    'is refused without a cookie in it: %j',
    (text) => {
      expect(refusalOf(text)?.line).toBe(1);
    },
  );

  it('is read or refused whatever it holds, and the reason quotes only a host name', () => {
    const field = fc.oneof(
      fc.constantFrom('TRUE', 'FALSE', '/', '0', '', '.example.com', 'www.example.com', '1e6', '.'),
      fc.string({ unit: fc.constantFrom(...'a.;=#"\u0000\u0085\u2028é中😀 '), maxLength: 8 }),
    );
    const line = fc.array(field, { maxLength: 9 }).map((fields) => fields.join('\t'));
    const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, (content) => {
        const verdict = parseCookies(content, SITE);
        if (!verdict.ok) return /^[\x20-\x7e]+$/.test(verdict.said.message) && verdict.line >= 1;
        return verdict.cookies.every(({ domain }) => isBelowSite(domain, SITE));
      }),
      { numRuns: 150 },
    );
  });

  it('is written for yt-dlp with the same cookies', () => {
    const plain = fc
      .string({ maxLength: 20 })
      .map((text) => text.replace(/[^\x20-\x7e]|[;=]/g, ''));
    const cookie = fc.record({
      domain: fc.constantFrom('example.com', 'a.example.com', 'xn--bcher-kva.example.com'),
      isForSubdomains: fc.boolean(),
      path: plain.map((path) => `/${path}`),
      isSecure: fc.boolean(),
      isHttpOnly: fc.constant(false),
      expiresAt: fc.option(fc.integer({ min: 1, max: 253402300799 })),
      name: plain.map((name) => `n${name}`),
      value: plain,
    });
    const cookies = fc.uniqueArray(cookie, { selector: cookieKey, minLength: 1 });
    fc.assert(
      fc.property(cookies, (given) => {
        const text = netscapeText(given);
        expect(text.startsWith('# Netscape HTTP Cookie File\n')).toBe(true);
        expect(cookiesIn(text)).toEqual(given);
      }),
    );
  });

  it('from yt-dlp may hold cookies of other sites, which are left out', () => {
    const text = `${LINE}\nother.example\tFALSE\t/\tFALSE\t0\tsid\tabc\nbroken`;
    expect(cookiesOfSite(text, SITE).map(({ domain }) => domain)).toEqual(['example.com']);
  });
});

describe('a site', () => {
  it.each([
    ['example.com', 'example.com'],
    ['WWW.Example.COM', 'www.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['my_nas.lan', 'my_nas.lan'],
    ['a.co.uk', 'a.co.uk'],
    ['someone.github.io', 'someone.github.io'],
    ['www.city.kawasaki.jp', 'www.city.kawasaki.jp'],
  ])('is named by a host name: %s', (raw, site) => {
    expect(siteOf(raw)).toBe(site);
  });

  it.each([
    ...['', '.', '..', 'com', 'localhost', 'co.uk', 'com.au', '.example.com', 'example.com.'],
    // Names below which everybody can have one, by the public suffix list.
    ...['github.io', 'blogspot.com', 'co.il', 'gov.uk', 'kawasaki.jp', 'xn--p1ai'],
    ...['example.com/x', '../../etc/passwd', 'example.com:80', 'a@example.com', '%2e%2e', '[::1]'],
    ...[
      'a b.com',
      'a\u0000.com',
      `${'a'.repeat(64)}.com`,
      `${'a.'.repeat(120)}com`,
      '*.example.com',
    ],
  ])('is not named by %j', (raw) => {
    expect(siteOf(raw)).toBeNull();
  });

  it('includes its subdomains and nothing else', () => {
    expect(isBelowSite('example.com', 'example.com')).toBe(true);
    expect(isBelowSite('a.b.example.com', 'example.com')).toBe(true);
    expect(isBelowSite('notexample.com', 'example.com')).toBe(false);
    expect(isBelowSite('com', 'example.com')).toBe(false);
    expect(isBelowSite('1.127.0.0.1', '127.0.0.1')).toBe(false);
  });

  it('is found for a link, also for a short link to it', () => {
    expect(hostsOfLink('https://www.example.com./watch?v=1')).toEqual(['www.example.com']);
    expect(hostsOfLink('https://youtu.be/abc')).toEqual(['youtu.be', 'youtube.com']);
    expect(hostsOfLink('https://notyoutu.be/abc')).toEqual(['notyoutu.be']);
    expect(hostsOfLink('http://[::1]/')).toEqual([]);
  });
});
