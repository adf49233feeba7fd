import type { ServerResponse } from 'node:http';
import type { StreamHeaders } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { RequestError } from '../../domain/errors.ts';
import type { EventFeed, SentEvent } from '../../domain/event-feed.ts';
import { networkOf } from '../plugins/rate-limit.ts';
import { addRoute } from '../route.ts';

/** A watcher that has more than this unsent misses events and is told to read the lists again. */
const MOST_UNSENT_BYTES = 512 * 1024;
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2000;
/** A browser opens one stream per tab, at most six; all streams of one address count together. */
const MOST_STREAMS_OF_ONE = 32;
const MOST_STREAMS = 256;
const TRY_AGAIN_SECONDS = 15;

const STREAM_HEADERS: StreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** Server-sent events. The watcher closes the connection. */
export function eventRoutes(app: FastifyInstance, { feed }: { readonly feed: EventFeed }): void {
  const open = new Set<ServerResponse>();
  const byAddress = new Map<string, number>();

  function requireCapacity(address: string): void {
    if (open.size < MOST_STREAMS && (byAddress.get(address) ?? 0) < MOST_STREAMS_OF_ONE) return;
    throw new RequestError(
      'RATE_LIMITED',
      `Too many event streams are open: at most ${MOST_STREAMS_OF_ONE} for one address, ${MOST_STREAMS} in all. Close one.`,
      { retryAfterSeconds: TRY_AGAIN_SECONDS },
    );
  }

  function count(address: string, change: 1 | -1): void {
    const next = (byAddress.get(address) ?? 0) + change;
    if (next > 0) byAddress.set(address, next);
    else byAddress.delete(address);
  }

  app.addHook('preClose', (done) => {
    for (const response of open) response.end();
    done();
  });

  addRoute(app, 'events', (request, reply) => {
    const accept = request.headers.accept ?? '*/*';
    if (!/text\/event-stream|text\/\*|\*\/\*/.test(accept)) {
      throw new RequestError(
        'NOT_ACCEPTABLE',
        'Events are sent only as text/event-stream. Allow it in Accept.',
      );
    }
    const address = networkOf(request.ip);
    requireCapacity(address);
    const lastId = request.headers['last-event-id'];
    const sent = reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...STREAM_HEADERS });
    if (request.method === 'HEAD') {
      raw.end();
      return sent;
    }
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
    count(address, 1);
    raw.on('close', () => {
      open.delete(raw);
      count(address, -1);
      clearInterval(heartbeat);
      unwatch();
    });
    return sent;
  });
}

function frame({ id, name, json }: SentEvent): string {
  return `id: ${id}\nevent: ${name}\ndata: ${json}\n\n`;
}
