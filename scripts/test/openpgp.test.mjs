import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dearmor, fingerprintOf } from '../openpgp.mjs';

const fixtures = join(import.meta.dirname, 'fixtures/release');

// The fingerprints are those that gpg shows for the two files.
test.each([
  ['an RSA key', 'public.key', '5A7CA852208F6A90C4A120E99E2DE2E159942965'],
  ['an Ed25519 key', 'foreign.key', 'EEDFD267813D5825A87BD0030E8D27B03288A7B9'],
])('computes the fingerprint of %s as gpg does', async (_kind, file, fingerprint) => {
  const armored = await readFile(join(fixtures, file), 'latin1');
  expect(fingerprintOf(dearmor(armored))).toBe(fingerprint);
});

test('refuses what is not a public key', async () => {
  const signature = await readFile(join(fixtures, 'SHA2-256SUMS.sig'));
  expect(() => fingerprintOf(signature)).toThrow('not a version 4 public key');
  expect(() => fingerprintOf(Buffer.from('<html>'))).toThrow('not an OpenPGP packet');
  expect(() => dearmor('<html>')).toThrow('no public key block');
});
