import { Readable } from 'node:stream';
import type { Bucket } from './bucket.ts';

/** In a row, without a byte between. */
const MOST_CUTS = 3;

/** Bytes from `start` to `end`, both included. What is cut off is asked for again from there, as long as more comes. */
export function createObjectStream(
  bucket: Bucket,
  key: string,
  etag: string,
  start: number,
  end: number,
): Readable {
  async function* read(): AsyncGenerator<Uint8Array> {
    let position = start;
    let cuts = 0;
    while (position <= end) {
      try {
        for await (const bytes of await bucket.get(key, etag, position, end)) {
          cuts = 0;
          position += bytes.length;
          yield bytes;
        }
        if (position <= end) throw new Error('the object ended early');
      } catch (error) {
        cuts += 1;
        if (cuts > MOST_CUTS) throw error;
      }
    }
  }

  return Readable.from(read(), { objectMode: false });
}
