import { connect, type AddressInfo } from 'node:net';
import {
  API_PREFIX,
  Problem,
  REQUEST_CODES,
  ROUTE_SCHEMAS,
  ROUTES,
  type RequestCode,
  type RouteName,
} from '@artemis/contracts';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from '../http/app-under-test.ts';
import { rawRequest, sendRaw, type RawAnswer, type RequestParts } from './raw-request.ts';

const ID = '00000000-0000-4000-8000-000000000000';
const OURS = '127.0.0.1:8500';
const isProblem = new Ajv({ allowUnionTypes: true }).compile(Problem);
const names = (Object.keys(ROUTES) as RouteName[]).filter((name) => name !== 'events');

const pathOf = (name: RouteName) => {
  const route = ROUTES[name];
  const query = name === 'downloadFile' ? `?expires=1&signature=${'A'.repeat(43)}` : '';
  return (
    ('isRoot' in route ? '' : API_PREFIX) +
    route.path.replace(':id', ID).replace(':site', 'example.com') +
    query
  );
};

let app: AppUnderTest;
let port: number;

beforeAll(async () => {
  app = await startApp({ environment: { MAX_QUEUE_DEPTH: '3' } });
  await app.app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = app.app.server.address() as AddressInfo);
});
afterAll(() => app.close());

const send = (parts: RequestParts) => sendRaw(port, rawRequest(parts));

function expectProblem(answer: RawAnswer, code: RequestCode, name?: RouteName): void {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const body = JSON.parse(answer.body) as Problem;
  expect({ status: answer.status, code: body.code }).toEqual({
    status: REQUEST_CODES[code].status,
    code,
  });
  expect(isProblem(body)).toBe(true);
  if (name) expect(Object.keys(ROUTE_SCHEMAS[name].response)).toContain(String(answer.status));
}

/** In groups, so that the system has sockets for all of them. */
async function each<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += 25) {
    await Promise.all(items.slice(from, from + 25).map(run));
  }
}

describe('the allowed host names', () => {
  const foreign = [
    'evil.example',
    'evil.example:8500',
    '127.0.0.1:9999',
    '127.0.0.1.nip.io:8500',
    'localhost.evil.example:8500',
    'localhost.:8500',
    'localhost',
    '127.0.0.1',
    '127.1:8500',
    '2130706433:8500',
    '0.0.0.0:8500',
    '[::]:8500',
    '[::ffff:127.0.0.1]:8500',
    '10.0.0.1:8500',
    'localhost:8500:8500',
    'user@localhost:8500',
    'localhost:8500/x',
    'localhost:8500, evil.example',
    'localhost:08500',
    '',
  ];
  const ours = ['127.0.0.1:8500', 'localhost:8500', 'LOCALHOST:8500', '[::1]:8500'];

  it(
    'are the only ones accepted, on every route but the liveness check',
    { timeout: 60_000 },
    async () => {
      const cases = names.flatMap((name) => foreign.map((host) => ({ name, host })));
      await each(cases, async ({ name, host }) => {
        const answer = await send({ method: ROUTES[name].method, path: pathOf(name), host });
        if (name === 'health') expect(answer.status).toBe(200);
        else {
          expect(answer.body, `${name} ${host}`).toContain('FORBIDDEN_HOST');
          expectProblem(answer, 'FORBIDDEN_HOST', name);
        }
      });
      await each(ours, async (host) => {
        expect((await send({ path: '/api/v1/telemetry', host })).status).toBe(200);
      });
    },
  );

  it('are required: a request without Host is refused', async () => {
    expectProblem(await send({ path: '/api/v1/downloads', host: null }), 'FORBIDDEN_HOST');
    expectProblem(await sendRaw(port, 'GET /api/v1/downloads HTTP/1.0\r\n\r\n'), 'FORBIDDEN_HOST');
  });

  it('must be sent once: two Host headers are refused', async () => {
    const headers = { Host: 'evil.example' };
    expectProblem(await send({ path: '/api/v1/downloads', headers }), 'VALIDATION_FAILED');
  });
});

describe('pages of other sites', () => {
  const foreign: Record<string, string>[] = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://127.0.0.1:9999' },
    { Origin: 'http://127.0.0.1:8500.evil.example' },
    { Origin: 'http://127.0.0.1:8500@evil.example' },
    { Origin: 'file://' },
    { Origin: '', 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'unheard-of' },
    { Origin: `http://${OURS}`, 'Sec-Fetch-Site': 'cross-site' },
    { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  ];

  it('cannot change anything', { timeout: 60_000 }, async () => {
    const changing = names.filter((name) => ROUTES[name].method !== 'GET');
    const cases = changing.flatMap((name) => foreign.map((headers) => ({ name, headers })));
    await each(cases, async ({ name, headers }) => {
      const answer = await send({ method: ROUTES[name].method, path: pathOf(name), headers });
      expectProblem(answer, 'FORBIDDEN_ORIGIN', name);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });
    const list = await send({ path: '/api/v1/downloads' });
    expect(JSON.parse(list.body)).toMatchObject({ total: 0 });
  });

  it('are distinguished from our own, also under another of our names', async () => {
    const cases: Record<string, string>[] = [
      {},
      { Origin: `http://${OURS}` },
      { Origin: `https://${OURS}`, 'Sec-Fetch-Site': 'same-origin' },
      { Origin: 'http://LOCALHOST:8500' },
      { 'Sec-Fetch-Site': 'none' },
    ];
    await each(cases, async (headers) => {
      const path = `/api/v1/downloads/${ID}/pause`;
      expectProblem(await send({ method: 'POST', path, headers }), 'DOWNLOAD_NOT_FOUND');
    });
  });

  it('get no CORS headers, neither for a read nor for a preflight', async () => {
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await send({ method, path: '/api/v1/downloads', headers });
      expect(
        Object.keys(answer.headers).filter((name) => name.startsWith('access-control')),
      ).toEqual([]);
    }
  });

  it('get CORS headers only when CORS_ORIGINS names them', async () => {
    const origin = 'https://tools.example';
    const other = await startApp({
      environment: { CORS_ORIGINS: origin, API_TOKEN: 'correct-horse' },
    });
    const call = (method: 'OPTIONS' | 'GET' | 'POST', headers: Record<string, string>) =>
      other.app.inject({ method, url: '/api/v1/downloads', headers: { host: OURS, ...headers } });
    const preflight = await call('OPTIONS', { origin, 'access-control-request-method': 'POST' });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      vary: 'origin',
    });
    const denied = await call('POST', { origin });
    expect(denied.statusCode).toBe(401);
    expect(denied.headers['access-control-allow-origin']).toBe(origin);
    const foreignRead = await call('GET', {
      origin: `${origin}.evil`,
      authorization: 'Bearer correct-horse',
    });
    expect(foreignRead.statusCode).toBe(200);
    expect(foreignRead.headers['access-control-allow-origin']).toBeUndefined();
    expect(foreignRead.headers['vary']).toBe('origin');
    await other.close();
  });
});

describe('bodies', () => {
  const post = (body: string, type?: string, extra: Record<string, string> = {}) =>
    send({
      method: 'POST',
      path: '/api/v1/downloads',
      body,
      headers: { ...(type === undefined ? {} : { 'Content-Type': type }), ...extra },
    });
  const fine = '{"url":"https://a.example/","force":true}';

  it.each([
    undefined,
    '',
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/json+x',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/vnd.api+json',
    'application\t/json',
    'text/plain\tapplication/json',
    'text/plain; application/json',
    'text/plain, application/json',
    'application/json;charset=utf-16',
    'application/json; charset="iso-8859-1"',
  ])('of the type %j are refused', async (type) => {
    expectProblem(await post(fine, type), 'UNSUPPORTED_MEDIA_TYPE', 'createDownloads');
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="utf-8"',
  ])('of the type %j are accepted', async (type) => {
    expectProblem(await post('{"url":5}', type), 'VALIDATION_FAILED', 'createDownloads');
  });

  it.each([
    '{"__proto__":{"url":"https://a.example/"}}',
    '{"url":"https://a.example/","options":{"__proto__":{"simulate":true}}}',
    '{"url":"https://a.example/","constructor":{"prototype":{"x":1}}}',
    '{"url":"https://a.example/","\\u005f_proto__":1}',
    '['.repeat(100_000) + ']'.repeat(100_000),
    '{"options":'.repeat(20_000) + '1' + '}'.repeat(20_000),
    'null',
    '[]',
    '"https://a.example/"',
    '{"url":"https://a.example/"',
    '{"url":"https://a.example/"}{}',
    '\0',
    '{"url":"https://a.example/","url":["x"]}',
    '',
  ])('that are not valid requests are refused: %.60s', async (body) => {
    expectProblem(await post(body, 'application/json'), 'VALIDATION_FAILED', 'createDownloads');
  });

  it('that are compressed are refused', async () => {
    for (const coding of ['gzip', 'br', 'x-unheard-of']) {
      const answer = await post(fine, 'application/json', { 'Content-Encoding': coding });
      expectProblem(answer, 'UNSUPPORTED_MEDIA_TYPE', 'createDownloads');
    }
  });

  it('must be UTF-8, and no byte is replaced', async () => {
    for (const bytes of ['ff', 'c0af', 'eda080']) {
      const body = Buffer.from(`{"url":"https://a.example/\u0000","force":true}`);
      const broken = Buffer.from(body.toString('hex').replace('00', bytes), 'hex');
      const head = rawRequest({
        method: 'POST',
        path: '/api/v1/downloads',
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': String(broken.length),
        },
      });
      const answer = await sendRaw(port, Buffer.concat([Buffer.from(head), broken]));
      expectProblem(answer, 'VALIDATION_FAILED', 'createDownloads');
      expect(answer.body).toContain('UTF-8');
    }
  });

  it('are limited to 256 KiB, also without Content-Length', async () => {
    const large = `{"notes":"${'x'.repeat(256 * 1024)}"}`;
    expectProblem(await post(large, 'application/json'), 'PAYLOAD_TOO_LARGE', 'createDownloads');
    const head = rawRequest({
      method: 'POST',
      path: '/api/v1/downloads',
      headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
    });
    const chunked = `${head}${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    expectProblem(await sendRaw(port, chunked), 'PAYLOAD_TOO_LARGE', 'createDownloads');
  });

  it('cannot change the method by a header or a query', async () => {
    const overrides = {
      'X-HTTP-Method-Override': 'DELETE',
      'X-HTTP-Method': 'DELETE',
      'X-Method-Override': 'DELETE',
    };
    const path = `/api/v1/downloads/${ID}`;
    expectProblem(await send({ method: 'POST', path, headers: overrides }), 'METHOD_NOT_ALLOWED');
    expectProblem(await send({ path, headers: overrides }), 'DOWNLOAD_NOT_FOUND');
    expectProblem(
      await send({
        method: 'DELETE',
        path,
        body: '{"x":1}',
        headers: { 'Content-Type': 'application/json' },
      }),
      'VALIDATION_FAILED',
    );
  });
});

describe('addresses', () => {
  it.each(names.filter((name) => '400' in ROUTE_SCHEMAS[name].response))(
    'with a field that %s does not know are refused',
    async (name) => {
      const path = pathOf(name);
      const extra = `${path.includes('?') ? '&' : '?'}surprise=1`;
      const answer = await send({ method: ROUTES[name].method, path: path + extra });
      expectProblem(answer, 'VALIDATION_FAILED', name);
    },
  );

  it.each([
    '/%zz',
    '/api/v1/downloads/%',
    '/api/v1/downloads/%c0%ae%c0%ae',
    `/api/v1/downloads/${'x'.repeat(300)}`,
    '/api/v1/downloads?limit=%',
  ])('that cannot be parsed are refused with a problem document: %.40s', async (path) => {
    expectProblem(await send({ path }), 'VALIDATION_FAILED');
  });

  it.each([
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%252f..%252fetc/passwd',
    '/assets/../../package.json',
    '/assets/..%5c..%5cpackage.json',
    '/....//....//etc/passwd',
    '/.env',
    '/%00/etc/passwd',
    '//etc/passwd',
    '/\\..\\..\\etc\\passwd',
    '/downloads/x.mp4',
    '/downloads-history.json',
    '/.artemis/secret',
    `/api/v1/downloads/${ID}/file/../../../../../etc/passwd`,
    `/api/v1/downloads/..%2f..%2f${ID}/file?expires=1&signature=${'A'.repeat(43)}`,
  ])('do not lead out of the folder: %s', async (path) => {
    const answer = await send({ path });
    expect([400, 403, 404]).toContain(answer.status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body).not.toMatch(/root:|"name":\s*"@?artemis/);
  });

  it('of known routes list their methods, and no other method works', async () => {
    const methods = ['PUT', 'TRACE', 'PROPFIND', 'LOCK', 'OPTIONS', 'SEARCH', 'PURGE', 'MKCOL'];
    await each(methods, async (method) => {
      const answer = await send({ method, path: '/api/v1/downloads' });
      expectProblem(answer, 'METHOD_NOT_ALLOWED');
      expect(answer.headers['allow']).toBe('POST, GET, HEAD');
    });
  });

  it.each(['/metrics', '/openapi.json'])('outside the API behave alike: %s', async (path) => {
    const answer = await send({ method: 'POST', path });
    expectProblem(answer, 'METHOD_NOT_ALLOWED');
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  it('that are wrong are refused before the body is read', async () => {
    const broken = { body: '{', headers: { 'Content-Type': 'text/plain' } };
    const wrong = { method: 'PUT', path: '/api/v1/downloads', ...broken };
    expectProblem(await send(wrong), 'METHOD_NOT_ALLOWED');
    expectProblem(await send({ method: 'QUERY', path: '/api/v1/downloads' }), 'METHOD_NOT_ALLOWED');
    const unknown = { method: 'POST', path: '/api/v1/nothing', ...broken };
    expectProblem(await send(unknown), 'ROUTE_NOT_FOUND');
  });

  it('answer CONNECT with 405', async () => {
    const answer = await send({ method: 'CONNECT', path: 'evil.example:443' });
    expectProblem(answer, 'METHOD_NOT_ALLOWED');
    expect(answer.headers['allow']).toContain('GET');
  });

  it('accept whole numbers in plain digits only', async () => {
    const spellings = '1e1 +5 %2B5 0x10 5.0 %205 5%20 05 -0 Infinity NaN 1,2'.split(' ');
    const queries = spellings.flatMap((text) => [
      `/api/v1/downloads?limit=${text}`,
      `/api/v1/downloads?offset=${text}`,
      `/api/v1/log?after=${text}`,
    ]);
    await each(queries, async (path) => {
      const answer = await send({ path });
      expect({ path, status: answer.status }).toEqual({ path, status: 400 });
      expectProblem(answer, 'VALIDATION_FAILED');
    });
    const fine = '/api/v1/downloads?limit=200&offset=0&status=queued&status=failed,paused';
    expect((await send({ path: fine })).status).toBe(200);
  });

  it('answer HEAD as GET, without the body', async () => {
    for (const path of [
      '/api/v1/downloads',
      '/api/v1/telemetry',
      '/healthz',
      '/',
      `/api/v1/downloads/${ID}`,
    ]) {
      const [get, head] = [await send({ path }), await send({ method: 'HEAD', path })];
      expect({ path, status: head.status, body: head.body }).toEqual({
        path,
        status: get.status,
        body: '',
      });
    }
  });
});

describe('connections', () => {
  it('with headers over 16 KiB or without valid HTTP get a problem document', async () => {
    const flood = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`X-Flood-${n}`, 'y'.repeat(500)]),
    );
    const answer = await send({ path: '/healthz', headers: flood });
    expect(answer.status).toBe(431);
    expect(isProblem(JSON.parse(answer.body))).toBe(true);
    for (const nonsense of [
      '\x16\x03\x01\x02',
      'GET /\r\n\r\n',
      'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: ${OURS}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ]) {
      const found = await sendRaw(port, nonsense);
      // Node reads the shortest of them as HTTP/0.9, which has no Host.
      expect([400, 403]).toContain(found.status);
      expect(isProblem(JSON.parse(found.body))).toBe(true);
    }
  });

  it('with an unknown Expect header are answered anyway', async () => {
    const answer = await send({ path: '/healthz', headers: { Expect: 'a-miracle' } });
    expect(answer.status).toBe(200);
  });

  it('are limited in time and number', () => {
    const { server } = app.app;
    expect(server.headersTimeout).toBeLessThanOrEqual(10_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
    expect(server.requestTimeout).toBeGreaterThan(0);
    expect(server.keepAliveTimeout).toBeLessThanOrEqual(5_000);
    expect(server.maxConnections).toBeLessThanOrEqual(1024);
  });

  it('that never finish their headers are ended', { timeout: 30_000 }, async () => {
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => {
        const socket = connect({ host: '127.0.0.1', port });
        socket.on('error', () => undefined);
        socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8500\r\nX-Slow: ');
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        return new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
      }),
    );
    for (const text of sockets) expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });
});
