/** Cookies of a site out of a cookies file (Netscape format), and how many of other sites were in it. */
export interface SiteCookies {
  readonly content: string;
  readonly count: number;
  /** Cookies of other sites: they never leave the browser. */
  readonly others: number;
}

const HTTP_ONLY = '#HttpOnly_';

/** The domain of a line with a cookie; null for a comment or an empty line; `''` when it is neither. */
function domainOf(line: string): string | null {
  const cookie = line.startsWith(HTTP_ONLY) ? line.slice(HTTP_ONLY.length) : line;
  if (cookie.trim() === '' || cookie.startsWith('#')) return null;
  const [domain, ...rest] = cookie.split('\t');
  return rest.length >= 5 && domain ? domain.replace(/^\./, '').toLowerCase() : '';
}

function isBelow(host: string, site: string): boolean {
  return host === site || host.endsWith(`.${site}`);
}

/**
 * Lines that are no cookie stay in, and the others leave an empty line: the server names the first that it
 * cannot read by its number.
 */
export function cookiesOf(text: string, site: string): SiteCookies {
  let count = 0;
  let others = 0;
  const lines = text.split(/\r?\n/).map((line) => {
    const domain = domainOf(line);
    if (domain === null) return '';
    if (domain === '') return line;
    if (!isBelow(domain, site)) {
      others += 1;
      return '';
    }
    count += 1;
    return line;
  });
  return { content: lines.join('\n').trimEnd(), count, others };
}

/** The site of a link, as its cookies name it: sign-ins mostly hold for the whole of a site. */
export function siteIn(text: string, host: string): string {
  const above = text
    .split(/\r?\n/)
    .map((line) => domainOf(line) ?? '')
    .filter((domain) => domain !== '' && isBelow(host, domain));
  return above.reduce((best, domain) => (domain.length < best.length ? domain : best), host);
}

export function siteOfUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^(www|m|mobile)\./, '') : '';
}
