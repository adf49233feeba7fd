import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Download,
  type DownloadDetail,
  type DownloadList,
  Problem,
  Telemetry,
} from '@artemis/contracts';
import { Ajv } from 'ajv';
import { afterEach, describe, expect, it } from 'vitest';
import type { OutcomeFile } from '../../src/domain/attempt.ts';
import { failure } from '../domain/domain-under-test.ts';
import {
  eventually,
  startApp,
  type AppOptions,
  type AppUnderTest,
  type FakeRun,
} from './app-under-test.ts';

const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
const isProblem = ajv.compile(Problem);
const isDownload = ajv.compile(Download);
const isTelemetry = ajv.compile(Telemetry);

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

async function post({ app }: AppUnderTest, payload: object, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: '/api/v1/downloads',
    headers: { ...HOST, ...headers },
    payload,
  });
}

async function get({ app }: AppUnderTest, path: string, headers: Record<string, string> = {}) {
  return app.inject({ method: 'GET', url: `/api/v1${path}`, headers: { ...HOST, ...headers } });
}

async function remove({ app }: AppUnderTest, path: string) {
  return app.inject({ method: 'DELETE', url: `/api/v1${path}`, headers: HOST });
}

async function recordOf(app: AppUnderTest, id: string): Promise<Download> {
  return (await get(app, `/downloads/${id}`)).json<DownloadDetail>().download;
}

function expectProblem(
  response: { statusCode: number; json: () => unknown },
  status: number,
  code: string,
) {
  const body = response.json();
  expect({ status: response.statusCode, body }).toMatchObject({ status, body: { status, code } });
  expect(isProblem(body)).toBe(true);
}

/** Writes a file as an engine would and says that it is verified. */
const succeed: FakeRun = async (_download, { jobFolder }) => {
  const path = join(jobFolder, 'media.mp4');
  await writeFile(path, 'x'.repeat(5000));
  const file: OutcomeFile = {
    kind: 'media',
    path,
    suffix: '.mp4',
    sizeBytes: 5000,
    contentType: 'video/mp4',
  };
  return {
    kind: 'done',
    files: [file],
    metadata: { title: 'A "title"\u202e/with\r\nthings', duration: 3 },
    warnings: [],
    usage: null,
  };
};

describe('POST /downloads', () => {
  it('answers 202 with records that are on disk by then', async () => {
    const app = await start();
    const response = await post(app, { urls: ['https://a.example/1', 'https://b.example/2'] });
    expect(response.statusCode).toBe(202);
    const { downloads } = response.json<{ downloads: Download[] }>();
    expect(downloads.map(({ url }) => url)).toEqual(['https://a.example/1', 'https://b.example/2']);
    for (const download of downloads) {
      isDownload(download);
      expect(isDownload.errors).toBeNull();
    }
    const stored = JSON.parse(await readFile(app.config.historyFile, 'utf8')) as {
      version: number;
      downloads: Download[];
    };
    expect(stored.version).toBe(1);
    expect(stored.downloads.map(({ id }) => id).toSorted()).toEqual(
      downloads.map(({ id }) => id).toSorted(),
    );
  });

  it.each([
    [{}, 'VALIDATION_FAILED'],
    [{ url: 'https://a.example/', urls: ['https://a.example/'] }, 'VALIDATION_FAILED'],
    [{ url: 'https://a.example/', extra: 1 }, 'VALIDATION_FAILED'],
    [{ url: 5 }, 'VALIDATION_FAILED'],
    [{ url: 'https://a.example/', priority: '3' }, 'VALIDATION_FAILED'],
    [{ url: 'https://a.example/', quality: '999p' }, 'VALIDATION_FAILED'],
    [{ url: 'https://a.example/', options: { exec: 'x' } }, 'VALIDATION_FAILED'],
    [
      { url: 'https://a.example/', options: { section: { start: 9, end: 3 } } },
      'VALIDATION_FAILED',
    ],
    [{ url: 'https://a.example/', options: { directory: '../x' } }, 'VALIDATION_FAILED'],
    [{ url: 'https://a.example/', format_preset: 'Other' }, 'PRESET_UNKNOWN'],
    [{ urls: ['https://a.example/', 'file:///etc/passwd'] }, 'URL_NOT_ALLOWED'],
  ])('refuses %j with %s and queues nothing', async (body, code) => {
    const app = await start();
    expectProblem(await post(app, body), 400, code);
    expect((await get(app, '/downloads')).json<DownloadList>().total).toBe(0);
  });

  it('names the field in the sentence and the place of the bad link', async () => {
    const app = await start();
    const unknown = (await post(app, { url: 'https://a.example/', speed: 1 })).json<Problem>();
    expect(unknown.detail).toBe('speed is not a known field.');
    const bad = (await post(app, { urls: ['https://a.example/', 'nonsense'] })).json<Problem>();
    expect(bad.errors).toEqual([
      { path: '/urls/1', message: 'must be an http or https link', index: 1 },
    ]);
  });

  it.each([
    [
      { playlist: { mode: 'select', items: '0' } },
      { path: '/options/playlist/items', message: 'must be positions and ranges such as 1-20,25' },
    ],
    [
      { section: { start: 'later', end: 5 } },
      {
        path: '/options/section/start',
        message: 'must be seconds, at most 604800, or text such as 1:30 or 1:02:30',
      },
    ],
    [
      { subtitles: { languages: ['english!'] } },
      {
        path: '/options/subtitles/languages/0',
        message: 'must be a language tag such as en or pt-BR',
      },
    ],
  ])('says what would be valid instead of %j', async (options, problem) => {
    const app = await start();
    const answer = await post(app, { url: 'https://a.example/', options });
    const wanted = problem.message.replace('must be ', '');
    expect(answer.json<Problem>().errors).toEqual([
      { ...problem, code: 'MUST_BE', values: { wanted } },
    ]);
  });

  it('refuses other content types, large bodies and prototype poisoning', async () => {
    const app = await start();
    const send = (payload: string, type: string) =>
      app.app.inject({
        method: 'POST',
        url: '/api/v1/downloads',
        headers: { ...HOST, 'content-type': type },
        payload,
      });
    expectProblem(
      await send('{"url":"https://a.example/"}', 'text/plain'),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    );
    expectProblem(
      await send(`{"url":"${'x'.repeat(300_000)}"}`, 'application/json'),
      413,
      'PAYLOAD_TOO_LARGE',
    );
    expectProblem(await send('{"url":', 'application/json'), 400, 'VALIDATION_FAILED');
    expectProblem(
      await send('{"url":"https://a.example/","__proto__":{"x":1}}', 'application/json'),
      400,
      'VALIDATION_FAILED',
    );
  });

  it('answers 429 with Retry-After when the queue is full, and duplicates do not count', async () => {
    const app = await start({ environment: { MAX_QUEUE_DEPTH: '2' } });
    await post(app, { urls: ['https://a.example/1', 'https://a.example/2'] });
    const full = await post(app, { url: 'https://a.example/3' });
    expectProblem(full, 429, 'QUEUE_FULL');
    expect(Number(full.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const again = await post(app, { url: 'https://a.example/2' });
    expect(again.statusCode).toBe(202);
    expect(again.json<{ duplicates: string[] }>().duplicates).toHaveLength(1);
  });

  it('gives one record to equal requests at the same time, unless forced', async () => {
    const app = await start();
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => post(app, { url: 'https://a.example/same' })),
    );
    const ids = responses.map(
      (response) => response.json<{ downloads: Download[] }>().downloads[0]?.id,
    );
    expect(new Set(ids).size).toBe(1);
    const forced = await post(app, { url: 'https://a.example/same', force: true });
    expect(forced.json<{ duplicates: string[] }>().duplicates).toEqual([]);
    expect((await get(app, '/downloads')).json<DownloadList>().total).toBe(2);
  });

  it('replays an idempotency key, also after a restart, and refuses it for another body', async () => {
    const first = await start();
    const key = { 'idempotency-key': 'order-1' };
    const body = { url: 'https://a.example/key', force: true };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(first, body, key)));
    const ids = new Set(
      answers.map((answer) => answer.json<{ downloads: Download[] }>().downloads[0]?.id),
    );
    expect(ids.size).toBe(1);
    expectProblem(
      await post(first, { url: 'https://a.example/other' }, key),
      409,
      'IDEMPOTENCY_CONFLICT',
    );
    await first.stop();
    const second = await start({ folder: first.folder });
    const replay = await post(second, body, key);
    expect(replay.json<{ downloads: Download[] }>().downloads[0]?.id).toBe([...ids][0]);
    expect((await get(second, '/downloads')).json<DownloadList>().total).toBe(1);
  });

  it('answers 503 and keeps nothing when the history cannot be written', async () => {
    const app = await start({
      history: (history) => ({
        ...history,
        save: (change) =>
          change.put?.some(({ url }) => url.endsWith('/broken'))
            ? Promise.reject(new Error('EIO'))
            : history.save(change),
      }),
    });
    expectProblem(await post(app, { url: 'https://a.example/broken' }), 503, 'STORE_UNAVAILABLE');
    expect((await get(app, '/downloads')).json<DownloadList>().total).toBe(0);
  });
});

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function sibling(character: string, step: number): string {
  const index = ALPHABET.indexOf(character);
  return ALPHABET[(index & ~3) | ((index + step) & 3)] ?? '';
}

describe('a completed download', () => {
  it('has its file, its record and signed links that serve ranges', async () => {
    const app = await start({ run: succeed });
    const created = (await post(app, { url: 'https://a.example/v' })).json<{
      downloads: Download[];
    }>();
    const id = created.downloads[0]?.id ?? '';
    const record = await eventually(async () => {
      const download = await recordOf(app, id);
      return download.status === 'completed' ? download : null;
    });
    expect(record).toMatchObject({
      progress: 100,
      file_size: 5000,
      storage_path: `downloads/${id}.mp4`,
      phase: null,
      artifacts: [{ kind: 'media', name: `${id}.mp4`, size: 5000 }],
    });
    const detail = (await get(app, `/downloads/${id}`)).json<DownloadDetail>();
    const url = detail.download_url ?? '';
    const fetchFile = (
      path: string,
      headers: Record<string, string> = {},
      method: 'GET' | 'HEAD' = 'GET',
    ) => app.app.inject({ method, url: path, headers: { ...HOST, ...headers } });

    const whole = await fetchFile(url);
    expect(whole.statusCode).toBe(200);
    expect(whole.body).toBe('x'.repeat(5000));
    expect(whole.headers['content-disposition']).toMatch(
      /^attachment; filename="[A-Za-z0-9._ -]+"; filename\*=UTF-8''/,
    );
    expect(whole.headers['content-disposition']).not.toMatch(/[\r\n\u202e]/);
    expect(whole.headers['x-content-type-options']).toBe('nosniff');

    const part = await fetchFile(url, { range: 'bytes=10-19' });
    expect(part.statusCode).toBe(206);
    expect(part.headers['content-range']).toBe('bytes 10-19/5000');
    expect(part.body).toHaveLength(10);
    const stale = await fetchFile(url, { range: 'bytes=10-19', 'if-range': '"other"' });
    expect(stale.statusCode).toBe(200);
    expectProblem(await fetchFile(url, { range: 'bytes=5000-' }), 416, 'RANGE_NOT_SATISFIABLE');
    const head = await fetchFile(url, {}, 'HEAD');
    expect(head.headers['content-length']).toBe('5000');
    expect(head.body).toBe('');
    expect(
      (await fetchFile(url, { 'if-none-match': String(whole.headers['etag']) })).statusCode,
    ).toBe(304);

    const forgeries = [
      url.replace(/expires=\d/, 'expires=9'),
      url.replace(/signature=(.)/, (_, first: string) => `signature=${first === 'A' ? 'B' : 'A'}`),
      url.replace(
        /(signature=.{42})(.)/,
        (_, rest: string, last: string) => `${rest}${last === 'A' ? 'B' : 'A'}`,
      ),
      // The last character of base64 has bits that mean nothing.
      ...[1, 2, 3].map((step) =>
        url.replace(
          /(signature=.{42})(.)/,
          (_, rest: string, last: string) => `${rest}${sibling(last, step)}`,
        ),
      ),
      `${url}&artifact=0`,
      `${url}&inline=1`,
    ];
    for (const forged of forgeries)
      expectProblem(await fetchFile(forged), 403, 'SIGNATURE_INVALID');
    expectProblem(await fetchFile(`${url}&more=1`), 400, 'VALIDATION_FAILED');
    const first = detail.artifact_urls[0] ?? '';
    expect((await fetchFile(first)).statusCode).toBe(200);
    expectProblem(
      await fetchFile(first.replace('artifact=0', 'artifact=00')),
      400,
      'VALIDATION_FAILED',
    );

    const inline = await fetchFile(detail.inline_url ?? '');
    expect(inline.headers['content-disposition']).toMatch(/^inline/);

    // An attempt that has ended may still be putting its folder away, which is a conflict.
    await eventually(
      async () => (await remove(app, `/downloads/${id}?purge=file`)).statusCode === 204,
    );
    expectProblem(await fetchFile(url), 404, 'DOWNLOAD_NOT_FOUND');
    expect((await app.files.usage()).files).toBe(0);
  });

  it('leaves the history file when newer ones have ended, and stays in the list while its file is stored', async () => {
    const app = await start({
      environment: { HISTORY_LIMIT: '3', MAX_PER_HOST: '4' },
      run: (download, options) =>
        download.url.includes('/stay')
          ? new Promise((resolve) =>
              options.signal.addEventListener('abort', () =>
                resolve({ kind: 'stopped', usage: null }),
              ),
            )
          : succeed(download, options),
    });
    await post(app, { url: 'https://a.example/stay' });
    for (let index = 0; index < 6; index += 1) {
      const { downloads } = (await post(app, { url: `https://a.example/${index}` })).json<{
        downloads: Download[];
      }>();
      await eventually(async () =>
        (await get(app, `/downloads?q=${index}&status=completed`))
          .json<DownloadList>()
          .downloads.some(({ id }) => id === downloads[0]?.id),
      );
    }
    const inFile = async () => {
      const text = await readFile(app.config.historyFile, 'utf8');
      return (JSON.parse(text) as DownloadList).downloads.map(({ url }) => url.slice(-4));
    };
    expect((await inFile()).toReversed()).toEqual(['stay', 'le/3', 'le/4', 'le/5']);
    const { downloads } = (await get(app, '/downloads?sort=created')).json<DownloadList>();
    expect(downloads.map(({ url }) => url.slice(-4))).toEqual([
      ...['stay', 'le/0', 'le/1', 'le/2', 'le/3', 'le/4', 'le/5'],
    ]);
    const [, oldest] = downloads;
    await eventually(
      async () => (await remove(app, `/downloads/${oldest?.id}?purge=file`)).statusCode === 204,
    );
    expect((await get(app, '/downloads')).json<DownloadList>().total).toBe(6);
  });
});

describe('a start with a lower HISTORY_LIMIT', () => {
  it('forgets excess records without a file at once', async () => {
    const fail = () => Promise.resolve(failure('MEDIA_UNAVAILABLE'));
    const first = await start({ run: fail });
    const urls = ['https://a.example/1', 'https://b.example/2', 'https://c.example/3'];
    await post(first, { urls });
    await eventually(
      async () => (await get(first, '/downloads?status=failed')).json<DownloadList>().total === 3,
    );
    await first.stop();
    const second = await start({ folder: first.folder, environment: { HISTORY_LIMIT: '1' } });
    expect((await get(second, '/downloads')).json<DownloadList>().total).toBe(1);
  });
});

describe('cancel and retry', () => {
  it('cancels a running download at once, refuses it twice, and retries the same record', async () => {
    const app = await start();
    const { downloads } = (await post(app, { url: 'https://a.example/c' })).json<{
      downloads: Download[];
    }>();
    const id = downloads[0]?.id ?? '';
    await eventually(async () => (await recordOf(app, id)).status === 'running');
    expectProblem(await remove(app, `/downloads/${id}?purge=record`), 409, 'STILL_ACTIVE');
    const cancelled = (await remove(app, `/downloads/${id}`)).json<{ download: Download }>()
      .download;
    expect(cancelled).toMatchObject({ id, status: 'cancelled', retry_at: null });
    expectProblem(await remove(app, `/downloads/${id}`), 409, 'NOT_CANCELLABLE');
    const retried = await app.app.inject({
      method: 'POST',
      url: `/api/v1/downloads/${id}/retry`,
      headers: HOST,
    });
    expect(retried.json<{ download: Download }>().download.status).toBe('queued');
    const running = await eventually(async () => {
      const download = await recordOf(app, id);
      return download.status === 'running' ? download : null;
    });
    expect(running.attempt).toBe(2);
    expectProblem(
      await app.app.inject({ method: 'POST', url: `/api/v1/downloads/${id}/retry`, headers: HOST }),
      409,
      'NOT_RETRYABLE',
    );
  });

  it('retries a retryable failure, and ends a final one with its hint', async () => {
    let runs = 0;
    const app = await start({
      run: (download) => {
        runs += 1;
        const code = download.url.endsWith('gone') ? 'MEDIA_UNAVAILABLE' : 'NETWORK';
        return Promise.resolve({
          kind: 'failed',
          code,
          detail: 'no',
          retryAfterSeconds: 1,
          usage: null,
        });
      },
      environment: { MAX_ATTEMPTS: '2' },
    });
    await post(app, { urls: ['https://a.example/gone', 'https://b.example/flaky'] });
    const failed = await eventually(async () => {
      const list = (await get(app, '/downloads?status=failed')).json<DownloadList>();
      return list.total === 2 ? list.downloads : null;
    });
    expect(failed.map(({ error, attempt }) => [error?.code, attempt]).toSorted()).toEqual([
      ['MEDIA_UNAVAILABLE', 1],
      ['NETWORK', 2],
    ]);
    expect(runs).toBe(3);
    for (const { error } of failed) expect(error?.hint).toMatch(/\.$/);
  });

  it('continues after an engine crash without counting an attempt, but not for ever', async () => {
    let runs = 0;
    const app = await start({
      run: (download, options) => {
        runs += 1;
        if (runs <= 2 || download.url.endsWith('cause')) {
          return Promise.resolve({
            kind: 'failed',
            code: 'INTERRUPTED',
            detail: '',
            retryAfterSeconds: null,
            usage: null,
          });
        }
        return succeed(download, options);
      },
      environment: { MAX_ATTEMPTS: '1' },
    });
    await post(app, { url: 'https://a.example/v' });
    const record = await eventually(async () => {
      const { downloads } = (await get(app, '/downloads?status=completed')).json<DownloadList>();
      return downloads[0];
    });
    expect({ attempt: record.attempt, runs }).toEqual({ attempt: 1, runs: 3 });
    await post(app, { url: 'https://a.example/cause' });
    const failed = await eventually(async () => {
      const { downloads } = (await get(app, '/downloads?status=failed')).json<DownloadList>();
      return downloads[0];
    });
    expect(failed.error?.code).toBe('INTERRUPTED');
  });

  it('continues what was running and queued when the server stopped, without counting an attempt', async () => {
    const first = await start({ environment: { MAX_WORKERS: '1' } });
    await post(first, { urls: ['https://a.example/1', 'https://a.example/2'] });
    await eventually(
      async () => (await get(first, '/downloads?status=running')).json<DownloadList>().total === 1,
    );
    await first.stop();
    const second = await start({ folder: first.folder, run: succeed });
    const list = await eventually(async () => {
      const found = (await get(second, '/downloads?status=completed')).json<DownloadList>();
      return found.total === 2 ? found.downloads : null;
    });
    expect(list.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });
});

describe('GET /downloads', () => {
  it('pages by cursor without gaps, filters, searches and answers 304', async () => {
    const app = await start({ environment: { MAX_WORKERS: '1' } });
    await post(app, {
      urls: Array.from({ length: 30 }, (_, index) => `https://a.example/${index}`),
    });
    const seen: string[] = [];
    let cursor = '';
    do {
      const query = `limit=7&sort=title${cursor && `&cursor=${cursor}`}`;
      const page = (await get(app, `/downloads?${query}`)).json<DownloadList>();
      expect(page.total).toBe(30);
      seen.push(...page.downloads.map(({ id }) => id));
      cursor = page.next_cursor ?? '';
    } while (cursor);
    expect(new Set(seen).size).toBe(30);
    expect((await get(app, '/downloads?q=example/29')).json<DownloadList>().total).toBe(1);
    expect((await get(app, '/downloads?status=queued,failed')).json<DownloadList>().total).toBe(29);
    const listed = await get(app, '/downloads');
    const again = await get(app, '/downloads', { 'if-none-match': String(listed.headers['etag']) });
    expect(again.statusCode).toBe(304);
    expectProblem(await get(app, '/downloads?cursor=abc'), 400, 'VALIDATION_FAILED');
    expectProblem(await get(app, '/downloads?status=odd'), 400, 'VALIDATION_FAILED');
    expectProblem(await get(app, '/downloads?limit=1000'), 400, 'VALIDATION_FAILED');
    expectProblem(await get(app, '/downloads?page=2'), 400, 'VALIDATION_FAILED');
  });

  it('returns changes since a revision, and 410 for an unknown one', async () => {
    const app = await start();
    const { rev } = (await get(app, '/downloads')).json<DownloadList>();
    const { downloads } = (await post(app, { url: 'https://a.example/x' })).json<{
      downloads: Download[];
    }>();
    const id = downloads[0]?.id ?? '';
    const changes = (await get(app, `/downloads?since=${rev}`)).json<{
      downloads: Download[];
      rev: string;
    }>();
    expect(changes.downloads.map((download) => download.id)).toEqual([id]);
    await remove(app, `/downloads/${id}`);
    await eventually(
      async () => (await remove(app, `/downloads/${id}?purge=record`)).statusCode === 204,
    );
    const after = (await get(app, `/downloads?since=${changes.rev}`)).json<{ removed: string[] }>();
    expect(after.removed).toEqual([id]);
    expectProblem(await get(app, '/downloads?since=other.1'), 410, 'REV_GONE');
  });
});

describe('the guard', () => {
  it.each([
    ['evil.example:8500', {}, 'FORBIDDEN_HOST'],
    ['127.0.0.1:9999', {}, 'FORBIDDEN_HOST'],
    ['127.0.0.1:8500', { origin: 'https://evil.example' }, 'FORBIDDEN_ORIGIN'],
    ['127.0.0.1:8500', { origin: 'null' }, 'FORBIDDEN_ORIGIN'],
    ['127.0.0.1:8500', { 'sec-fetch-site': 'cross-site' }, 'FORBIDDEN_ORIGIN'],
    ['127.0.0.1:8500', { 'sec-fetch-site': 'same-site' }, 'FORBIDDEN_ORIGIN'],
  ])('refuses a POST to %s with %j', async (host, headers, code) => {
    const app = await start();
    expectProblem(await post(app, { url: 'https://a.example/' }, { host, ...headers }), 403, code);
    expect((await get(app, '/downloads')).json<DownloadList>().total).toBe(0);
  });

  it('lets our own page through and never sends CORS headers by itself', async () => {
    const app = await start();
    const response = await post(
      app,
      { url: 'https://a.example/' },
      { host: 'localhost:8500', origin: 'https://localhost:8500', 'sec-fetch-site': 'same-origin' },
    );
    expect(response.statusCode).toBe(202);
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('requires the token everywhere except for the liveness check and the page', async () => {
    const app = await start({ environment: { API_TOKEN: 'correct-horse' } });
    expectProblem(await get(app, '/downloads'), 401, 'UNAUTHORIZED');
    expectProblem(
      await get(app, '/telemetry', { authorization: 'Bearer wrong-horse' }),
      401,
      'UNAUTHORIZED',
    );
    expect(
      (await get(app, '/telemetry', { authorization: 'Bearer correct-horse' })).statusCode,
    ).toBe(200);
    const health = await app.app.inject({ url: '/healthz', headers: { host: 'any.example' } });
    expect(health.statusCode).toBe(200);
  });

  it('limits submissions by address, with Retry-After', async () => {
    const app = await start({
      environment: { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_SUBMIT_MAX: '2', RATE_LIMIT_MAX: '5' },
    });
    const answers = [];
    for (let index = 0; index < 3; index += 1) {
      answers.push(await post(app, { url: `https://a.example/${index}` }));
    }
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 429]);
    expectProblem(answers[2] ?? (await get(app, '/')), 429, 'RATE_LIMITED');
    expect(String(answers[2]?.headers['retry-after'])).toMatch(/^[1-9]\d*$/);
    const reads = [];
    for (let index = 0; index < 6; index += 1) reads.push(await get(app, '/telemetry'));
    expect(reads.at(-1)?.statusCode).toBe(429);
  });
});

describe('other answers', () => {
  it('answers unknown addresses with 404 and wrong methods with 405', async () => {
    const app = await start();
    expectProblem(await get(app, '/nothing'), 404, 'ROUTE_NOT_FOUND');
    const put = await app.app.inject({ method: 'PUT', url: '/api/v1/downloads', headers: HOST });
    expectProblem(put, 405, 'METHOD_NOT_ALLOWED');
    expect(put.headers['allow']).toBe('POST, GET, HEAD');
    expectProblem(await get(app, '/downloads/not-an-id'), 400, 'VALIDATION_FAILED');
    expectProblem(
      await get(app, '/downloads/00000000-0000-4000-8000-000000000000'),
      404,
      'DOWNLOAD_NOT_FOUND',
    );
  });

  it('gives valid telemetry, and 304 while nothing happens', async () => {
    const app = await start({ run: succeed });
    const response = await get(app, '/telemetry');
    isTelemetry(response.json());
    expect(isTelemetry.errors).toBeNull();
    expect(response.headers['etag']).toMatch(/^W\//);
    const idle = await get(app, '/telemetry', {
      'if-none-match': String(response.headers['etag']),
    });
    expect(idle.statusCode).toBe(304);
  });
});
