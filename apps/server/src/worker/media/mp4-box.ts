export interface BoxHead {
  readonly name: string;
  readonly headBytes: number;
  /** Length of the whole box. */
  readonly length: number;
}

/**
 * Reads the first 8 or 16 bytes of a box. `left`: bytes from the beginning of the box to the end of the data.
 * @throws {RangeError} when there are fewer bytes
 */
export function boxHead(bytes: Buffer, left: number): BoxHead {
  const name = bytes.toString('latin1', 4, 8);
  const short = bytes.readUInt32BE(0);
  if (short === 0) return { name, headBytes: 8, length: left };
  if (short !== 1) return { name, headBytes: 8, length: short };
  return { name, headBytes: 16, length: Number(bytes.readBigUInt64BE(8)) };
}

/** The boxes inside one. @throws {RangeError} when one of them reaches beyond it */
export function* boxesIn(buffer: Buffer): Generator<{ name: string; content: Buffer }> {
  for (let at = 0; at < buffer.length;) {
    const { name, headBytes, length } = boxHead(buffer.subarray(at), buffer.length - at);
    if (length < headBytes || at + length > buffer.length) throw new RangeError(name);
    yield { name, content: buffer.subarray(at + headBytes, at + length) };
    at += length;
  }
}
