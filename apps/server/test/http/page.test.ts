import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from './app-under-test.ts';

const HEADERS = { host: '127.0.0.1:8500' };
let app: AppUnderTest;
let folder: string;

async function start(environment: Record<string, string> = {}): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'artemis-page-'));
  await mkdir(join(folder, 'web/assets'), { recursive: true });
  await writeFile(join(folder, 'web/index.html'), '<html><head></head><body>Room</body></html>');
  await writeFile(join(folder, 'web/assets/app.js'), 'run()');
  await writeFile(join(folder, 'web/assets/app.js.gz'), gzipSync('run()'));
  app = await startApp({ folder, environment });
}

afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

it('the page is served at the root and in every view, with its policy and without caching', async () => {
  await start();
  for (const url of ['/', '/queue', '/library?q=x']) {
    const page = await app.app.inject({ url, headers: HEADERS });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<base href="/" />');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect(page.headers['cache-control']).toBe('no-cache');
  }
  const script = await app.app.inject({ url: '/assets/app.js', headers: HEADERS });
  expect(script.headers['cache-control']).toContain('immutable');
});

it('the page is gzipped for clients that accept it, and plain for all others', async () => {
  await start();
  for (const url of ['/', '/queue', '/assets/app.js']) {
    const plain = await app.app.inject({ url, headers: HEADERS });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const headers = { ...HEADERS, 'accept-encoding': 'deflate, gzip' };
    const zipped = await app.app.inject({ url, headers });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body);
    for (const name of ['content-type', 'cache-control', 'content-security-policy']) {
      expect(zipped.headers[name]).toBe(plain.headers[name]);
    }
    expect(`${plain.headers['vary']} ${zipped.headers['vary']}`).toMatch(
      /accept-encoding.*accept-encoding/i,
    );
    const refused = { ...HEADERS, 'accept-encoding': 'gzip;q=0' };
    const asked = await app.app.inject({ url, headers: refused });
    expect(asked.headers['content-encoding']).toBeUndefined();
  }
});

it.each([
  '/assets/missing.js',
  '/assets/',
  '/assets/../../secret.txt',
  '/.env',
  '/%2e%2e/secret.txt',
  '/a/b',
])('answers %s with a problem document', async (url) => {
  await start();
  const answer = await app.app.inject({ url, headers: HEADERS });
  expect({ url, status: answer.statusCode, code: answer.json<{ code: string }>().code }).toEqual({
    url,
    status: 404,
    code: 'ROUTE_NOT_FOUND',
  });
});

it('the newest built page is served, also after a rebuild under a running server', async () => {
  await start();
  await writeFile(join(folder, 'web/index.html'), '<html><head></head><body>Newer</body></html>');
  const newer = await app.app.inject({ url: '/', headers: HEADERS });
  expect(newer.body).toContain('Newer');
  await rm(join(folder, 'web/index.html'));
  const none = await app.app.inject({ url: '/queue', headers: HEADERS });
  expect({ status: none.statusCode, isTold: none.body.includes('npm start') }).toEqual({
    status: 200,
    isTold: true,
  });
});

it('the page works below a base path', async () => {
  await start({ BASE_PATH: '/artemis/' });
  const page = await app.app.inject({ url: '/artemis/queue', headers: HEADERS });
  expect(page.body).toContain('<base href="/artemis/" />');
  const list = await app.app.inject({ url: '/artemis/api/v1/downloads', headers: HEADERS });
  expect(list.statusCode).toBe(200);
  const outside = await app.app.inject({ url: '/api/v1/downloads', headers: HEADERS });
  expect(outside.statusCode).toBe(404);
});
