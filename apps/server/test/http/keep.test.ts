import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download, FailureCode } from '@artemis/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import {
  eventually,
  runUntilStopped,
  startApp,
  type AppUnderTest,
  type FakeRun,
} from './app-under-test.ts';

const HEADERS = { host: '127.0.0.1:8500' };
const NOBODY = '00000000-0000-4000-8000-000000000000';
let app: AppUnderTest;

afterEach(() => app.close());

async function post(path: string, payload?: object) {
  const url = `/api/v1/downloads${path}`;
  const answer = await app.app.inject({
    method: 'POST',
    url,
    headers: HEADERS,
    ...(payload && { payload }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

async function queued(): Promise<string> {
  const { body } = await post('', { url: 'https://a.example/1' });
  return (body['downloads'] as Download[])[0]?.id ?? '';
}

async function record(id: string): Promise<Download> {
  const answer = await app.app.inject({ url: `/api/v1/downloads/${id}`, headers: HEADERS });
  return answer.json<{ download: Download }>().download;
}

const until = (id: string, status: Download['status']) =>
  eventually(async () => {
    const download = await record(id);
    return download.status === status ? download : null;
  });

/** A stream that goes on until it is finished or stopped. */
function stream(isLive: boolean): FakeRun {
  return async (download, options) => {
    options.onEvent({ kind: 'metadata', metadata: { title: 'News', is_live: isLive } });
    options.onEvent({
      kind: 'progress',
      phase: 'downloading',
      progress: 0,
      downloadedBytes: 4,
      totalBytes: null,
      speedBps: 1,
      etaSeconds: null,
    });
    return Promise.race([
      runUntilStopped(download, options),
      new Promise<Awaited<ReturnType<FakeRun>>>((resolve) => {
        options.finish.addEventListener('abort', () =>
          resolve({
            kind: 'done',
            files: [],
            metadata: { title: 'News', is_live: isLive },
            warnings: [],
            usage: null,
          }),
        );
      }),
    ]);
  };
}

const isDownloading = (id: string) =>
  eventually(async () => (await record(id)).phase === 'downloading');

describe('finishing a recording', () => {
  it('completes it with what it has, once', async () => {
    app = await startApp({ run: stream(true) });
    const id = await queued();
    await isDownloading(id);
    const { status, body } = await post(`/${id}/finish`);
    expect(status).toBe(200);
    expect(body['download']).toMatchObject({ id, status: 'running' });
    expect(await until(id, 'completed')).toMatchObject({ title: 'News', attempt: 1 });
    expect(await post(`/${id}/finish`)).toMatchObject({
      status: 409,
      body: { code: 'NOT_FINISHABLE' },
    });
  });

  it('is refused for a download that is not live, which continues', async () => {
    app = await startApp({ run: stream(false) });
    const id = await queued();
    await isDownloading(id);
    expect(await post(`/${id}/finish`)).toMatchObject({
      status: 409,
      body: { code: 'NOT_FINISHABLE' },
    });
    expect((await record(id)).status).toBe('running');
  });

  it('accepts no fields, and answers 404 for an unknown download', async () => {
    app = await startApp();
    expect(await post(`/${NOBODY}/finish`, { now: true })).toMatchObject({ status: 400 });
    expect(await post(`/${NOBODY}/finish`)).toMatchObject({
      status: 404,
      body: { code: 'DOWNLOAD_NOT_FOUND' },
    });
  });
});

describe('keeping incomplete media', () => {
  const kept: Awaited<ReturnType<FakeRun>> = {
    kind: 'done',
    files: [],
    metadata: { title: 'Half' },
    warnings: [{ code: 'INCOMPLETE', message: 'A part of the media is missing.' }],
    usage: null,
  };
  const failing =
    (code: FailureCode, thenKept: Awaited<ReturnType<FakeRun>>): FakeRun =>
    async ({ accept_incomplete: isKept }, { jobFolder }) => {
      if (isKept === true) return existsSync(join(jobFolder, 'partial')) ? thenKept : runsOut;
      await writeFile(join(jobFolder, 'partial'), 'half');
      const figures = code === 'FRAGMENTS_MISSING' ? { figures: '1 / 60: Segment 13 (0:12)' } : {};
      return { kind: 'failed', code, detail: '', retryAfterSeconds: null, usage: null, ...figures };
    };
  const runsOut: Awaited<ReturnType<FakeRun>> = {
    kind: 'failed',
    code: 'TRUNCATED',
    detail: '',
    retryAfterSeconds: null,
    usage: null,
  };
  const accept = { accept_incomplete: true };

  async function failed(code: FailureCode, thenKept = kept): Promise<string> {
    app = await startApp({ run: failing(code, thenKept), environment: { MAX_ATTEMPTS: '1' } });
    const id = await queued();
    await until(id, 'failed');
    return id;
  }

  it('completes a truncated download with a warning', async () => {
    const id = await failed('TRUNCATED');
    const { status, body } = await post(`/${id}/retry`, accept);
    expect(status).toBe(200);
    expect(body['download']).toMatchObject({ status: 'queued', accept_incomplete: true });
    expect(await until(id, 'completed')).toMatchObject({
      title: 'Half',
      accept_incomplete: false,
      error: null,
      warnings: [{ code: 'INCOMPLETE' }],
    });
  });

  it('is possible for lost segments, which the record names', async () => {
    const id = await failed('FRAGMENTS_MISSING');
    const detail = '1 / 60: Segment 13 (0:12)';
    expect((await record(id)).error).toMatchObject({
      code: 'FRAGMENTS_MISSING',
      message: expect.stringContaining(`(${detail}).`) as string,
      detail,
    });
    expect(await post(`/${id}/retry`, accept)).toMatchObject({ status: 200 });
    expect(await until(id, 'completed')).toMatchObject({ error: null });
  });

  it('leaves the download failed when no file can be made, and tries nothing else', async () => {
    const id = await failed('TRUNCATED', runsOut);
    const first = app;
    await first.stop();
    app = await startApp({
      run: failing('TRUNCATED', runsOut),
      environment: { MAX_ATTEMPTS: '5' },
      folder: first.folder,
    });
    await post(`/${id}/retry`, accept);
    await eventually(async () => (await record(id)).attempt === 2);
    expect(await until(id, 'failed')).toMatchObject({
      accept_incomplete: false,
      error: { code: 'TRUNCATED' },
    });
    await app.close();
    app = first;
  });

  it('is refused for other failures', async () => {
    const id = await failed('MEDIA_UNAVAILABLE');
    expect(await post(`/${id}/retry`, accept)).toMatchObject({
      status: 409,
      body: { code: 'NOT_RETRYABLE' },
    });
    expect((await record(id)).status).toBe('failed');
  });

  it.each([{ quality: '480p' }, { parts: ['subtitles'] }])(
    'cannot be combined: %j',
    async (other) => {
      const id = await failed('TRUNCATED');
      expect(await post(`/${id}/retry`, { ...accept, ...other })).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED' },
      });
    },
  );
});
