import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { ffmpegPath } from '../origin/media.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A plain request in absolute form, as a client sends it to a proxy, without touching the spelling of the URL. */
export function getThrough(proxyUrl: string, target: string): Promise<Answer> {
  const proxy = new URL(proxyUrl);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: proxy.hostname,
        port: proxy.port,
        path: target,
        agent: false,
        headers: { Host: /^http:\/\/([^/]*)/.exec(target)?.[1] ?? '', ...authorization(proxy) },
      },
      (response) => {
        let body = '';
        response.setEncoding('latin1').on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    );
    request.on('error', reject).end();
  });
}

/** The answer to a CONNECT, and the socket: a tunnel when the status is 200. The caller destroys it. */
export async function connectThrough(proxyUrl: string, authority: string) {
  const proxy = new URL(proxyUrl);
  const socket = net.connect(Number(proxy.port), proxy.hostname);
  socket.on('error', () => undefined);
  const headers = Object.entries(authorization(proxy)).map(([name, value]) => `${name}: ${value}`);
  socket.write([`CONNECT ${authority} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'));
  const [head] = (await once(socket, 'data')) as [Buffer];
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head.toString('latin1'))?.[1]);
  return { status, socket };
}

function authorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const secret = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
  return { 'Proxy-Authorization': `Basic ${secret}` };
}

/** Reads a stream to its end and throws it away. Resolves with ffmpeg's exit code. */
export function playWithFfmpeg(url: string, proxyUrl: string): Promise<number> {
  return new Promise((resolve) => {
    const child = execFile(
      ffmpegPath,
      ['-v', 'error', '-nostdin', '-i', url, '-c', 'copy', '-f', 'null', '-'],
      { env: { PATH: process.env.PATH, http_proxy: proxyUrl }, timeout: 30_000 },
      () => resolve(child.exitCode ?? -1),
    );
  });
}

export interface SocksServer {
  readonly url: string;
  /** `host:port` of each CONNECT, as it was asked. */
  readonly targets: string[];
  close(): void;
}

/** The least of SOCKS5 (RFC 1928) that a proxy test needs: no authentication, CONNECT, IPv4 and names. */
export async function startSocksServer(): Promise<SocksServer> {
  const targets: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request: Buffer) => {
        const isName = request[3] === 3;
        const end = isName ? 5 + (request[4] ?? 0) : 8;
        const host = isName
          ? request.subarray(5, end).toString()
          : [...request.subarray(4, 8)].join('.');
        const port = request.readUInt16BE(end);
        targets.push(`${host}:${port}`);
        const target = net.connect(port, host, () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          client.pipe(target).pipe(client);
        });
        sockets.add(target);
        target.on('error', () => client.destroy());
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
