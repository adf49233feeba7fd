import type { AddressInfo } from 'node:net';
import { API_PREFIX, ROUTES, type RouteName } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from '../http/app-under-test.ts';
import { rawRequest, sendRaw } from './raw-request.ts';

const ID = '00000000-0000-4000-8000-000000000000';
const TOKEN = 'correct-horse-battery';
const OPEN_ROUTES: ReadonlySet<string> = new Set<RouteName>(['health', 'downloadFile']);

function pathOf(name: RouteName): string {
  const route = ROUTES[name];
  return (
    ('isRoot' in route ? '' : API_PREFIX) +
    route.path.replace(':id', ID).replace(':site', 'example.com')
  );
}

describe.each(['', '/tools/artemis'])('a server with API_TOKEN below "%s"', (base) => {
  let app: AppUnderTest;
  let port: number;

  beforeAll(async () => {
    app = await startApp({ environment: { API_TOKEN: TOKEN, BASE_PATH: base || '/' } });
    await app.app.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = app.app.server.address() as AddressInfo);
  });
  afterAll(() => app.close());

  const secured = (Object.keys(ROUTES) as RouteName[]).filter((name) => !OPEN_ROUTES.has(name));

  it.each(secured)('answers 401 without it: %s', async (name) => {
    const { method } = ROUTES[name];
    for (const headers of [
      {},
      { Authorization: 'Bearer wrong' },
      { Authorization: `Basic ${TOKEN}` },
      { Authorization: `Bearer ${TOKEN}x` },
      { Cookie: `token=${TOKEN}` },
    ]) {
      const path = base + pathOf(name);
      const answer = await sendRaw(port, rawRequest({ method, path, headers }));
      expect({ status: answer.status, body: answer.body }).toMatchObject({
        status: 401,
        body: expect.stringContaining('"code":"UNAUTHORIZED"') as string,
      });
    }
    const inUrl = `${base}${pathOf(name)}?token=${TOKEN}&access_token=${TOKEN}`;
    expect((await sendRaw(port, rawRequest({ method, path: inUrl }))).status).toBe(401);
  });

  // Each of these reaches a route of the API though the text of the address does not begin with /api/.
  it.each([
    ['GET', '/%61pi/v1/downloads'],
    ['GET', '/api%2Fv1/downloads'],
    ['GET', '/a%70i/v1/telemetry'],
    ['GET', '/api/v1/downloads?x=/api/v1/downloads/1/file'],
    ['GET', `/api/v1/downloads/${ID}#/file`],
    ['GET', `/api/v1/downloads/${ID}?/file`],
    ['POST', '/api/v1/downloads/actions#/file'],
    ['POST', '/%61pi/v1/downloads'],
    ['GET', '/%6fpenapi.json'],
    ['GET', '/%6detrics'],
    ['GET', '/readyz#'],
    ['GET', '/re%61dyz'],
  ])('cannot be bypassed by spelling: %s %s', async (method, path) => {
    const body = JSON.stringify({ action: 'cancel', filter: {} });
    const headers = { 'Content-Type': 'application/json' };
    for (const target of [base + path, `http://127.0.0.1:8500${base}${path}`]) {
      const parts = { method, path: target, headers };
      const answer = await sendRaw(
        port,
        rawRequest(method === 'POST' ? { ...parts, body } : parts),
      );
      // An absolute address with a fragment is not even a request.
      expect([400, 401, 404]).toContain(answer.status);
      expect(answer.body).toMatch(/"code":"(UNAUTHORIZED|ROUTE_NOT_FOUND|VALIDATION_FAILED)"/);
    }
  });

  it('requires it for absolute addresses too', async () => {
    for (const name of secured) {
      const { method } = ROUTES[name];
      const path = `http://127.0.0.1:8500${base}${pathOf(name)}`;
      expect((await sendRaw(port, rawRequest({ method, path }))).status, name).toBe(401);
    }
  });

  it('accepts the right token, and the page and the liveness check without one', async () => {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const path = `${base}/api/v1/downloads`;
    expect((await sendRaw(port, rawRequest({ path, headers }))).status).toBe(200);
    expect((await sendRaw(port, rawRequest({ path: `${base}/` }))).status).toBe(200);
    expect((await sendRaw(port, rawRequest({ path: `${base}/healthz` }))).status).toBe(200);
  });

  it('lets anybody read the documentation, with its files from this server', async () => {
    const open = async (path: string) => sendRaw(port, rawRequest({ path: base + path }));
    for (const path of [
      '',
      '/',
      '/json',
      '/static/swagger-ui.css',
      '/static/swagger-initializer.js',
    ]) {
      expect((await open(`/documentation${path}`)).status, path).toBe(200);
    }
    const page = await open('/documentation');
    expect(page.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect((await open('/documentation/../api/v1/downloads')).status).not.toBe(200);
  });

  it('serves signed links only with a valid signature', async () => {
    const query = `expires=9999999999&signature=${'A'.repeat(43)}`;
    const path = `${base}/api/v1/downloads/${ID}/file?${query}`;
    const answer = await sendRaw(port, rawRequest({ path }));
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('SIGNATURE_INVALID');
  });
});
