import { beforeEach, describe, expect, it } from 'vitest';
import { createActivityLog, type ActivityLog } from '../../../src/domain/activity-log.ts';
import { createCookieJars, type CookieJars } from '../../../src/domain/cookies/cookie-jars.ts';
import type { CookieStore, StoredJar } from '../../../src/domain/ports.ts';

const SOON = 1_800_000_000;
const file = (domain: string, value: string, expiry = 0) =>
  `${domain}\tTRUE\t/\tTRUE\t${expiry}\tsid\t${value}\n`;

let written: Map<string, StoredJar>;
let isBroken: boolean;
let now: Date;
let log: ActivityLog;
let jars: CookieJars;

const store: CookieStore = {
  load: () => Promise.resolve([]),
  write: (jar) => {
    if (isBroken) return Promise.reject(new Error('no room'));
    written.set(jar.site, jar);
    return Promise.resolve();
  },
  remove: (site) => {
    written.delete(site);
    return Promise.resolve();
  },
};

beforeEach(() => {
  written = new Map();
  isBroken = false;
  now = new Date('2026-11-22T12:00:00Z');
  log = createActivityLog();
  jars = start([]);
});

function start(stored: readonly StoredJar[]): CookieJars {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return createCookieJars({ store, jars: stored, log, logger, now: () => now });
}

const lentValue = (url: string) => /\tsid\t(\S+)/.exec(jars.lend(url)?.text ?? '')?.[1] ?? null;

describe('cookies', () => {
  it('are lent for links of their site and its subdomains, from the most specific jar', async () => {
    await jars.put('example.com', file('.example.com', 'wide'));
    await jars.put('video.example.com', file('video.example.com', 'narrow'));
    await jars.put('youtube.com', file('.youtube.com', 'tube'));
    expect(lentValue('https://example.com/a')).toBe('wide');
    expect(lentValue('https://www.example.com/a')).toBe('wide');
    expect(lentValue('https://m.video.example.com:8443/a')).toBe('narrow');
    expect(lentValue('https://youtu.be/abc')).toBe('tube');
    expect(lentValue('https://notexample.com/')).toBeNull();
    expect(lentValue('https://example.com.evil.example/')).toBeNull();
  });

  it('that have expired are not lent, and a file with only such cookies is refused', async () => {
    const expired = file('example.com', 'old', 1_000_000);
    await expect(jars.put('example.com', expired)).rejects.toMatchObject({
      code: 'COOKIES_INVALID',
      details: [{ path: '/content', line: 1 }],
    });
    await jars.put('example.com', file('example.com', 'soon', SOON));
    expect(lentValue('https://example.com/')).toBe('soon');
    now = new Date((SOON + 1) * 1000);
    expect(jars.lend('https://example.com/')).toBeNull();
  });

  it('are described without their names and values', async () => {
    const text = file('.example.com', 'secret', SOON) + file('a.example.com', 'secret', SOON + 60);
    expect(await jars.put('Example.COM', text)).toEqual({
      site: 'example.com',
      cookie_count: 2,
      earliest_expiry_at: '2027-01-15T08:00:00.000Z',
      latest_expiry_at: '2027-01-15T08:01:00.000Z',
      last_success_at: null,
      updated_at: '2026-11-22T12:00:00.000Z',
    });
    expect(JSON.stringify([jars.list(), log.console(0)])).not.toMatch(/secret|sid/);
  });

  it('that a site renewed are kept with the time of the success, other new ones are not', async () => {
    await jars.put('example.com', file('.example.com', 'first'));
    const renewed = file('.example.com', 'second', SOON) + file('b.example.com', 'planted');
    await jars.lend('https://example.com/')?.succeeded(renewed + file('.other.example', 'x'));
    expect(lentValue('https://example.com/')).toBe('second');
    expect(jars.list()).toMatchObject([
      { cookie_count: 1, last_success_at: '2026-11-22T12:00:00.000Z' },
    ]);
    jars = start([...written.values()]);
    expect(lentValue('https://example.com/')).toBe('second');
  });

  it('from a download that began before they were replaced or deleted change nothing', async () => {
    await jars.put('example.com', file('.example.com', 'first'));
    const lent = jars.lend('https://example.com/');
    await jars.put('example.com', file('.example.com', 'other'));
    await lent?.succeeded(file('.example.com', 'late'));
    expect(lentValue('https://example.com/')).toBe('other');
    expect(jars.list()[0]?.last_success_at).toBeNull();
    expect(jars.lend('https://example.com/')?.version).not.toBe(lent?.version);
    await jars.remove('example.com');
    await lent?.succeeded(file('.example.com', 'late'));
    expect([jars.list(), [...written]]).toEqual([[], []]);
  });

  it('that cannot be written change nothing, and the download that used them does not fail', async () => {
    await jars.put('example.com', file('.example.com', 'first'));
    isBroken = true;
    await expect(jars.put('example.com', file('.example.com', 'second'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    await jars.lend('https://example.com/')?.succeeded(file('.example.com', 'third'));
    expect(lentValue('https://example.com/')).toBe('first');
    expect(jars.list()[0]?.last_success_at).toBeNull();
  });

  it('are kept for a bounded number of sites', async () => {
    const many = Array.from({ length: 200 }, (_, n) => `site${n}.example`);
    await Promise.all(many.map((site) => jars.put(site, file(site, 'x'))));
    await expect(jars.put('one-more.example', file('one-more.example', 'x'))).rejects.toMatchObject(
      { code: 'COOKIES_INVALID' },
    );
    await jars.put('site7.example', file('site7.example', 'replaced'));
    expect(jars.list()).toHaveLength(200);
  });

  it.each(['com', '..', 'co.uk', 'a/b', '%2e%2e'])(
    'cannot be stored for a site called %j',
    async (site) => {
      const refusal = { code: 'VALIDATION_FAILED', details: [{ path: '/site' }] };
      await expect(jars.put(site, file('example.com', 'x'))).rejects.toMatchObject(refusal);
      await expect(jars.remove(site)).rejects.toMatchObject(refusal);
    },
  );
});
