import { get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  STREAM_EVENTS,
  type ActionResult,
  type Download,
  type DownloadList,
  type StreamEventName,
} from '@artemis/contracts';
import { Value } from '@sinclair/typebox/value';
import { afterEach, describe, expect, it } from 'vitest';
import {
  eventually,
  runUntilStopped,
  startApp,
  type AppOptions,
  type AppUnderTest,
} from './app-under-test.ts';

const HOST = { host: '127.0.0.1:8500' };
const open: AppUnderTest[] = [];

async function start(options: AppOptions = {}): Promise<AppUnderTest> {
  const app = await startApp(options);
  open.push(app);
  return app;
}

afterEach(async () => {
  for (const app of open.splice(0).reverse()) await app.close();
});

async function call<T>(
  { app }: AppUnderTest,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  payload?: object,
): Promise<{ status: number; body: T }> {
  const response = await app.inject({
    method,
    url: `/api/v1${path}`,
    headers: HOST,
    ...(payload ? { payload } : {}),
  });
  return { status: response.statusCode, body: (response.body ? response.json() : null) as T };
}

async function queue(app: AppUnderTest, ...urls: string[]): Promise<string[]> {
  const { body } = await call<{ downloads: Download[] }>(app, 'POST', '/downloads', { urls });
  return body.downloads.map(({ id }) => id);
}

async function statusOf(app: AppUnderTest, id: string): Promise<string> {
  const { body } = await call<{ download: Download }>(app, 'GET', `/downloads/${id}`);
  return body.download.status;
}

it('a site is its host name, even if its port is sent too', async () => {
  const app = await start();
  const { status, body } = await call<{ detail: string }>(
    app,
    'POST',
    '/hosts/LocalHost%3A18931/resume',
  );
  expect(status).toBe(404);
  expect(body.detail).toContain('until localhost may');
});

describe('pause and resume', () => {
  it('stops a running download, frees its slot, and continues it as the same attempt', async () => {
    let stops = 0;
    const app = await start({
      environment: { MAX_WORKERS: '1' },
      run: async (download, options) => {
        options.onEvent({
          kind: 'progress',
          phase: 'downloading',
          progress: 40,
          downloadedBytes: 4,
          totalBytes: 10,
          speedBps: 1,
          etaSeconds: 6,
        });
        const outcome = await runUntilStopped(download, options);
        stops += 1;
        return outcome;
      },
    });
    const [first = '', second = ''] = await queue(
      app,
      'https://a.example/1',
      'https://a.example/2',
    );
    await eventually(async () => {
      const { body } = await call<{ download: Download }>(app, 'GET', `/downloads/${first}`);
      return body.download.progress === 40;
    });
    const paused = await call<{ download: Download }>(app, 'POST', `/downloads/${first}/pause`);
    expect(paused.body.download).toMatchObject({ status: 'paused', phase: null, speed_bps: null });
    await eventually(async () => (await statusOf(app, second)) === 'running');
    expect(stops).toBe(1);
    const again = await call<{ code: string }>(app, 'POST', `/downloads/${first}/pause`);
    expect(again).toMatchObject({ status: 409, body: { code: 'NOT_PAUSABLE' } });
    await call(app, 'POST', `/downloads/${first}/resume`);
    await call(app, 'DELETE', `/downloads/${second}`);
    const running = await eventually(async () => {
      const { body } = await call<{ download: Download }>(app, 'GET', `/downloads/${first}`);
      return body.download.status === 'running' ? body.download : null;
    });
    expect(running).toMatchObject({ attempt: 1, progress: 40 });
    const other = await call<{ code: string }>(app, 'POST', `/downloads/${first}/resume`);
    expect(other).toMatchObject({ status: 409, body: { code: 'NOT_RESUMABLE' } });
  });

  it.each([
    ['application/json', {}],
    ['application/json', { 'transfer-encoding': 'chunked' }],
    ['text/plain;charset=UTF-8', { 'content-length': '0' }],
    ['nonsense', { 'content-length': '0' }],
  ])('need no body, whatever the header says: %s %j', async (type, more) => {
    const app = await start();
    const [id = ''] = await queue(app, 'https://a.example/1');
    const send = async (method: 'POST' | 'DELETE', path: string) =>
      app.app.inject({
        method,
        url: `/api/v1/downloads/${id}${path}`,
        headers: { ...HOST, 'content-type': type, ...more },
      });
    await eventually(async () => (await statusOf(app, id)) === 'running');
    for (const path of ['/pause', '/resume'])
      expect((await send('POST', path)).statusCode).toBe(200);
    expect((await send('DELETE', '')).statusCode).toBe(200);
    expect((await send('POST', '/retry')).statusCode).toBe(200);
    expect((await send('DELETE', '')).statusCode).toBe(200);
    expect((await send('DELETE', '?purge=record')).statusCode).toBe(204);
    const create = { method: 'POST', url: '/api/v1/downloads' } as const;
    const refused = await app.app.inject({
      ...create,
      headers: { ...HOST, 'content-type': type, ...more },
    });
    expect([400, 415]).toContain(refused.statusCode);
  });

  it('keep a download paused across a restart', async () => {
    const app = await start();
    const [id = ''] = await queue(app, 'https://a.example/1');
    await eventually(async () => (await statusOf(app, id)) === 'running');
    await call(app, 'POST', `/downloads/${id}/pause`);
    await app.stop();
    const next = await start({ folder: app.folder });
    expect(await statusOf(next, id)).toBe('paused');
  });
});

describe('PATCH /downloads/:id', () => {
  it('changes tags and notes, and the order of the queue by priority', async () => {
    const ran: string[] = [];
    const app = await start({
      environment: { MAX_WORKERS: '1' },
      run: (download, options) => {
        ran.push(download.url.slice(-1));
        return runUntilStopped(download, options);
      },
    });
    const [first = '', , third = ''] = await queue(
      app,
      'https://a.example/1',
      'https://a.example/2',
      'https://a.example/3',
    );
    await eventually(() => ran.length === 1);
    const patched = await call<{ download: Download }>(app, 'PATCH', `/downloads/${third}`, {
      priority: 9,
      tags: ['keep'],
      notes: 'for later',
    });
    expect(patched.body.download).toMatchObject({
      priority: 9,
      tags: ['keep'],
      notes: 'for later',
    });
    await call(app, 'DELETE', `/downloads/${first}`);
    await eventually(() => ran.length === 2);
    expect(ran).toEqual(['1', '3']);
    expect((await call(app, 'PATCH', `/downloads/${third}`, {})).status).toBe(400);
    expect((await call(app, 'PATCH', `/downloads/${third}`, { url: 'x' })).status).toBe(400);
  });
});

describe('POST /downloads/actions', () => {
  it('acts by filter and by id, and lists what it skipped', async () => {
    const app = await start({ environment: { MAX_WORKERS: '1' } });
    const ids = await queue(
      app,
      'https://a.example/1',
      'https://a.example/2',
      'https://b.example/3',
    );
    const missing = '00000000-0000-4000-8000-000000000000';
    const cancelled = await call<ActionResult>(app, 'POST', '/downloads/actions', {
      action: 'cancel',
      filter: { q: 'a.example' },
    });
    expect(cancelled.body.affected.toSorted()).toEqual(ids.slice(0, 2).toSorted());
    const paused = await call<ActionResult>(app, 'POST', '/downloads/actions', {
      action: 'pause',
      ids: [ids[0], missing],
    });
    expect(paused.body).toEqual({
      affected: [],
      skipped: [
        { id: ids[0], code: 'NOT_PAUSABLE' },
        { id: missing, code: 'DOWNLOAD_NOT_FOUND' },
      ],
    });
    const both = { action: 'cancel', ids, filter: {} };
    expect((await call(app, 'POST', '/downloads/actions', both)).status).toBe(400);
    const { body } = await call<DownloadList>(app, 'GET', '/downloads?status=cancelled');
    expect(body.total).toBe(2);
  });
});

describe('GET /events', () => {
  interface Event {
    id: string;
    event: string;
    data: { id?: string; status?: string };
  }

  async function watch(port: number, lastId?: string) {
    const events: Event[] = [];
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpGet(
        {
          host: '127.0.0.1',
          port,
          path: '/api/v1/events',
          headers: { ...HOST, ...(lastId ? { 'last-event-id': lastId } : {}) },
        },
        resolve,
      ).on('error', reject);
    });
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
        );
        text = text.slice(end + 2);
        if (fields['event'] && fields['data']) {
          events.push({
            id: fields['id'] ?? '',
            event: fields['event'],
            data: JSON.parse(fields['data']) as Event['data'],
          });
        }
      }
    });
    response.on('error', () => undefined);
    return { events, response };
  }

  it('sends changes, continues after the last id, and sends reset for an unknown id', async () => {
    const app = await start();
    await app.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.app.server.address() as AddressInfo;
    const live = await watch(port);
    expect(live.response.headers['content-type']).toMatch(/^text\/event-stream/);
    const [id = ''] = await queue(app, 'https://a.example/1');
    await eventually(() =>
      live.events.some(({ data }) => data.id === id && data.status === 'running'),
    );
    const seen = live.events.find(({ event }) => event === 'download')?.id ?? '';
    live.response.destroy();
    await call(app, 'DELETE', `/downloads/${id}`);
    const resumed = await watch(port, seen);
    const states = await eventually(() => {
      const found = resumed.events.filter(({ event }) => event === 'download');
      return found.some(({ data }) => data.status === 'cancelled') ? found : null;
    });
    expect(states.map(({ data }) => data.status)).toEqual(['running', 'cancelled']);
    resumed.response.destroy();
    const foreign = await watch(port, 'other.4');
    await eventually(() => foreign.events[0]?.event === 'reset');
    foreign.response.destroy();
    const told = [...live.events, ...resumed.events, ...foreign.events];
    const misshapen = told.filter(
      ({ event, data }) => !Value.Check(STREAM_EVENTS[event as StreamEventName], data),
    );
    expect(misshapen).toEqual([]);
  });
});
