import { createHash } from 'node:crypto';

const publicKeyTag = 6;

/**
 * The binary form of an armored public key (RFC 9580, section 6).
 * @param {string} armored
 * @returns {Buffer}
 */
export function dearmor(armored) {
  const block =
    /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/.exec(
      armored,
    )?.[1];
  if (block === undefined) throw new Error('There is no public key block.');
  const lines = block.split(/\r?\n/);
  // Headers end at the first empty line; a line that starts with `=` is a checksum.
  const body = lines.slice(lines.indexOf('') + 1).filter((line) => !line.startsWith('='));
  return Buffer.from(body.join(''), 'base64');
}

/**
 * The fingerprint of the version 4 key that a binary key file starts with, in capital hexadecimal digits.
 * @param {Buffer} key
 * @returns {string}
 */
export function fingerprintOf(key) {
  const { tag, start, end } = firstPacket(key);
  const packet = key.subarray(start, end);
  if (tag !== publicKeyTag || packet[0] !== 4 || packet.length !== end - start) {
    throw new Error('This is not a version 4 public key.');
  }
  const prefix = Buffer.from([0x99, packet.length >> 8, packet.length & 0xff]);
  return createHash('sha1').update(prefix).update(packet).digest('hex').toUpperCase();
}

/** @param {Buffer} bytes */
function firstPacket(bytes) {
  const first = bytes.readUInt8(0);
  if ((first & 0x80) === 0) throw new Error('This is not an OpenPGP packet.');
  if ((first & 0x40) === 0) {
    // Old format: the length of the length is in the first byte.
    const size = [1, 2, 4][first & 0x03];
    if (size === undefined) throw new Error('A key of unknown length is not accepted.');
    return at((first >> 2) & 0x0f, 1 + size, bytes.readUIntBE(1, size));
  }
  const length = bytes.readUInt8(1);
  if (length < 192) return at(first & 0x3f, 2, length);
  if (length < 224) return at(first & 0x3f, 3, ((length - 192) << 8) + bytes.readUInt8(2) + 192);
  if (length === 255) return at(first & 0x3f, 6, bytes.readUInt32BE(2));
  throw new Error('A key in parts is not accepted.');

  function at(/** @type {number} */ tag, /** @type {number} */ start, /** @type {number} */ size) {
    return { tag, start, end: start + size };
  }
}
