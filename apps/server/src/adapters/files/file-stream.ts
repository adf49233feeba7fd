import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** Smaller blocks need more calls: on loopback, blocks of 256 KiB take a third longer. */
const BLOCK_BYTES = 1024 * 1024;
/** One block is being sent, one waits, one is being filled. */
const BLOCKS = 3;

/**
 * Streams the bytes from `start` to `end`, both included; closes the handle at the end or when destroyed. Use it only with
 * `pipe` to a socket: a block is reused as soon as the next block was taken, which waits for the socket. A new block each time,
 * as in `createReadStream`, takes a third longer, because the system clears its pages first.
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
    // The file has become shorter: the response ends early, which the client sees by its length.
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
