import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { RequestError } from '../../domain/errors.ts';
import type { EventFeed, SentEvent } from '../../domain/event-feed.ts';
import { addRoute } from '../route.ts';

/** A watcher with more than this unsent misses events and is told to read again. */
const MOST_UNSENT_BYTES = 512 * 1024;
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2000;

/** Server-sent events. The connection is the watcher's to close. */
export function eventRoutes(app: FastifyInstance, { feed }: { readonly feed: EventFeed }): void {
  const open = new Set<ServerResponse>();
  app.addHook('preClose', (done) => {
    for (const response of open) response.end();
    done();
  });

  addRoute(app, 'events', (request, reply) => {
    const accept = request.headers.accept ?? '*/*';
    if (!/text\/event-stream|text\/\*|\*\/\*/.test(accept)) {
      throw new RequestError('NOT_ACCEPTABLE', 'Events are sent as text/event-stream only.');
    }
    const lastId = request.headers['last-event-id'];
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') return raw.end();
    raw.write(`retry: ${RECONNECT_MS}\n\n`);
    let isBehind = false;
    const unwatch = feed.watch(typeof lastId === 'string' ? lastId : null, (event) => {
      if (!isBehind && raw.writableLength < MOST_UNSENT_BYTES) return void raw.write(frame(event));
      isBehind = true;
    });
    raw.on('drain', () => {
      if (!isBehind) return;
      isBehind = false;
      raw.write(frame(feed.reset()));
    });
    const heartbeat = setInterval(() => !isBehind && raw.write(': still here\n\n'), HEARTBEAT_MS);
    open.add(raw);
    raw.on('close', () => {
      open.delete(raw);
      clearInterval(heartbeat);
      unwatch();
    });
    return reply;
  });
}

function frame({ id, name, json }: SentEvent): string {
  return `id: ${id}\nevent: ${name}\ndata: ${json}\n\n`;
}
