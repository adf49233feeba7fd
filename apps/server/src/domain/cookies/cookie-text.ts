import { say, type Said } from '@artemis/contracts';
import { hostNameOf, isAddress, isBelowSite } from './cookie-site.ts';

export interface Cookie {
  /** Without the dot that files put before it. */
  readonly domain: string;
  readonly isForSubdomains: boolean;
  readonly path: string;
  readonly isSecure: boolean;
  readonly isHttpOnly: boolean;
  /** Unix time in seconds; null for one that lasts as long as the browser would run. */
  readonly expiresAt: number | null;
  readonly name: string;
  readonly value: string;
}

export type CookieVerdict =
  | { readonly ok: true; readonly cookies: readonly Cookie[] }
  /** `line` counts from 1; what is said holds nothing secret. */
  | { readonly ok: false; readonly line: number; readonly said: Said };

/** The end of the year 9999: what is written as a date has four digits for the year. */
const LAST_SECOND = 253_402_300_799;
/** What browsers take for name and value together. */
const MAX_PAIR_CHARACTERS = 4096;
const HTTP_ONLY = '#HttpOnly_';

/**
 * Reads a cookies file as browsers' add-ons and yt-dlp write it: seven fields a line with tabs between them. Nothing
 * is repaired or left out silently, except that a later line replaces an earlier one for the same cookie.
 */
export function parseCookies(text: string, site: string): CookieVerdict {
  if (/^\uFEFF?\s*[[{]/.test(text)) {
    return refuse(1, say('COOKIES_ARE_JSON'));
  }
  const cookies = new Map<string, Cookie>();
  for (const { line, cookie } of parsedLines(text, site)) {
    if ('message' in cookie) return refuse(line, cookie);
    cookies.set(cookieKey(cookie), cookie);
  }
  if (cookies.size === 0) return refuse(1, say('COOKIES_ARE_NONE'));
  return { ok: true, cookies: [...cookies.values()] };
}

/** The cookies of the site in a text of yt-dlp, which holds those of other sites as well. */
export function cookiesOfSite(text: string, site: string): readonly Cookie[] {
  return [...parsedLines(text, site)].flatMap(({ cookie }) =>
    'message' in cookie ? [] : [cookie],
  );
}

/** What makes two cookies the same one. */
export function cookieKey({ domain, path, name }: Cookie): string {
  return `${domain}\t${path}\t${name}`;
}

/** The form that yt-dlp reads. */
export function netscapeText(cookies: readonly Cookie[]): string {
  const lines = cookies.map(({ domain, isForSubdomains, path, isSecure, expiresAt, name, value }) =>
    [
      // yt-dlp stops when the dot and the word after it do not agree.
      isForSubdomains ? `.${domain}` : domain,
      isForSubdomains ? 'TRUE' : 'FALSE',
      path,
      isSecure ? 'TRUE' : 'FALSE',
      expiresAt ?? 0,
      name,
      value,
    ].join('\t'),
  );
  return `# Netscape HTTP Cookie File\n\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** In place of a cookie: why the line is none. */
function* parsedLines(
  text: string,
  site: string,
): Generator<{ readonly line: number; readonly cookie: Cookie | Said }> {
  let line = 0;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    line += 1;
    if (raw.trim() === '' || (raw.startsWith('#') && !raw.startsWith(HTTP_ONLY))) continue;
    yield { line, cookie: parseLine(raw, site) };
  }
}

function parseLine(raw: string, site: string): Cookie | Said {
  const isHttpOnly = raw.startsWith(HTTP_ONLY);
  const fields = (isHttpOnly ? raw.slice(HTTP_ONLY.length) : raw).split('\t');
  const [dotted, below, path, secure, expiry, name, value] = fields;
  if (
    dotted === undefined ||
    below === undefined ||
    path === undefined ||
    secure === undefined ||
    expiry === undefined ||
    name === undefined ||
    value === undefined ||
    fields.length !== 7
  ) {
    return say('COOKIE_FIELD_COUNT', { count: fields.length });
  }
  const domain = hostNameOf(dotted.replace(/^\./, ''));
  if (domain === null) return say('COOKIE_WITHOUT_HOST');
  if (!isBelowSite(domain, site)) return say('COOKIE_OF_OTHER_SITE', { domain, site });
  if (!isFlag(below)) return say('COOKIE_SECOND_FIELD');
  if (!path.startsWith('/') || !isPlain(path)) return say('COOKIE_THIRD_FIELD');
  if (!isFlag(secure)) return say('COOKIE_FOURTH_FIELD');
  if (!/^(-?\d{1,20}(\.\d{1,20})?)?$/.test(expiry)) {
    return say('COOKIE_FIFTH_FIELD');
  }
  if (name === '' && value === '') return say('COOKIE_IS_EMPTY');
  if (!isPlain(name) || /[=;]/.test(name)) return say('COOKIE_NAME');
  if (!isPlain(value) || value.includes(';')) {
    return say('COOKIE_VALUE');
  }
  if (name.length + value.length > MAX_PAIR_CHARACTERS) {
    return say('COOKIE_TOO_LONG', { limit: MAX_PAIR_CHARACTERS });
  }
  const expiresAt = Math.floor(Number(expiry));
  return {
    domain,
    isForSubdomains: !isAddress(domain) && (dotted.startsWith('.') || isTrue(below)),
    path,
    isSecure: isTrue(secure),
    isHttpOnly,
    expiresAt: expiresAt > 0 ? Math.min(expiresAt, LAST_SECOND) : null,
    name,
    value,
  };
}

function isFlag(text: string): boolean {
  return /^(TRUE|FALSE)$/i.test(text);
}

function isTrue(text: string): boolean {
  return /^TRUE$/i.test(text);
}

/** Printable ASCII: a header cannot carry more without a rule about its encoding. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function refuse(line: number, said: Said): CookieVerdict {
  return { ok: false, line, said };
}
