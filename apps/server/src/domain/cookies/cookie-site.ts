import { LIMITS, parseUrl } from '@artemis/contracts';
import { getDomain } from 'tldts';

/** Hosts whose pages yt-dlp reads at another site of the same owner: a short link has no sign-in of its own. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'youtu.be': 'youtube.com',
  'youtube-nocookie.com': 'youtube.com',
  'twitter.com': 'x.com',
  'fb.watch': 'facebook.com',
  'dai.ly': 'dailymotion.com',
  'b23.tv': 'bilibili.com',
  'redd.it': 'reddit.com',
};

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})+$`);
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
/** The public suffix list, also its private part: below `github.io` every name is of somebody else, as below `co.uk`. */
const BY_OWNER = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };

/** A host name in the one form that is compared and stored: lower case, ASCII, no final dot. Null for anything else. */
export function hostNameOf(raw: string): string | null {
  // What the parser of URLs would read as something else than a name, or silently leave out.
  if (raw.length === 0 || /[\s/\\?#@:%[\]\p{Cc}]/u.test(raw)) return null;
  const hostname = parseUrl(`http://${raw}`)?.hostname ?? '';
  return HOST_NAME.test(hostname) ? hostname : null;
}

/** The site that a person names; null when that is no host name, or one that many sites share. */
export function siteOf(raw: string): string | null {
  const site = hostNameOf(raw);
  if (site === null || site.length > LIMITS.siteCharacters) return null;
  return isAddress(site) || getDomain(site, BY_OWNER) !== null ? site : null;
}

/** Both in the form of `hostNameOf`. An address has nothing below it. */
export function isBelowSite(host: string, site: string): boolean {
  return host === site || (!ADDRESS.test(site) && host.endsWith(`.${site}`));
}

export function isAddress(host: string): boolean {
  return ADDRESS.test(host);
}

/** The hosts whose cookies are of use for a link, the host of the link first. */
export function hostsOfLink(url: string): readonly string[] {
  const host = hostNameOf(new URL(url).hostname.replace(/\.+$/, ''));
  if (host === null) return [];
  const other = Object.entries(OTHER_NAMES).find(([name]) => isBelowSite(host, name))?.[1];
  return other === undefined ? [host] : [host, other];
}

/** The site of a link as a person would name it: hosts of one owner's domain together, an address by itself. */
export function siteOfLink(url: string): string {
  const { hostname } = new URL(url);
  const host = hostNameOf(hostname.replace(/\.+$/, ''));
  if (host === null || isAddress(host)) return hostname;
  const other = Object.entries(OTHER_NAMES).find(([name]) => isBelowSite(host, name))?.[1];
  const name = other ?? host;
  return getDomain(name, BY_OWNER) ?? name;
}
