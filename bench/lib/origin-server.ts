/**
 * The origin of the measurements, a process of its own: as little work a request as possible. A path is
 * `/<run>/<pace>/<file>`: `run` names who asks, `pace` is the latency of an answer in ms, or `trickle`.
 */
import { readFileSync, readdirSync } from 'node:fs';
import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { nowMs } from './clock.ts';

export interface Seen {
  readonly firstMs: number;
  readonly requests: number;
}

const TRICKLE_BYTES = 8 * 1024;
const TRICKLE_EVERY_MS = 250;
const BLOCK = Buffer.alloc(256 * 1024);
const types: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  m4s: 'video/iso.segment',
  ts: 'video/mp2t',
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
};

const mediaFolder = process.argv[2] ?? '';
const clip = readFileSync(join(mediaFolder, 'clip.mp4'));
const files = new Map<string, Buffer>();
for (const folder of ['hls', 'dash']) {
  for (const name of readdirSync(join(mediaFolder, folder))) {
    files.set(`${folder}/${name}`, readFileSync(join(mediaFolder, folder, name)));
  }
}
const seen = new Map<string, Seen>();

const server = http.createServer((request, response) => {
  const atMs = nowMs();
  const [, run = '', pace = '', ...rest] = (request.url ?? '').split('/');
  const before = seen.get(run);
  seen.set(run, { firstMs: before?.firstMs ?? atMs, requests: (before?.requests ?? 0) + 1 });
  const isTrickling = pace === 'trickle';
  const answer = () => send(response, rest.join('/'), isTrickling, request.headers.range);
  const delayMs = Number(pace) || 0;
  if (delayMs > 0) setTimeout(answer, delayMs);
  else answer();
});

function send(
  response: ServerResponse,
  file: string,
  isTrickling: boolean,
  range: string | undefined,
): void {
  const padded = /^(\d+)\.mp4$/.exec(file)?.[1];
  const front = padded === undefined ? files.get(file) : paddedFront(Number(padded));
  if (front === undefined) {
    response.writeHead(404, { 'content-length': 0 }).end();
    return;
  }
  const length = padded === undefined ? front.length : Math.max(Number(padded), front.length);
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-type': types[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'content-length': length - start,
    'accept-ranges': 'bytes',
    etag: `"${length}"`,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${length - 1}/${length}` } : {}),
  });
  if (isTrickling) trickle(response, length - start);
  else pour(response, front, start, length);
}

function pour(response: ServerResponse, front: Buffer, start: number, length: number): void {
  let at = start;
  const more = (): void => {
    while (at < length) {
      const chunk =
        at < front.length
          ? front.subarray(at)
          : BLOCK.subarray(0, Math.min(BLOCK.length, length - at));
      at += chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}

function trickle(response: ServerResponse, length: number): void {
  let left = length;
  const timer = setInterval(() => {
    const chunk = BLOCK.subarray(0, Math.min(TRICKLE_BYTES, left));
    left -= chunk.length;
    if (left === 0) response.end(chunk);
    else response.write(chunk);
  }, TRICKLE_EVERY_MS);
  response.on('close', () => clearInterval(timer));
}

/** The clip and the head of a `free` box, which players skip: followed by zeros it is a valid mp4 of any size. */
function paddedFront(size: number): Buffer {
  const header = Buffer.alloc(16);
  // Box size 1 says that a 64-bit size follows the name.
  header.writeUInt32BE(1, 0);
  header.write('free', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(Math.max(16, size - clip.length)), 8);
  return Buffer.concat([clip, header]);
}

server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('message', (run: string) => {
  process.send?.({ run, seen: seen.get(run) ?? null });
});
process.on('disconnect', () => process.exit());
