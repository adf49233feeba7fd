import { once } from 'node:events';
import { open } from 'node:fs/promises';
import http from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Download, DownloadDetail } from '@artemis/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import type { HistoryStore } from '../../src/domain/ports.ts';
import {
  eventually,
  startApp,
  type AppOptions,
  type AppUnderTest,
  type FakeRun,
} from './app-under-test.ts';

const HOST = '127.0.0.1:8500';
const FILE_BYTES = 64 * 1024 ** 2;
const apps: AppUnderTest[] = [];

afterEach(async () => {
  for (const app of apps.splice(0).reverse()) await app.close();
});

async function start(options?: AppOptions): Promise<AppUnderTest> {
  const app = await startApp(options);
  apps.push(app);
  return app;
}

const storeSomething: FakeRun = async (_download, { jobFolder }) => {
  const path = join(jobFolder, 'media.mp4');
  const file = await open(path, 'w');
  await file.truncate(FILE_BYTES);
  await file.close();
  return {
    kind: 'done',
    files: [
      { kind: 'media', path, suffix: '.mp4', sizeBytes: FILE_BYTES, contentType: 'video/mp4' },
    ],
    metadata: {},
    warnings: [],
    usage: null,
  };
};

const call = (
  { app }: AppUnderTest,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
) =>
  app.inject({
    method,
    url: `/api/v1${path}`,
    headers: { host: HOST },
    ...(body === undefined ? {} : { payload: body }),
  });

async function stored(app: AppUnderTest): Promise<DownloadDetail> {
  const created = await call(app, 'POST', '/downloads', { url: 'https://a.example/1' });
  const [first] = created.json<{ downloads: Download[] }>().downloads;
  return eventually(async () => {
    const detail = (await call(app, 'GET', `/downloads/${first?.id}`)).json<DownloadDetail>();
    return detail.download.status === 'completed' ? detail : null;
  });
}

describe('50 equal requests at the same moment', () => {
  it.each([{}, { 'idempotency-key': 'one' }])('make one record, with %j', async (extra) => {
    const first = await start();
    const post = ({ app }: AppUnderTest) =>
      app.inject({
        method: 'POST',
        url: '/api/v1/downloads',
        headers: { host: HOST, ...extra },
        payload: { url: 'https://a.example/same', tags: ['x'] },
      });
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(first)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    const ids = (list: typeof answers) =>
      new Set(
        list.flatMap((answer) =>
          answer.json<{ downloads: Download[] }>().downloads.map(({ id }) => id),
        ),
      );
    expect(ids(answers).size).toBe(1);
    await first.stop();
    const second = await start({ folder: first.folder });
    const again = await Promise.all(Array.from({ length: 50 }, () => post(second)));
    expect(ids(again)).toEqual(ids(answers));
    const list = await call(second, 'GET', '/downloads');
    expect(list.json()).toMatchObject({ total: 1 });
  });
});

describe('connections', () => {
  it('that watch events are limited by address, and released when they end', async () => {
    const { app } = await start();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const watch = async () => {
      const request = http.get({
        port,
        path: '/api/v1/events',
        headers: { host: HOST },
        agent: false,
      });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      return { request, response };
    };
    const watchers = await Promise.all(Array.from({ length: 32 }, watch));
    expect(watchers.every(({ response }) => response.statusCode === 200)).toBe(true);
    const refused = await watch();
    expect(refused.response.statusCode).toBe(429);
    expect(Number(refused.response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    refused.request.destroy();
    watchers[0]?.request.destroy();
    await eventually(async () => {
      const next = await watch();
      watchers.push(next);
      return next.response.statusCode === 200;
    });
    for (const { request } of watchers) request.destroy();
  });

  it('whose reader stops in the middle of a file are closed together with the file', async () => {
    const under = await start({ run: storeSomething });
    const detail = await stored(under);
    const { app } = under;
    await app.listen({ host: '127.0.0.1', port: 0 });
    expect(app.server.timeout).toBeGreaterThan(0);
    expect(app.server.timeout).toBeLessThanOrEqual(120_000);
    app.server.setTimeout(300);
    const { port } = app.server.address() as AddressInfo;
    const accepted = once(app.server, 'connection') as Promise<[Socket]>;
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    socket.write(`GET ${detail.download_url} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await once(socket, 'readable');
    const [connection] = await accepted;
    await eventually(() => connection.destroyed);
    socket.destroy();
  });
});

describe('purge=file', () => {
  it('deletes nothing while the history cannot be written', async () => {
    let isBroken = false;
    const breakable = (history: HistoryStore): HistoryStore => ({
      ...history,
      save: (change) => (isBroken ? Promise.reject(new Error('EIO')) : history.save(change)),
    });
    const app = await start({ run: storeSomething, history: breakable });
    const { download } = await stored(app);
    isBroken = true;
    const refused = await eventually(async () => {
      const answer = await call(app, 'DELETE', `/downloads/${download.id}?purge=file`);
      // An attempt that has ended may still be putting its folder away.
      return answer.statusCode === 409 ? null : answer;
    });
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const kept = (await call(app, 'GET', `/downloads/${download.id}`)).json<DownloadDetail>();
    expect(kept.download.artifacts).toEqual(download.artifacts);
    expect((await app.files.usage()).files).toBe(1);
    isBroken = false;
    await eventually(
      async () =>
        (await call(app, 'DELETE', `/downloads/${download.id}?purge=file`)).statusCode === 204,
    );
    expect((await app.files.usage()).files).toBe(0);
  });
});
