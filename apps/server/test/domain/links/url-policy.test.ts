import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createAddressPolicy,
  type AddressTable,
} from '../../../src/domain/links/address-policy.ts';
import {
  checkSubmittedUrl,
  proxyProblem,
  type UrlPolicyOptions,
} from '../../../src/domain/links/url-policy.ts';

const table = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../engine/addresses.json'), 'utf8'),
) as AddressTable;
const options: UrlPolicyOptions = {
  isPublicAddress: createAddressPolicy(table),
  egressAllow: [],
  ownPorts: [8500],
};
const check = (raw: string, more: Partial<UrlPolicyOptions> = {}) =>
  checkSubmittedUrl(raw, { ...options, ...more });
const isAccepted = (raw: string, more: Partial<UrlPolicyOptions> = {}) => check(raw, more).ok;

describe('a URL that may be fetched', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['HTTPS://EXAMPLE.com/A?b=C#d', 'https://example.com/A?b=C#d'],
    ['http://example.com:80/', 'http://example.com/'],
    ['http://example.com:8080/a', 'http://example.com:8080/a'],
    ['http://example.com./a', 'http://example.com./a'],
    ['  https://example.com/a b  ', 'https://example.com/a%20b'],
    ['\ufeff\u200b https://example.com/a\u00a0\n\u200d', 'https://example.com/a'],
    ['https://example.com\\a\\..\\b', 'https://example.com/b'],
    ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
    ['https://8.8.8.8/a', 'https://8.8.8.8/a'],
    ['https://134744072/a', 'https://8.8.8.8/a'],
    ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
    ['https://example.com/#!/video/1', 'https://example.com/#!/video/1'],
    ['https://example.com/--exec=id', 'https://example.com/--exec=id'],
    ['https://example.com:8500/', 'https://example.com:8500/'],
    ['https://localhost.example.com/', 'https://localhost.example.com/'],
    ['https://notlocalhost/', 'https://notlocalhost/'],
  ])('%s', (raw, url) => {
    expect(check(raw)).toEqual({ ok: true, url });
  });
});

describe('a spelling of an address that is not public is refused', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.0.0.1./',
    'http://127.0.0.1../',
    'http://127.1/',
    'http://127.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0x7F.1/',
    'http://017700000001/',
    'http://0177.0.0.1/',
    'http://0177.0x0.0.01/',
    'http://127.255.255.254/',
    'http://%31%32%37.0.0.1/',
    'http://127%2e0%2e0%2e1/',
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://①②⑦.⓪.⓪.①/',
    'http:127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'http:///127.0.0.1/',
    'http://0/',
    'http://0.0.0.0/',
    'http://00/',
    'http://10.0.0.1/',
    'http://167772161/',
    'http://012.0.0.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://172.16.0.1/',
    'http://192.0.0.192/',
    'http://192.0.2.1/',
    'http://192.168.1.1/',
    'http://3232235777/',
    'http://198.18.0.1/',
    'http://198.51.100.1/',
    'http://203.0.113.1/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://[::]/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[0000:0000:0000:0000:0000:0000:0000:0001]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::FFFF:8.8.8.8]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b::808:808]/',
    'http://[64:ff9b:1::1]/',
    'http://[100::1]/',
    'http://[2001::1]/',
    'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
    'http://[2001:db8::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2002:c0a8:101::1]/',
    'http://[3fff::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://localhost/',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://localhost../',
    'http://localhost:65535/',
    'http://ｌocalhost/',
    'http://%6cocalhost/',
    'http://a.localhost/',
    'http://a.b.LocalHost./',
  ])('%s', (raw) => {
    expect(isAccepted(raw)).toBe(false);
  });
});

describe('anything but a plain web URL is refused', () => {
  it.each([
    '',
    ' ',
    'example.com/video',
    '//example.com/video',
    '/etc/passwd',
    '--exec=id',
    '-a',
    'ytsearch:cats',
    ':ytfav',
    'file:///etc/passwd',
    'ftp://example.com/a',
    'rtmp://example.com/a',
    'data:text/html,x',
    'javascript:alert(1)',
    'blob:https://example.com/1',
    'concat:http://a|http://b',
    'https://',
    'https://exa mple.com/',
    'https://example.com:99999/',
    'https://a..b.example/',
    'https://./',
    'https://999.999.999.999/',
    'https://1.2.3.4.5/',
    'https://[fe80::1%25eth0]/',
    'https://[::1',
    'https://user:secret@example.com/',
    'https://user@example.com/',
    'https://:secret@example.com/',
    'https://example.com@127.0.0.1/',
    'https://example.com/a\nb',
    'https://example.com/a\r\nHost: x',
    'https://exa\tmple.com/',
    'https://example.com/\u0000',
    'https://example.com/\u001b[2J',
    'https://example.com/\u007f',
    'https://example.com/\u0085',
    'https://example.com/#__youtubedl_smuggle=%7B%22a%22%3A1%7D',
    'https://example.com/#a&__youtubedl_smuggle=x',
    'https://example.com/#%5F%5Fyoutubedl%5Fsmuggle=x',
    'https://example.com/#%255F%255Fyoutubedl_smuggle=x',
    'https://example.com/%23__youtubedl_smuggle=x',
    'https://example.com/?u=https%3A%2F%2Fexample.com%2F%2523__youtubedl_smuggle%3D1',
    'https://example.com/%zz#_%5fyoutubedl_smuggle',
  ])('%j', (raw) => {
    expect(isAccepted(raw)).toBe(false);
  });

  it('says why in one sentence', () => {
    expect(check('ftp://example.com/')).toMatchObject({
      ok: false,
      reason: 'Only http:// and https:// URLs can be downloaded.',
    });
  });
});

describe('the length of a URL', () => {
  const urlOf = (length: number) => 'https://example.com/'.padEnd(length, 'a');

  it('may be 2,048 characters and not one more', () => {
    expect(isAccepted(urlOf(2048))).toBe(true);
    expect(isAccepted(urlOf(2049))).toBe(false);
  });

  it('also limits the escaped URL', () => {
    expect(isAccepted(`https://example.com/${'ü'.repeat(400)}`)).toBe(false);
  });
});

describe('an exception in EGRESS_ALLOW', () => {
  it.each([
    ['127.0.0.1:9000', 'http://127.0.0.1:9000/a'],
    ['127.0.0.1:9000', 'http://2130706433:9000/a'],
    ['[::1]:9000', 'http://[0:0::1]:9000/a'],
    ['localhost:9000', 'http://LOCALHOST.:9000/a'],
    ['nas.localhost:80', 'http://nas.localhost/a'],
    ['192.168.1.5:443', 'https://192.168.1.5/a'],
  ])('%s lifts the rule for %s', (entry, raw) => {
    expect(isAccepted(raw, { egressAllow: [entry] })).toBe(true);
  });

  it.each([
    ['127.0.0.1:9000', 'http://127.0.0.1:9001/'],
    ['127.0.0.1:9000', 'http://127.0.0.2:9000/'],
    ['127.0.0.1:9000', 'http://localhost:9000/'],
    ['127.0.0.1:80', 'https://127.0.0.1/'],
    ['127.0.0.1:9000', 'http://user@127.0.0.1:9000/'],
    ['127.0.0.1:9000', 'http://127.0.0.1:9000/#__youtubedl_smuggle=x'],
    ['127.0.0.1:9000', 'ftp://127.0.0.1:9000/'],
  ])('%s does not lift it for %s', (entry, raw) => {
    expect(isAccepted(raw, { egressAllow: [entry] })).toBe(false);
  });
});

describe('a port of the server itself', () => {
  it.each([
    ['127.0.0.1:8500', 'http://127.0.0.1:8500/'],
    ['127.9.9.9:8500', 'http://127.9.9.9:8500/'],
    ['0.0.0.0:8500', 'http://0:8500/'],
    ['[::1]:8500', 'http://[::1]:8500/'],
    ['[::]:8500', 'http://[::]:8500/'],
    ['[::ffff:7f00:1]:8500', 'http://[::ffff:127.0.0.1]:8500/'],
    ['localhost:8500', 'https://localhost:8500/'],
    ['a.localhost:8500', 'http://a.localhost.:8500/'],
  ])('is refused even with the exception %s', (entry, raw) => {
    expect(check(raw, { egressAllow: [entry] })).toMatchObject({
      ok: false,
      reason: 'The URL points at this server itself.',
    });
  });
});

describe('with any input', () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.constantFrom('localhost', 'a.localhost.', '0', 'ﬀ.example'),
  );
  const urlLike = fc
    .tuple(
      fc.constantFrom('http://', 'https://', 'HTTP:\\\\', 'http:', 'ftp://', ''),
      fc.constantFrom('', 'user@', 'a:b@', '@'),
      host,
      fc.constantFrom('', ':80', ':8500', ':9000', ':0', ':'),
      fc.string({ unit: 'binary' }),
    )
    .map((parts) => parts.join(''));
  const anything = fc.oneof(urlLike, fc.string({ unit: 'binary' }), fc.webUrl());

  it('the check never throws, and is idempotent', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const first = check(raw, { egressAllow: ['127.0.0.1:9000'] });
        if (!first.ok) return first.reason.endsWith('.');
        expect(check(first.url, { egressAllow: ['127.0.0.1:9000'] })).toEqual(first);
        return /^https?:\/\/[^/@\s]+\/[\u0021-\u007e]*$/.test(first.url);
      }),
      { numRuns: 5000 },
    );
  });

  it('no private address literal is accepted', () => {
    fc.assert(
      fc.property(host, (name) => {
        const verdict = check(`http://${name}/`);
        if (!verdict.ok) return true;
        const literal = new URL(verdict.url).hostname.replace(/^\[|\]$/g, '');
        return isIP(literal) === 0 || options.isPublicAddress(literal);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a proxy', () => {
  it.each([
    'http://10.0.0.1:3128',
    'https://127.0.0.1',
    'socks5://192.168.1.1:1080',
    'socks5h://localhost:1080',
    'socks5://2130706433:1080',
    'http://[::1]:3128/',
    'http://localhost:8500',
  ])('is refused at a private address: %s', (raw) => {
    expect(proxyProblem(raw, options)?.message).toMatch(/^must not be at a private address/);
  });

  it.each(['http://proxy.example', 'socks5://8.8.8.8:1080', 'https://proxy.example:8443/'])(
    'is accepted anywhere else: %s',
    (raw) => expect(proxyProblem(raw, options)).toBeNull(),
  );

  it.each([
    ['http://10.0.0.1:3128', '10.0.0.1:3128'],
    ['socks5://10.0.0.1', '10.0.0.1:1080'],
    ['http://localhost', 'localhost:80'],
  ])('is accepted when EGRESS_ALLOW names it with its port: %s', (raw, allowed) => {
    expect(proxyProblem(raw, { ...options, egressAllow: [allowed] })).toBeNull();
  });
});
