import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendText, type Exchange, type LoggedRequest, type Route } from './exchange.ts';
import { faultRoutes } from './fault-routes.ts';
import { hostileRoutes } from './hostile-routes.ts';
import { lineRoutes } from './line-routes.ts';
import { liveDashRoutes } from './live-dash-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { mediaRoutes } from './media-routes.ts';
import { ensureMedia } from './media.ts';
import { memberRoutes } from './member-routes.ts';
import { pageRoutes } from './page-routes.ts';
import { streamRoutes } from './stream-routes.ts';
import { twoFacedRoutes } from './two-faced-routes.ts';

export type { LoggedRequest } from './exchange.ts';

/** Every path of the origin with one line about it: `serve.ts` prints it. */
export const routes: readonly Route[] = [
  ...mediaRoutes,
  ...pageRoutes,
  ...memberRoutes,
  ...streamRoutes,
  ...liveDashRoutes,
  ...liveRoutes,
  ...twoFacedRoutes,
  ...faultRoutes,
  ...hostileRoutes,
  ...lineRoutes,
];

export type OriginOptions = {
  /** Default: any free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Held before every answer, as a far-away server would. */
  readonly latencyMs?: number;
};

export type Origin = {
  /** `http://127.0.0.1:port`, without a final slash. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** `host:port`, as `EGRESS_ALLOW` takes it. */
  readonly hostPort: string;
  /** In the order of arrival; grows and is filled while answers run. Clear it with `requests.length = 0`. */
  readonly requests: LoggedRequest[];
  /** TCP connections accepted since the start. */
  readonly connections: number;
  readonly mediaFolder: string;
  /** Asked before the routes; true: it has answered. Here a test holds requests, or answers them wrongly. */
  intercept: ((exchange: Exchange) => boolean | Promise<boolean>) | null;
  /** Once true, answers come as fast as they are read, whatever `kib_per_s` says; also those that have begun. */
  isAtFullSpeed: boolean;
  /** Drops every connection, whatever is on it, and frees the port. */
  close(): Promise<void>;
};

/** Starts an origin on loopback; the first start on a machine makes the media. The caller closes it. */
export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const { host = '127.0.0.1', latencyMs = 0 } = options;
  const mediaFolder = await ensureMedia();
  const requests: LoggedRequest[] = [];
  const counts = new Map<string, number>();
  const firstSeen = new Map<string, number>();
  let connections = 0;
  let origin = '';

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const log = createLog(request, url);
    requests.push(log);
    watch(response, log);
    if (latencyMs > 0) await sleep(latencyMs);

    const exchange = {
      request,
      response,
      path: url.pathname,
      query: url.searchParams,
      origin,
      mediaFolder,
      count(name: string) {
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        return count;
      },
      isCounted: (name: string) => counts.has(name),
      isAtFullSpeed: () => running.isAtFullSpeed,
      age(name: string) {
        const now = performance.now();
        const first = firstSeen.get(name) ?? now;
        firstSeen.set(name, first);
        return now - first;
      },
    };
    if ((await running.intercept?.(exchange)) === true) return;
    const route = findRoute(url.pathname);
    if (route === undefined) sendText(exchange, 'no such path\n', 'text/plain', 404);
    else await route.answer(exchange);
  }

  const server = http.createServer((request, response) => {
    handle(request, response).catch(() => {
      // A file that is not there, most likely: `/media/nothing.mp4`.
      if (!response.headersSent) response.writeHead(404, { 'Content-Length': 0 });
      response.end();
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const hostPort = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  origin = `http://${hostPort}`;

  const running: Origin = {
    url: origin,
    host,
    port,
    hostPort,
    requests,
    mediaFolder,
    intercept: null,
    isAtFullSpeed: false,
    get connections() {
      return connections;
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
  return running;
}

function findRoute(path: string): Route | undefined {
  return (
    routes.find((route) => route.path === path) ??
    routes.find((route) => route.path.endsWith('*') && path.startsWith(route.path.slice(0, -1)))
  );
}

function createLog(request: IncomingMessage, url: URL): LoggedRequest {
  return {
    at: Date.now(),
    method: request.method ?? '',
    path: url.pathname,
    query: url.search,
    range: request.headers.range ?? null,
    headers: request.headers,
    status: 0,
    bodyBytes: 0,
    ended: 'open',
  };
}

/** Counts the body where it is written: the socket's own count has headers and chunk framing in it. */
function watch(response: ServerResponse, log: LoggedRequest): void {
  const counted = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) {
      log.bodyBytes += Buffer.byteLength(chunk);
    }
  };
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  response.write = ((...args: Parameters<typeof write>) => {
    counted(args[0]);
    return write(...args);
  }) as typeof write;
  response.end = ((...args: Parameters<typeof end>) => {
    // Node's own `end` calls an inner write, not the one above.
    counted(args[0]);
    return end(...args);
  }) as typeof end;
  response.on('close', () => {
    log.status = response.headersSent ? response.statusCode : 0;
    log.ended = response.writableFinished ? 'sent' : 'cut';
  });
}
