import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { parseUrl } from '@artemis/contracts';
import { ConfigError } from './config-error.ts';
import { isLoopbackAddress } from './domain/links/address-policy.ts';

/** The settings that name hosts, as they are written. */
interface HostSettings {
  readonly HOST: string;
  readonly PORT: number;
  readonly ALLOWED_HOSTS: string;
  readonly CORS_ORIGINS: string;
  readonly TRUST_PROXY: string;
  readonly EGRESS_ALLOW: string;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** @throws {ConfigError} for a bad entry. */
export function allowedHostsOf(env: HostSettings): string[] {
  // Port 0 means any free port, so the entries are host names without a port.
  const withPort = (host: string) => (env.PORT === 0 ? host : `${host}:${env.PORT}`);
  const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);
  if (isIP(env.HOST) === 4 && isLoopback(env.HOST)) loopback.add(env.HOST);
  const own = [...loopback].map(withPort);
  const named = list(env.ALLOWED_HOSTS).map((entry) => checkedAllowedHost(entry));
  if (named.length > 0) return [...own, ...named];
  if (isLoopback(env.HOST)) return own;
  const addresses = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .map((entry) => (entry.family === 'IPv6' ? `[${entry.address}]` : entry.address));
  const name = hostname().toLowerCase();
  return [...own, ...[...addresses, name, `${name}.local`].map(withPort)];
}

/** @throws {ConfigError} for a bad entry. */
export function corsOriginsOf(env: HostSettings): string[] {
  return list(env.CORS_ORIGINS).map((origin) => checkedOrigin(origin));
}

/** @throws {ConfigError} for a bad entry. */
export function trustProxyOf(env: HostSettings): string[] {
  return list(env.TRUST_PROXY).map((address) => checkedProxyAddress(address));
}

/**
 * Leaves out this server itself: a site could use a download to make requests to it.
 * @throws {ConfigError} for a bad entry.
 */
export function egressAllowOf(env: HostSettings): string[] {
  const own = `:${env.PORT}`;
  return list(env.EGRESS_ALLOW)
    .map((entry) => checkedHostAndPort(entry))
    .filter((entry) => !entry.endsWith(own) || !leadsHere(entry.slice(0, -own.length)));
}

function leadsHere(host: string): boolean {
  return /(^|\.)localhost$/.test(host) || isLoopbackAddress(host.replace(/[[\]]/g, ''));
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
}

/** Normalized by the URL parser for comparisons: `[::1]` and not `[0:0:0:0:0:0:0:1]`. */
function hostAndPort(
  entry: string,
): { readonly host: string; readonly port: number | null } | null {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@*[\]\\]+)(?::(\d{1,5}))?$/.exec(entry);
  const url = parseUrl(`http://${match?.[1]}/`);
  if (!match || url === null) return null;
  const host = url.hostname.replace(/\.+$/, '');
  const port = match[2] === undefined ? null : Number(match[2]);
  return host === '' || port === 0 || (port ?? 1) > 65_535 ? null : { host, port };
}

function checkedHostAndPort(entry: string): string {
  const found = hostAndPort(entry);
  if (found === null || found.port === null) {
    throw new ConfigError(
      'EGRESS_ALLOW must be a comma list of exact host:port, such as nas.lan:8096.',
    );
  }
  return `${found.host}:${found.port}`;
}

function checkedAllowedHost(entry: string): string {
  const found = hostAndPort(entry);
  if (found === null) {
    throw new ConfigError(
      'ALLOWED_HOSTS must be a comma list of names, with or without a port, such as nas.lan:8500.',
    );
  }
  return found.port === null ? found.host : `${found.host}:${found.port}`;
}

function checkedOrigin(entry: string): string {
  const url = parseUrl(entry);
  if (!url || url.origin === 'null' || url.origin !== entry) {
    throw new ConfigError(
      'CORS_ORIGINS must be a comma list of origins, such as https://tools.example.',
    );
  }
  return entry;
}

function checkedProxyAddress(entry: string): string {
  // A hop count can be forged from outside (CVE-2026-16732), so only addresses and networks are accepted.
  const [address = '', bits, rest] = entry.split('/');
  const family = isIP(address);
  const isBitsValid =
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 6 ? 128 : 32));
  if (family === 0 || address.includes('%') || rest !== undefined || !isBitsValid) {
    throw new ConfigError(
      'TRUST_PROXY must be a comma list of addresses or networks of your proxies.',
    );
  }
  return entry;
}
