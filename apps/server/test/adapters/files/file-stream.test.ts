import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileStream } from '../../../src/adapters/files/file-stream.ts';

const content = randomBytes(9_500_000);

describe('a stream of a file', () => {
  let folder: string;
  let path: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-stream-'));
    path = join(folder, 'content');
    await writeFile(path, content);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fetched(start: number, end: number, pauseMs: number): Promise<string> {
    const handle = await open(path);
    const server = http.createServer((_, response) => {
      createFileStream(handle, start, end).pipe(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(http.get({ port, agent: false }), 'response')) as [
      http.IncomingMessage,
    ];
    const hash = createHash('sha256');
    let count = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk);
      count += 1;
      if (pauseMs > 0 && count % 20 === 0) await sleep(pauseMs);
    }
    server.close();
    return hash.digest('hex');
  }

  const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  it.each([0, 3])('gives every byte once to a reader that pauses for %d ms', async (pauseMs) => {
    expect(await fetched(0, content.length - 1, pauseMs)).toBe(hashOf(content));
  });

  it('gives a range including its last byte', async () => {
    expect(await fetched(1_048_570, 5_000_001, 0)).toBe(
      hashOf(content.subarray(1_048_570, 5_000_002)),
    );
  });

  it('closes the file when the reader gives up', async () => {
    const handle = await open(path);
    const stream = createFileStream(handle, 0, content.length - 1);
    await once(stream, 'readable');
    stream.destroy();
    await once(stream, 'close');
    expect(handle.fd).toBe(-1);
  });
});
