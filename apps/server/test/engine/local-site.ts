import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

export interface LocalSite {
  readonly port: number;
  readonly origin: string;
  /** `host:port` for an allow list. */
  readonly address: string;
  /** Requests so far, as `METHOD target`. */
  readonly requests: readonly string[];
  /** Cookie headers that came with them. */
  readonly cookies: readonly string[];
  close(): Promise<void>;
}

/** A site on 127.0.0.1 that serves a file, an endless one, redirects and playlists; as a proxy it serves the endless file. */
export async function startLocalSite(): Promise<LocalSite> {
  const requests: string[] = [];
  const cookies: string[] = [];
  const server = createServer((request, response) => {
    const target = request.url ?? '/';
    requests.push(`${request.method} ${target}`);
    if (request.headers.cookie !== undefined) cookies.push(request.headers.cookie);
    const url = new URL(target, 'http://127.0.0.1');
    const named = (name: string): string => url.searchParams.get(name) ?? '';
    switch (url.pathname) {
      case '/clip.mp4':
        return sendFile(response, Number(named('size') || 100_000), named('length') !== 'no');
      case '/large.html':
        response.setHeader('content-type', 'text/html');
        return void response.end(`<html>${' '.repeat(Number(named('size')))}`);
      case '/endless.mp4':
        return trickle(response);
      case '/redirect':
        return void response.writeHead(302, { location: named('to') }).end();
      case '/list.m3u8':
        return sendPlaylist(response, named('segment'), named('key'));
      case '/renew.mp4':
        response.setHeader('set-cookie', ['sid=renewed; Path=/', 'planted=1; Path=/']);
        return sendFile(response, 1000, true);
      case '/busy':
        return void response.writeHead(429, { 'retry-after': '7' }).end();
      default:
        return void response.writeHead(404).end();
    }
  });
  server.on('connect', ({ url: target }, socket) => {
    requests.push(`CONNECT ${target}`);
    socket.destroy();
  });
  const port = await listen(server, '127.0.0.1');
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    address: `127.0.0.1:${port}`,
    requests,
    cookies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendFile(response: ServerResponse, sizeBytes: number, isLengthKnown: boolean): void {
  response.setHeader('content-type', 'video/mp4');
  response.setHeader('etag', '"one"');
  if (isLengthKnown) response.setHeader('content-length', sizeBytes);
  response.end(Buffer.alloc(sizeBytes, 1));
}

function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'video/mp4' });
  const timer = setInterval(() => response.write(Buffer.alloc(2048, 1)), 50);
  response.on('close', () => clearInterval(timer));
}

function sendPlaylist(response: ServerResponse, segment: string, key: string): void {
  response.setHeader('content-type', 'application/vnd.apple.mpegurl');
  response.end(
    [
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      '#EXT-X-TARGETDURATION:2',
      ...(key === '' ? [] : [`#EXT-X-KEY:METHOD=AES-128,URI="${key}"`]),
      '#EXTINF:2,',
      segment,
      '#EXT-X-ENDLIST',
      '',
    ].join('\n'),
  );
}

export interface Canary {
  readonly port: number;
  connections(): number;
  close(): Promise<void>;
}

/** Counts who connects. It answers nothing. */
export async function startCanary(host: '127.0.0.1' | '::1'): Promise<Canary> {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.destroy();
  });
  const port = await listen(server, host);
  return {
    port,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listen(server: ReturnType<typeof createTcpServer>, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}
