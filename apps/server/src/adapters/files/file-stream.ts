import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** Smaller blocks cost more calls: on loopback 256 KiB take a third longer. */
const BLOCK_BYTES = 1024 * 1024;
/** One is on its way to the socket, one waits, one is filled. */
const BLOCKS = 3;

/**
 * The bytes from `start` to `end`, both included; closes the handle at its end or when it is destroyed. For `pipe` to
 * a socket alone: a block is used again once the one after it was taken, which waits for the socket. A new block each
 * time, as `createReadStream` makes, costs a third more: the system clears its pages first.
 */
export function createFileStream(handle: FileHandle, start: number, end: number): Readable {
  const blocks: Buffer[] = [];
  let turn = 0;
  let position = start;

  async function next(): Promise<Buffer | null> {
    const wanted = Math.min(BLOCK_BYTES, end + 1 - position);
    if (wanted <= 0) return null;
    const block = (blocks[turn] ??= Buffer.allocUnsafeSlow(wanted));
    turn = (turn + 1) % BLOCKS;
    const { bytesRead } = await handle.read(block, 0, Math.min(wanted, block.length), position);
    position += bytesRead;
    // The file has become shorter: the answer ends early, which its length tells the client.
    return bytesRead === 0 ? null : block.subarray(0, bytesRead);
  }

  return new Readable({
    highWaterMark: BLOCK_BYTES,
    read() {
      next().then(
        (bytes) => this.push(bytes),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      handle.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
}
