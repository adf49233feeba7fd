import { parseUrl } from '@artemis/contracts';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  hostAndPort,
  isLoopbackAddress,
  type IsPublicAddress,
} from '../../domain/links/address-policy.ts';

export type EgressTarget =
  /** Every address the name has, all judged: connect to one of these and look nothing up again. */
  | { readonly kind: 'open'; readonly addresses: readonly [string, ...string[]] }
  /** `address` is the first one that may not be reached. */
  | { readonly kind: 'refused'; readonly address: string }
  | { readonly kind: 'unresolved' };

export interface EgressTargetOptions {
  readonly isPublicAddress: IsPublicAddress;
  /** Exact `host:port`, lower case. */
  readonly egressAllow: readonly string[];
  /** All addresses of a name, numeric, in the order to try them; rejects when it has none. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** On loopback these are refused whatever is allowed. */
  readonly isOwnPort: (port: number) => boolean;
}

/** Resolves a host as a URL spells it (brackets, decimal, escapes) and judges everything it stands for. Never rejects. */
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

/** The target of a CONNECT is not parsed as a web address, so `2130706433` and `loc%61lhost` arrive as they are. */
function canonicalHost(hostname: string): string | null {
  return parseUrl(`http://${hostname}`)?.hostname.replace(/^\[|\]$|\.+$/g, '') ?? null;
}
