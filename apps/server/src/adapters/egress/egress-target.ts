import { parseUrl } from '@artemis/contracts';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  hostAndPort,
  isLoopbackAddress,
  type IsPublicAddress,
} from '../../domain/links/address-policy.ts';

export type EgressTarget =
  /** All addresses of the name, all judged. Connect to one of these and do not resolve the name again. */
  | { readonly kind: 'open'; readonly addresses: readonly [string, ...string[]] }
  /** `address` is the first refused address. */
  | { readonly kind: 'refused'; readonly address: string }
  | { readonly kind: 'unresolved' };

export interface EgressTargetOptions {
  readonly isPublicAddress: IsPublicAddress;
  /** Exact `host:port`, lower case. */
  readonly egressAllow: readonly string[];
  /** All numeric addresses of a name, in the order to try them; rejects when there are none. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** These ports are refused on loopback, whatever `egressAllow` says. */
  readonly isOwnPort: (port: number) => boolean;
}

/** Resolves a host in any URL spelling (brackets, decimal, escapes) and judges all its addresses. Never rejects. */
export function createEgressJudge(options: EgressTargetOptions) {
  const { isPublicAddress, egressAllow, resolve = resolveAll, isOwnPort } = options;

  function isOpen(name: string, address: string, port: number): boolean {
    if (isOwnPort(port) && isLoopbackAddress(address)) return false;
    return (
      isPublicAddress(address) ||
      egressAllow.includes(hostAndPort(name, port)) ||
      egressAllow.includes(hostAndPort(address, port))
    );
  }

  return async function judge(hostname: string, port: number): Promise<EgressTarget> {
    const name = canonicalHost(hostname);
    if (name === null) return { kind: 'refused', address: hostname };

    const found = isIP(name) === 0 ? await resolve(name).catch(() => []) : [name];
    const [first, ...others] = found;
    if (first === undefined) return { kind: 'unresolved' };
    const refused = found.find((address) => !isOpen(name, address, port));
    if (refused !== undefined) return { kind: 'refused', address: refused };
    return { kind: 'open', addresses: [first, ...others] };
  };
}

async function resolveAll(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
}

/** Normalizes a host: nothing has parsed the target of a CONNECT before, so it may be `2130706433` or `loc%61lhost`. */
function canonicalHost(hostname: string): string | null {
  return parseUrl(`http://${hostname}`)?.hostname.replace(/^\[|\]$|\.+$/g, '') ?? null;
}
