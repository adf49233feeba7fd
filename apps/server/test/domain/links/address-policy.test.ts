import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createAddressPolicy,
  hostAndPort,
  type AddressTable,
} from '../../../src/domain/links/address-policy.ts';

const table = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../engine/addresses.json'), 'utf8'),
) as AddressTable;
const isPublicAddress = createAddressPolicy(table);

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:800::200e',
  '3ffd:ffff::1',
  '3fff:1000::1',
];

const otherAddresses = [
  '0.0.0.0',
  '0.255.255.255',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.0',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.0',
  '172.31.255.255',
  '192.0.0.170',
  '192.0.2.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.88.99.1',
  '192.168.0.0',
  '192.168.255.255',
  '192.175.48.1',
  '198.18.0.0',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:0:8.8.8.8',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:1ff:ffff::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:808:808::',
  '2620:4f:8000::1',
  '3ffe::1',
  '3fff::1',
  '3fff:fff:ffff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
];

const notAddresses = [
  '',
  ' ',
  'localhost',
  'example.com',
  '8.8.8.8 ',
  ' 8.8.8.8',
  '8.8.8',
  '8.8.8.8.',
  '8.8.8.8.8',
  '08.8.8.8',
  '010.8.8.8',
  '0x8.8.8.8',
  '134744072',
  '0x08080808',
  '8.8.8.256',
  '８.８.８.８',
  '8.8.8.8/32',
  '8.8.8.8:80',
  '[2606:4700::1]',
  '2606:4700::1%eth0',
  '2606:4700::1%25eth0',
  '2606:4700::1::2',
  '2606:4700::10000',
  '8.8.8.8\u0000',
  '8.8.8.8\n',
];

describe('the address policy', () => {
  it.each(publicAddresses)('calls %s public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(otherAddresses)('calls %s not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(notAddresses)('does not accept %j as an address', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('allows nothing when its table is empty', () => {
    const none = { allowed: [], blocked: [] };
    const isPublic = createAddressPolicy({ ipv4: none, ipv6: none });
    expect(['8.8.8.8', '2606:4700::1'].filter(isPublic)).toEqual([]);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', 'ten/8', '10.0.0.0/-1'])(
    'refuses a table with %j',
    (network) => {
      const ipv4 = { allowed: ['0.0.0.0/0'], blocked: [network] };
      expect(() => createAddressPolicy({ ...table, ipv4 })).toThrow();
    },
  );
});

describe('host and port', () => {
  it('are written as EGRESS_ALLOW writes them', () => {
    expect(hostAndPort('NAS.lan.', 8096)).toBe('nas.lan:8096');
    expect(hostAndPort('::1', 80)).toBe('[::1]:80');
  });
});
