import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContainerHead } from '../../../src/worker/media/container-head.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-heads-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function missingBytes(...content: readonly Buffer[]): Promise<number> {
  const path = join(folder, 'media');
  await writeFile(path, Buffer.concat(content));
  return (await readContainerHead(path)).missingBytes;
}

/** A page of Ogg with a piece of 200 bytes. */
function page(sequence: number, position: number, serial = 7): Buffer {
  const head = Buffer.alloc(28);
  head.write('OggS');
  head.writeBigInt64LE(BigInt(position), 6);
  head.writeUInt32LE(serial, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = 1;
  head[27] = 200;
  return Buffer.concat([head, Buffer.alloc(200, 1)]);
}

const HEADERS = [page(0, 0), page(1, 0)];

describe('an Ogg file', () => {
  it('tells by the head of its last page what is missing, also of that head', async () => {
    const sound = [page(2, 960), page(3, 1920)];
    expect(await missingBytes(...HEADERS, ...sound)).toBe(0);
    expect(await missingBytes(...HEADERS, ...sound, page(4, 2880).subarray(0, 128))).toBe(100);
    expect(await missingBytes(...HEADERS, ...sound, page(4, 2880).subarray(0, 20))).toBe(1);
  });

  it('is whole without a mark of its end, chained with another one, and with bytes behind it', async () => {
    const chained = [page(0, 0, 8), page(1, 960, 8)];
    expect(await missingBytes(...HEADERS, page(2, 960), ...chained)).toBe(0);
    expect(await missingBytes(...HEADERS, page(2, 960), Buffer.alloc(128))).toBe(0);
  });

  it('that was recorded from the middle of a broadcast may end in a page', async () => {
    const recorded = [page(900, 96_000), page(901, 96_960).subarray(0, 100)];
    expect(await missingBytes(...HEADERS, ...recorded)).toBe(0);
  });
});

describe('a file of Windows Media', () => {
  function header(dataBytes: number): Buffer {
    const bytes = Buffer.alloc(5000 + 50);
    bytes.write('3026b2758e66cf11a6d900aa0062ce6c', 'hex');
    bytes.writeBigUInt64LE(5000n, 16);
    bytes.write('3626b2758e66cf11a6d900aa0062ce6c', 5000, 'hex');
    bytes.writeBigUInt64LE(BigInt(dataBytes), 5016);
    return bytes;
  }

  it('tells by the size of its data what is missing', async () => {
    expect(await missingBytes(header(1050), Buffer.alloc(1000))).toBe(0);
    expect(await missingBytes(header(1050), Buffer.alloc(900))).toBe(100);
    expect(await missingBytes(header(1050), Buffer.alloc(1300))).toBe(0);
  });

  it('does not tell when it was written to a pipe', async () => {
    expect(await missingBytes(header(50), Buffer.alloc(100))).toBe(0);
    expect(await missingBytes(header(0), Buffer.alloc(100))).toBe(0);
  });
});
