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
  /** `line` counts from 1; `reason` is one sentence for people and holds nothing secret. */
  | { readonly ok: false; readonly line: number; readonly reason: string };

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
    return refuse(1, 'This is JSON; export the cookies in the Netscape format (cookies.txt).');
  }
  const cookies = new Map<string, Cookie>();
  for (const { line, cookie } of parsedLines(text, site)) {
    if (typeof cookie === 'string') return refuse(line, cookie);
    cookies.set(cookieKey(cookie), cookie);
  }
  if (cookies.size === 0) return refuse(1, 'There is no cookie in this text.');
  return { ok: true, cookies: [...cookies.values()] };
}

/** The cookies of the site in a text of yt-dlp, which holds those of other sites as well. */
export function cookiesOfSite(text: string, site: string): readonly Cookie[] {
  return [...parsedLines(text, site)].flatMap(({ cookie }) =>
    typeof cookie === 'string' ? [] : [cookie],
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
): Generator<{ readonly line: number; readonly cookie: Cookie | string }> {
  let line = 0;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    line += 1;
    if (raw.trim() === '' || (raw.startsWith('#') && !raw.startsWith(HTTP_ONLY))) continue;
    yield { line, cookie: parseLine(raw, site) };
  }
}

function parseLine(raw: string, site: string): Cookie | string {
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
    return `A line has seven fields with tabs between them; this one has ${fields.length}.`;
  }
  const domain = hostNameOf(dotted.replace(/^\./, ''));
  if (domain === null) return 'The first field is not the host name of a site.';
  if (!isBelowSite(domain, site)) return `This cookie is of ${domain} and not of ${site}.`;
  if (!isFlag(below)) return 'The second field must be TRUE or FALSE.';
  if (!path.startsWith('/') || !isPlain(path)) return 'The third field is not a path.';
  if (!isFlag(secure)) return 'The fourth field must be TRUE or FALSE.';
  if (!/^(-?\d{1,20}(\.\d{1,20})?)?$/.test(expiry)) {
    return 'The fifth field, when the cookie expires, is not a Unix time.';
  }
  if (name === '' && value === '') return 'The cookie has neither a name nor a value.';
  if (!isPlain(name) || /[=;]/.test(name)) return 'The name has a character that cannot be sent.';
  if (!isPlain(value) || value.includes(';')) {
    return 'The value has a character that cannot be sent.';
  }
  if (name.length + value.length > MAX_PAIR_CHARACTERS) {
    return `The cookie is longer than ${MAX_PAIR_CHARACTERS} characters.`;
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

function refuse(line: number, reason: string): CookieVerdict {
  return { ok: false, line, reason };
}
