import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request as the origin saw it. Filled while the answer runs; `ended` says how it went. */
export type LoggedRequest = {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly range: string | null;
  readonly headers: IncomingHttpHeaders;
  status: number;
  /** Bytes of body handed to the socket, without headers and chunk framing. */
  bodyBytes: number;
  ended: 'open' | 'sent' | 'cut';
};

export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  /** `http://127.0.0.1:port`, without a final slash. */
  readonly origin: string;
  readonly mediaFolder: string;
  /** How many requests came with this name so far; starts at 1 with this one. */
  count(name: string): number;
  isCounted(name: string): boolean;
  isAtFullSpeed(): boolean;
  /** Milliseconds since the first time this was asked with this name: 0 then. */
  age(name: string): number;
};

export type Route = {
  /** Exact, or a prefix when it ends in `*`. */
  readonly path: string;
  readonly about: string;
  answer(exchange: Exchange): void | Promise<void>;
};

export type Body = { readonly length: number; read(start: number, end: number): Iterable<Buffer> };

export function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  return text === null ? fallback : Number(text);
}

export function bufferBody(buffer: Buffer): Body {
  return {
    length: buffer.length,
    *read(start, end) {
      const step = 64 * 1024;
      for (let at = start; at < end; at += step)
        yield buffer.subarray(at, Math.min(at + step, end));
    },
  };
}

const cache = new Map<string, Promise<Buffer>>();

export function readMedia(exchange: Exchange, name: string): Promise<Buffer> {
  const file = path.join(exchange.mediaFolder, name);
  let content = cache.get(file);
  if (content === undefined) {
    content = readFile(file);
    cache.set(file, content);
  }
  return content;
}

/** Writes with back-pressure and stops when the client has gone. Does not end the response. */
export async function writeChunks(
  { response, isAtFullSpeed }: Exchange,
  chunks: Iterable<Buffer>,
  kibPerSecond = 0,
): Promise<void> {
  // At most an eighth of a second's worth.
  for (const chunk of kibPerSecond > 0 ? slices(chunks, kibPerSecond * 128) : chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
    if (kibPerSecond > 0 && !isAtFullSpeed()) await sleep(chunk.length / 1.024 / kibPerSecond);
  }
}

function* slices(chunks: Iterable<Buffer>, size: number): Iterable<Buffer> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}

export function sendText(
  { response }: Exchange,
  text: string,
  type = 'text/html; charset=utf-8',
  status = 200,
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

export type Entity = {
  readonly body: Body;
  readonly type: string;
  readonly etag: string;
  /** `honour` is right; the others are the ways in which origins get it wrong. */
  readonly ranges?: 'honour' | 'ignore' | 'wrong' | 'garbage' | 'refuse';
  /** Close the connection after so many bytes of an answer; the length still promises all. */
  readonly cut?: number;
  readonly kibPerSecond?: number;
};

const lastModified = new Date('2026-01-02T03:04:05Z').toUTCString();

/** A whole or partial answer as a good origin gives it, with the faults that the entity asks for. */
export async function sendEntity(exchange: Exchange, entity: Entity): Promise<void> {
  const { request, response } = exchange;
  const { body, ranges = 'honour', cut = Infinity } = entity;
  const wanted = ranges === 'ignore' ? null : parseRange(request.headers.range, body.length);
  const ifRange = request.headers['if-range'];
  const isPartial = wanted !== null && (ifRange === undefined || ifRange === entity.etag);

  if (isPartial && (wanted.start >= body.length || (ranges === 'refuse' && wanted.start > 0))) {
    response.writeHead(416, { 'Content-Range': `bytes */${body.length}`, 'Content-Length': 0 });
    response.end();
    return;
  }
  const { start, end } = isPartial && ranges !== 'wrong' ? wanted : { start: 0, end: body.length };
  response.writeHead(isPartial ? 206 : 200, {
    'Content-Type': entity.type,
    'Content-Length': end - start,
    ETag: entity.etag,
    'Last-Modified': lastModified,
    'Accept-Ranges': ranges === 'ignore' ? 'none' : 'bytes',
    ...(isPartial && {
      'Content-Range':
        ranges === 'garbage' ? 'bytes garbage' : `bytes ${start}-${end - 1}/${body.length}`,
    }),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stop = Math.min(end, start + cut);
  await writeChunks(exchange, body.read(start, stop), entity.kibPerSecond);
  if (stop < end) cutConnection(exchange);
  else response.end();
}

/** Ends the connection with what was written, so that the client sees an end and not a reset. */
export function cutConnection({ response }: Exchange): void {
  response.flushHeaders();
  response.socket?.end();
}

function parseRange(header: string | undefined, length: number) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return null;
  const end = match[2] === '' ? length : Math.min(Number(match[2]) + 1, length);
  return { start: Number(match[1]), end };
}
