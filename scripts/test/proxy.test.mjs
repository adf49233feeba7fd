import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { download } from '../download.mjs';
import { proxyFor } from '../proxy.mjs';

/** @type {import('node:http').Server} */
let proxy;
/** @type {string} */
let address;
/** @type {string[]} */
let seen;

beforeEach(async () => {
  seen = [];
  proxy = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers['proxy-authorization']}`);
    response.end('from the proxy');
  });
  proxy.on('connect', ({ url }, socket) => {
    seen.push(`CONNECT ${url}`);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await new Promise((listening) => proxy.listen(0, '127.0.0.1', () => listening(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (proxy.address());
  address = `127.0.0.1:${port}`;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((closed) => proxy.close(closed));
});

const limits = () => ({ signal: AbortSignal.timeout(60_000), limitBytes: 1_000 });

test('downloads go through the proxy of the environment', async () => {
  vi.stubEnv('http_proxy', `http://me:p%40ss@${address}`);
  const body = await download('http://releases.invalid/a?b', limits());
  expect(body.toString()).toBe('from the proxy');
  const basic = Buffer.from('me:p@ss').toString('base64');
  expect(seen).toEqual([`http://releases.invalid/a?b Basic ${basic}`]);
});

test('https uses a tunnel, and a refusing proxy is named', async () => {
  vi.stubEnv('https_proxy', address);
  await expect(download('https://releases.invalid/a', limits())).rejects.toThrow(
    'releases.invalid cannot be reached (through the proxy: it answered 407).',
  );
  expect(seen).toEqual(['CONNECT releases.invalid:443']);
});

test.each([
  ['http://a.example/', { HTTP_PROXY: 'http://p:1' }, 'http://p:1/'],
  ['https://a.example/', { HTTP_PROXY: 'http://p:1' }, null],
  ['https://a.example/', { HTTPS_PROXY: 'p:1', no_proxy: 'b.example, example.com' }, 'http://p:1/'],
  ['https://a.example/', { HTTPS_PROXY: 'p:1', NO_PROXY: '.example' }, null],
  ['https://a.example/', { HTTPS_PROXY: 'p:1', NO_PROXY: '*' }, null],
  ['https://a.example/', {}, null],
])('%s with %o', (url, environment, expected) => {
  expect(proxyFor(new URL(url), environment)?.href ?? null).toBe(expected);
});
