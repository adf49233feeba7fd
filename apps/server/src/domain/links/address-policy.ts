import { BlockList, isIP } from 'node:net';

export interface AddressBlocks {
  /** In CIDR notation. An address must lie in one of these… */
  readonly allowed: readonly string[];
  /** …and in none of these. */
  readonly blocked: readonly string[];
}

/** The content of `engine/addresses.json`, the one table that the job process and the server both read. */
export interface AddressTable {
  readonly ipv4: AddressBlocks;
  readonly ipv6: AddressBlocks;
}

export type IsPublicAddress = (address: string) => boolean;

/**
 * Judges numeric addresses: true only for what the table calls globally reachable unicast. Everything that is not
 * a strict numeric address is false: names, brackets, zones, decimal, octal and hexadecimal spellings, and IPv6
 * that carries an IPv4 address inside (mapped, 6to4, NAT64, Teredo).
 *
 * @throws when the table holds something that is not a network.
 */
export function createAddressPolicy(table: AddressTable): IsPublicAddress {
  const ipv4 = createFamilyPolicy(table.ipv4, 'ipv4');
  const ipv6 = createFamilyPolicy(table.ipv6, 'ipv6');
  return (address) => {
    // Node takes `fe80::1%eth0` for an address; a zone only means something on a local link.
    if (address.includes('%')) return false;
    const family = isIP(address);
    return (family === 4 && ipv4(address)) || (family === 6 && ipv6(address));
  };
}

/** One list a family: a BlockList judges a v4-mapped address by its IPv4 networks, and those begin with "all". */
function createFamilyPolicy(blocks: AddressBlocks, family: 'ipv4' | 'ipv6'): IsPublicAddress {
  const allowed = createBlockList(blocks.allowed, family);
  const blocked = createBlockList(blocks.blocked, family);
  return (address) => allowed.check(address, family) && !blocked.check(address, family);
}

function createBlockList(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    if (!/^\d{1,3}$/.test(prefix)) throw new Error(`Not a network in CIDR notation: ${network}`);
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** `host:port` as `EGRESS_ALLOW` writes it: lower case, no final dot, IPv6 in brackets. */
export function hostAndPort(hostname: string, port: number): string {
  const name = hostname.toLowerCase().replace(/\.+$/, '');
  return `${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}

/** Also the unspecified address, which connects to loopback, and IPv4 loopback inside IPv6. Canonical spelling. */
export function isLoopbackAddress(address: string): boolean {
  return /^(127\.|0\.0\.0\.0$|::$|::1$|::ffff:7f[0-9a-f]{2}:|::ffff:127\.|::ffff:0:0$)/.test(
    address,
  );
}
