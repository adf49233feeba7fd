import { LIMITS, parseUrl, say, type Said } from '@artemis/contracts';
import { isIP } from 'node:net';
import { hostAndPort, isLoopbackAddress, type IsPublicAddress } from './address-policy.ts';

export interface UrlPolicyOptions {
  readonly isPublicAddress: IsPublicAddress;
  /** Exact `host:port` exceptions from the rule about addresses, lower case. */
  readonly egressAllow: readonly string[];
  /** Ports that this server listens on: refused on every loopback name, exceptions or not. */
  readonly ownPorts: readonly number[];
}

export type UrlVerdict =
  /** `url` is canonical: the same verdict and the same `url` come out when it goes in. */
  | { readonly ok: true; readonly url: string }
  /** One sentence for people. */
  | { readonly ok: false; readonly reason: string; readonly said?: Said };

/** Judges a link that somebody has submitted. */
export type CheckUrl = (raw: string) => UrlVerdict;

/** Why a proxy cannot be used, as a sentence without its subject; null when it can, as far as that needs no look-up. */
export type CheckProxy = (address: string) => string | Said | null;

export interface LinkRules {
  readonly checkUrl: CheckUrl;
  readonly checkProxy: CheckProxy;
}

export function createLinkRules(options: UrlPolicyOptions): LinkRules {
  return {
    checkUrl: (raw) => checkSubmittedUrl(raw, options),
    checkProxy: (address) => proxyProblem(address, options),
  };
}

/** yt-dlp reads instructions of its own, such as headers, out of a fragment with this name. */
const SMUGGLE_MARK = '__youtubedl_smuggle';

const CONTROL_CHARACTERS = /\p{Cc}/u;

/** White space, BOM, and what has no width: they come along when a link is copied out of a page or a document. */
const AROUND = /[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/;

/**
 * Judges what needs no look-up. A name that passes may still resolve to a private address: that is judged when
 * the job connects. Never throws.
 */
export function checkSubmittedUrl(submitted: string, options: UrlPolicyOptions): UrlVerdict {
  const raw = withoutSurroundings(submitted);
  if (raw.length > LIMITS.urlCharacters) return tooLong;
  if (CONTROL_CHARACTERS.test(raw)) return refuse(say('LINK_HAS_CONTROL_CHARACTERS'));
  const url = parseUrl(raw);
  if (url === null) return refuse(say('LINK_IS_NONE'));

  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refuse(say('LINK_HAS_OTHER_SCHEME'));
  }
  if (url.username !== '' || url.password !== '') {
    return refuse(say('LINK_HAS_PASSWORD'));
  }
  if (fullyDecoded(raw).includes(SMUGGLE_MARK)) {
    return refuse(say('LINK_HAS_INSTRUCTIONS'));
  }
  // Escaping can make it three times as long.
  if (url.href.length > LIMITS.urlCharacters) return tooLong;

  const host = url.hostname.replace(/\.+$/, '');
  const reason = hostRefusal(host, portOf(url), options);
  return reason === null ? { ok: true, url: url.href } : refuse(reason);
}

/**
 * Why a proxy cannot be used, as a sentence without its subject; null when it can, as far as that needs no look-up. Its
 * scheme is checked before.
 */
export function proxyProblem(raw: string, options: UrlPolicyOptions): Said | null {
  // Only hosts of http are brought into their canonical form.
  const address = raw.replace(/^\w+:/, 'http:');
  const url = parseUrl(address);
  if (url === null) return say('PROXY_IS_NO_ADDRESS');
  const port = url.port === '' ? DEFAULT_PROXY_PORTS[new URL(raw).protocol] : Number(url.port);
  const host = url.hostname.replace(/\.+$/, '');
  return hostRefusal(host, port ?? 80, options) === null ? null : say('PROXY_IS_PRIVATE');
}

const DEFAULT_PROXY_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
};

function hostRefusal(host: string, port: number, options: UrlPolicyOptions): Said | null {
  const { isPublicAddress, egressAllow, ownPorts } = options;
  // The parser has already turned 2130706433, 0x7f.1 and 0177.0.0.1 into 127.0.0.1.
  const address = host.startsWith('[') ? host.slice(1, -1) : host;
  const isAddress = isIP(address) !== 0;
  const isLocalName = host === 'localhost' || host.endsWith('.localhost');

  if (host === '' || host.includes('..')) return say('LINK_HAS_NO_HOST');
  if (ownPorts.includes(port) && (isLocalName || (isAddress && isLoopbackAddress(address)))) {
    return say('LINK_TO_THIS_SERVER');
  }
  if (egressAllow.includes(hostAndPort(address, port))) return null;
  if (isLocalName) return say('LINK_TO_THIS_COMPUTER');
  if (isAddress && !isPublicAddress(address)) {
    return say('LINK_TO_PRIVATE_ADDRESS');
  }
  return null;
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** By hand: a pattern for the end would look from every blank within again. */
function withoutSurroundings(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && AROUND.test(text.charAt(start))) start += 1;
  while (start < end && AROUND.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Percent-decoded until nothing changes, byte by byte: unlike `decodeURIComponent` it takes any input. */
function fullyDecoded(text: string): string {
  let decoded = text;
  for (;;) {
    const next = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === decoded) return decoded;
    decoded = next;
  }
}

const tooLong = refuse(say('LINK_TOO_LONG', { limit: LIMITS.urlCharacters }));

function refuse(said: Said): UrlVerdict & { ok: false } {
  return { ok: false, reason: said.message, said };
}
