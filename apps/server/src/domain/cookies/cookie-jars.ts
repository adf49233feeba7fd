import { say, type CookieJar, type Said } from '@artemis/contracts';
import type { ActivityLog } from '../activity-log.ts';
import { hostsOfLink, isBelowSite, siteOf } from './cookie-site.ts';
import {
  cookieKey,
  cookiesOfSite,
  netscapeText,
  parseCookies,
  type Cookie,
} from './cookie-text.ts';
import { RequestError } from '../errors.ts';
import type { CookieStore, LentCookies, StoredJar } from '../ports.ts';
import type { Logger } from '../records.ts';

/** Keeps memory and disk within bounds: a jar has at most the characters of one request. */
const MOST_JARS = 200;

/** The cookies of sites that need a sign-in. Their content goes to jobs on these sites and nowhere else. */
export interface CookieJars {
  /** Sorted by site. */
  list(): readonly CookieJar[];
  /** @throws {RequestError} VALIDATION_FAILED for the site, COOKIES_INVALID, STORE_UNAVAILABLE */
  put(site: string, content: string): Promise<CookieJar>;
  /** @throws {RequestError} COOKIES_NOT_FOUND, STORE_UNAVAILABLE, or as `put` */
  remove(site: string): Promise<void>;
  /** @throws {RequestError} COOKIES_NOT_FOUND, or as `put` */
  get(site: string): CookieJar;
  /** Of the narrowest site that the link is of; null when there is none, or nothing in it that has not expired. */
  lend(url: string): LentCookies | null;
}

interface Entry {
  readonly jar: StoredJar;
  /** Counts replacements by a person. */
  readonly generation: number;
}

export interface CookieJarsOptions {
  readonly store: CookieStore;
  readonly jars: readonly StoredJar[];
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly now: () => Date;
}

export function createCookieJars(options: CookieJarsOptions): CookieJars {
  const { store, log, logger, now } = options;
  let generation = 0;
  const entries = new Map<string, Entry>();
  for (const jar of options.jars) entries.set(jar.site, { jar, generation: ++generation });
  let writing: Promise<unknown> = Promise.resolve();

  /** One after another: what is on the disk is what was asked for last. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = writing.then(work);
    writing = result.catch(() => undefined);
    return result;
  }

  async function settle(site: string, lentGeneration: number, renewed: string | null) {
    const entry = entries.get(site);
    if (entry === undefined) return;
    const isReplaced = entry.generation !== lentGeneration;
    // What a person has put there since is not the one that has worked.
    if (isReplaced) return;
    const jar: StoredJar = {
      ...entry.jar,
      cookies: withRenewed(entry.jar, renewed),
      lastSuccessAt: now().toISOString(),
    };
    await store.write(jar);
    entries.set(site, { ...entry, jar });
  }

  return {
    list: () =>
      [...entries.values()]
        .map(({ jar }) => described(jar))
        .sort((a, b) => (a.site < b.site ? -1 : 1)),
    get: (raw) => described(found(entries, raw).jar),
    async put(raw, content) {
      const site = checkedSite(raw);
      const verdict = parseCookies(content, site);
      if (!verdict.ok) throw invalid(verdict.line, verdict.said);
      const at = now();
      if (live(verdict.cookies, at).length === 0) {
        throw invalid(1, say('COOKIES_EXPIRED'));
      }
      return inOrder(async () => {
        const isNew = !entries.has(site);
        if (isNew && entries.size >= MOST_JARS) {
          throw invalid(1, say('COOKIES_OF_TOO_MANY_SITES', { limit: MOST_JARS }));
        }
        const jar = {
          site,
          cookies: verdict.cookies,
          updatedAt: at.toISOString(),
          lastSuccessAt: null,
        };
        await store.write(jar).catch(failToWrite);
        entries.set(site, { jar, generation: ++generation });
        log.write('info', say(isNew ? 'COOKIES_KEPT' : 'COOKIES_REPLACED', { site }), null, true);
        return described(jar);
      });
    },
    remove: (raw) =>
      inOrder(async () => {
        const { site } = found(entries, raw).jar;
        await store.remove(site).catch(failToWrite);
        entries.delete(site);
        log.write('info', say('COOKIES_DELETED', { site }), null, true);
      }),
    lend(url) {
      const hosts = hostsOfLink(url);
      const [entry] = [...entries.values()]
        .filter(({ jar }) => hosts.some((host) => isBelowSite(host, jar.site)))
        .sort((a, b) => b.jar.site.length - a.jar.site.length);
      if (entry === undefined) return null;
      const { jar } = entry;
      const cookies = live(jar.cookies, now());
      if (cookies.length === 0) return null;
      return {
        site: jar.site,
        text: netscapeText(cookies),
        version: `${jar.site} ${entry.generation}`,
        succeeded: (renewed) =>
          inOrder(() => settle(jar.site, entry.generation, renewed)).catch((error: unknown) => {
            logger.warn({ err: error, site: jar.site }, 'the success of cookies was not kept');
          }),
      };
    },
  };
}

function checkedSite(raw: string): string {
  const site = siteOf(raw);
  if (site !== null) return site;
  const said = say('COOKIES_NEED_SITE');
  throw new RequestError('VALIDATION_FAILED', `site: ${said.message}.`, {
    details: [{ path: '/site', ...said }],
  });
}

function found(entries: ReadonlyMap<string, Entry>, raw: string): Entry {
  const site = checkedSite(raw);
  const entry = entries.get(site);
  if (entry !== undefined) return entry;
  throw new RequestError('COOKIES_NOT_FOUND', `There are no cookies of ${site}.`);
}

function failToWrite(cause: unknown): never {
  throw new RequestError(
    'STORE_UNAVAILABLE',
    'The cookies could not be written, so nothing was changed. Check the disk of the data folder and try again.',
    { cause, retryAfterSeconds: 5 },
  );
}

function invalid(line: number, said: Said): RequestError {
  return new RequestError('COOKIES_INVALID', `Line ${line}: ${said.message}`, {
    details: [{ path: '/content', ...said, line }],
  });
}

function live(cookies: readonly Cookie[], at: Date): readonly Cookie[] {
  const nowSeconds = at.getTime() / 1000;
  return cookies.filter(({ expiresAt }) => expiresAt === null || expiresAt > nowSeconds);
}

/** Only cookies that the person has given: what else a site sets is not kept, so a jar never grows. */
function withRenewed({ site, cookies }: StoredJar, renewed: string | null): readonly Cookie[] {
  if (renewed === null) return cookies;
  const after = new Map(cookiesOfSite(renewed, site).map((cookie) => [cookieKey(cookie), cookie]));
  return cookies.map((cookie) => {
    const { expiresAt, value } = after.get(cookieKey(cookie)) ?? cookie;
    return { ...cookie, expiresAt, value };
  });
}

function described({ site, cookies, updatedAt, lastSuccessAt }: StoredJar): CookieJar {
  const ends = cookies.flatMap(({ expiresAt }) => expiresAt ?? []);
  const dateOf = (seconds: number) => new Date(seconds * 1000).toISOString();
  return {
    site,
    cookie_count: cookies.length,
    earliest_expiry_at: ends.length === 0 ? null : dateOf(Math.min(...ends)),
    latest_expiry_at: ends.length === 0 ? null : dateOf(Math.max(...ends)),
    last_success_at: lastSuccessAt,
    updated_at: updatedAt,
  };
}
