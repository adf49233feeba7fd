import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { Server as ProxyServer } from 'proxy-chain';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createEgressProxy,
  type EgressProxy,
  type EgressProxyOptions,
  type EgressRefusal,
} from '../../../src/adapters/egress/egress-proxy.ts';
import {
  createAddressPolicy,
  type AddressTable,
} from '../../../src/domain/links/address-policy.ts';
import { startCanary, type Canary } from '../../origin/canary.ts';
import { startOrigin, type Origin } from '../../origin/origin.ts';
import { connectThrough, getThrough, playWithFfmpeg, startSocksServer } from '../egress-clients.ts';

const isPublicAddress = createAddressPolicy(
  JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../../engine/addresses.json'), 'utf8'),
  ) as AddressTable,
);
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

let origin: Origin;
let canary: Canary;
let proxy: EgressProxy;
let refusals: EgressRefusal[];
const opened: EgressProxy[] = [];
const sockets: net.Socket[] = [];

async function startProxy(options: Partial<EgressProxyOptions> = {}): Promise<EgressProxy> {
  const egressAllow = [origin.hostPort];
  const created = createEgressProxy({ isPublicAddress, egressAllow, logger, ...options });
  await created.listen();
  opened.push(created);
  return created;
}

function issue(upstream?: string): string {
  const onRefused = (refusal: EgressRefusal) => refusals.push(refusal);
  return proxy.issue({ jobId: 'job-1', onRefused, ...(upstream !== undefined && { upstream }) })
    .url;
}

async function connectStatus(proxyUrl: string, authority: string): Promise<number> {
  const { status, socket } = await connectThrough(proxyUrl, authority);
  socket.destroy();
  return status;
}

beforeAll(async () => {
  origin = await startOrigin();
  canary = await startCanary();
}, 60_000);
beforeEach(async () => {
  refusals = [];
  origin.requests.length = 0;
  proxy = await startProxy();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const each of opened.splice(0)) await each.close();
});
afterAll(async () => {
  await origin.close();
  await canary.close();
});

describe('ffmpeg behind the proxy', () => {
  it('plays HLS from an allowed origin', async () => {
    expect(await playWithFfmpeg(`${origin.url}/media/hls/v360.m3u8`, issue())).toBe(0);
    expect(origin.requests.filter(({ path }) => path.endsWith('.ts'))).toHaveLength(4);
    expect(refusals).toEqual([]);
  });

  it.each(['segment', 'key', 'variant'])('cannot reach a private %s', async (part) => {
    // ffmpeg itself refuses a segment that is not named like one.
    const to = encodeURIComponent(`http://127.0.0.1:${canary.port}/secret.ts`);
    await playWithFfmpeg(`${origin.url}/hls/pointing.m3u8?part=${part}&to=${to}`, issue());
    expect(refusals[0]).toEqual({
      jobId: 'job-1',
      host: '127.0.0.1',
      address: '127.0.0.1',
      port: canary.port,
    });
    expect(canary.connections).toBe(0);
  });

  it('cannot reach a private address by a redirect', async () => {
    const to = encodeURIComponent(`http://[::1]:${canary.port}/secret.ts`);
    expect(await playWithFfmpeg(`${origin.url}/redirect?to=${to}`, issue())).not.toBe(0);
    expect(refusals.map(({ address }) => address)).toContain('::1');
    expect(canary.connections).toBe(0);
  });

  it('reaches nothing without a token', async () => {
    const withoutToken = issue().replace(/\/\/.*@/, '//');
    expect(await playWithFfmpeg(`${origin.url}/media/tiny.mp4`, withoutToken)).not.toBe(0);
    expect(origin.requests).toEqual([]);
  });
});

describe('a private address is refused however it is spelled', () => {
  const spellings = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '127%2e0.0.1',
    '0.0.0.0',
    '0',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'loc%61lhost',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '169.254.169.254',
    '10.1.2.3',
    '[fd00:ec2::254]',
  ];

  it.each(spellings)('%s', async (host) => {
    const token = issue();
    expect((await getThrough(token, `http://${host}:${canary.port}/`)).status).toBe(403);
    expect(await connectStatus(token, `${host}:${canary.port}`)).toBe(403);
    expect(refusals.map(({ port }) => port)).toEqual([canary.port, canary.port]);
    expect(canary.connections).toBe(0);
  });
});

describe('an allowed address', () => {
  it('can be reached by a request and by a tunnel', async () => {
    const token = issue();
    expect((await getThrough(token, `${origin.url}/fault/text.mp4`)).body).toContain('not a video');
    const { status, socket } = await connectThrough(token, origin.hostPort);
    expect(status).toBe(200);
    socket.write('GET /fault/text.mp4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toContain('200 OK');
    socket.destroy();
  });

  it('can be allowed by name, and then only by that name', async () => {
    const egressAllow = [`media.example:${origin.port}`];
    proxy = await startProxy({ egressAllow, resolve: () => Promise.resolve(['127.0.0.1']) });
    const token = issue();
    const path = '/fault/text.mp4';
    expect((await getThrough(token, `http://media.example:${origin.port}${path}`)).status).toBe(
      200,
    );
    expect((await getThrough(token, `http://other.example:${origin.port}${path}`)).status).toBe(
      403,
    );
    expect((await getThrough(token, origin.url + path)).status).toBe(403);
  });

  it('is refused anyway when the port is one of the server', async () => {
    proxy = await startProxy({ ownPorts: [origin.port] });
    expect((await getThrough(issue(), `${origin.url}/fault/text.mp4`)).status).toBe(403);
    expect(origin.requests).toEqual([]);
  });
});

describe('a host name', () => {
  it('is refused when any of its addresses is private', async () => {
    proxy = await startProxy({ resolve: () => Promise.resolve(['8.8.8.8', '10.0.0.1']) });
    expect((await getThrough(issue(), 'http://mixed.example/')).status).toBe(403);
    expect(refusals).toEqual([
      { jobId: 'job-1', host: 'mixed.example', address: '10.0.0.1', port: 80 },
    ]);
  });

  it('is looked up once, and the judged address is the one connected to', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    proxy = await startProxy({
      isPublicAddress: (address) => address === '127.0.0.1',
      resolve: () => Promise.resolve(answers.shift() ?? []),
    });
    const token = issue();
    const url = `http://rebinding.example:${origin.port}/fault/text.mp4`;
    expect((await getThrough(token, url)).status).toBe(200);
    expect(origin.requests[0]?.headers.host).toBe(`rebinding.example:${origin.port}`);
    expect(await connectStatus(token, `rebinding.example:${origin.port}`)).toBe(403);
  });

  it('without an address is answered with 502, not as a refusal', async () => {
    proxy = await startProxy({ resolve: () => Promise.reject(new Error('not found')) });
    expect((await getThrough(issue(), 'http://nowhere.example/')).status).toBe(502);
    expect(refusals).toEqual([]);
  });
});

describe('the token of the proxy', () => {
  it('must be present and correct', async () => {
    const right = issue();
    const wrong = right.replace(/job:\w{6}/, 'job:000000');
    for (const url of [wrong, right.replace(/job:\w+@/, ''), right.replace(/job:\w+/, 'job:')]) {
      expect((await getThrough(url, `${origin.url}/fault/text.mp4`)).status).toBe(407);
      expect(await connectStatus(url, origin.hostPort)).toBe(407);
    }
    expect(origin.requests).toEqual([]);
  });

  it('is invalid after it is revoked, and its open connections are closed', async () => {
    const grant = proxy.issue();
    const other = proxy.issue();
    const tunnel = await connectThrough(grant.url, origin.hostPort);
    const closed = once(tunnel.socket, 'close');
    grant.revoke();
    grant.revoke();
    await closed;
    expect(await connectStatus(grant.url, origin.hostPort)).toBe(407);
    expect(await connectStatus(other.url, origin.hostPort)).toBe(200);
  });
});

describe('an upstream proxy', () => {
  let upstream: ProxyServer;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    upstream = new ProxyServer({
      host: '127.0.0.1',
      port: 0,
      prepareRequestFunction({ hostname, port }) {
        asked.push(`${hostname}:${port}`);
        return undefined;
      },
    });
    await upstream.listen();
    proxy = await startProxy({
      egressAllow: [origin.hostPort, `127.0.0.1:${upstream.port}`],
    });
  });
  afterEach(() => upstream.close(true));

  it('carries requests and tunnels', async () => {
    const token = issue(`http://127.0.0.1:${upstream.port}`);
    expect((await getThrough(token, `${origin.url}/fault/text.mp4`)).status).toBe(200);
    expect(await connectStatus(token, origin.hostPort)).toBe(200);
    expect(asked).toEqual([origin.hostPort, origin.hostPort]);
  });

  it('is never asked for a private target', async () => {
    const token = issue(`http://127.0.0.1:${upstream.port}`);
    expect((await getThrough(token, `http://localhost:${canary.port}/`)).status).toBe(403);
    expect(await connectStatus(token, `10.1.2.3:443`)).toBe(403);
    expect(asked).toEqual([]);
  });

  it('is asked for a name that only it can resolve', async () => {
    const resolve = () => Promise.reject(new Error('not found'));
    proxy = await startProxy({ resolve, egressAllow: [`127.0.0.1:${upstream.port}`] });
    await getThrough(issue(`http://127.0.0.1:${upstream.port}`), 'http://far.invalid/');
    expect(asked).toEqual(['far.invalid:80']);
  });

  it.each(['http', 'https', 'socks5'])('by %s must itself be public or allowed', async (scheme) => {
    const token = issue(`${scheme}://127.0.0.1:${canary.port}`);
    expect((await getThrough(token, `${origin.url}/fault/text.mp4`)).status).toBe(403);
    expect(await connectStatus(token, origin.hostPort)).toBe(403);
    expect(refusals.map(({ port }) => port)).toEqual([canary.port, canary.port]);
    expect(canary.connections).toBe(0);
  });

  it('by SOCKS gets the judged address, not the name', async () => {
    const socks = await startSocksServer();
    proxy = await startProxy({
      egressAllow: [`media.example:${origin.port}`, new URL(socks.url).host],
      resolve: () => Promise.resolve(['127.0.0.1']),
    });
    const token = issue(socks.url);
    const url = `http://media.example:${origin.port}/fault/text.mp4`;
    expect((await getThrough(token, url)).status).toBe(200);
    expect(origin.requests[0]?.headers.host).toBe(`media.example:${origin.port}`);
    expect(await connectStatus(token, `media.example:${origin.port}`)).toBe(200);
    expect(socks.targets).toEqual([origin.hostPort, origin.hostPort]);
    socks.close();
  });

  it.each(['127.0.0.1:3128', 'ftp://a.example', 'http://u:p@a.example', 'http://', ''])(
    '%j is not a valid upstream',
    (text) => {
      expect(() => proxy.issue({ upstream: text })).toThrow(TypeError);
    },
  );
});

describe('connections of the proxy', () => {
  async function startSilentServer() {
    const server = net.createServer((socket) => {
      sockets.push(socket.resume().on('error', () => undefined));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { server, hostPort: `127.0.0.1:${port}` };
  }

  it('are closed on both sides after the idle time', async () => {
    const silent = await startSilentServer();
    proxy = await startProxy({ egressAllow: [silent.hostPort], idleTimeoutMs: 100 });
    const token = issue();
    await expect(getThrough(token, `http://${silent.hostPort}/`)).rejects.toThrow();
    const tunnel = await connectThrough(token, silent.hostPort);
    await once(tunnel.socket, 'close');
    await expect.poll(() => sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    silent.server.close();
  });

  it('to a server that has not answered end when the client leaves', async () => {
    const silent = await startSilentServer();
    proxy = await startProxy({ egressAllow: [silent.hostPort] });
    const grant = proxy.issue();
    const answer = getThrough(grant.url, `http://${silent.hostPort}/`).catch(() => 'ended');
    await expect.poll(() => sockets.length).toBe(1);
    grant.revoke();
    expect(await answer).toBe('ended');
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
    silent.server.close();
  });

  it('are all closed with the proxy, and closing twice is harmless', async () => {
    const { socket } = await connectThrough(issue(), origin.hostPort);
    const closed = once(socket, 'close');
    await proxy.close();
    await proxy.close();
    await closed;
  });
});
