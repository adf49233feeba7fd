import { describe, expect, it } from 'vitest';
import { ApiError, createClient, type Client } from '../src/client.ts';

type Reply = () => Response | Promise<Response>;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => {
  const text = JSON.stringify(body);
  return () =>
    new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } });
};
const down: Reply = () => Promise.reject(new TypeError('fetch failed'));
const cut: Reply = () =>
  new Response(
    new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) }),
    { headers: { 'content-type': 'application/json' } },
  );
const record = (status: string) => json(200, { download: { id: 'a', status } });
const gone = json(410, { code: 'REV_GONE', detail: 'gone' });

/** Answers in this order, the last one for ever. */
function clientOf(...replies: Reply[]): Client {
  let next = 0;
  return createClient({
    baseUrl: 'http://127.0.0.1:1',
    fetch: (_input, init) => {
      init?.signal?.throwIfAborted();
      const reply = replies[Math.min(next, replies.length - 1)] ?? down;
      next += 1;
      return Promise.resolve(reply());
    },
  });
}

const QUICK = { intervalMs: 1 } as const;

async function rejectionOf(call: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError but ${String(error)}`);
  return error;
}

describe('a call that fails', () => {
  it('rejects with an ApiError when the request cannot be written as JSON', async () => {
    const request: Record<string, unknown> = { url: 'https://a.example' };
    request['options'] = request;
    const error = await rejectionOf(clientOf(json(202, {})).createDownloads(request));
    expect([error.status, error.message]).toEqual([
      0,
      'The request was not sent: its body cannot be written as JSON',
    ]);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it.each<[string, Reply, number]>([
    ['nobody answers', down, 0],
    ['the answer ends in the middle', cut, 0],
    ['a proxy answers with a page', () => new Response('<p>', { status: 502 }), 502],
    ['a proxy answers with a page as if all were well', () => new Response('<p>'), 200],
    [
      'what says that it is JSON is none',
      () => new Response('{', { headers: { 'content-type': 'application/json' } }),
      200,
    ],
    ['the server refuses', json(404, { code: 'DOWNLOAD_NOT_FOUND', detail: 'x' }), 404],
  ])('rejects with an ApiError when %s', async (_when, reply, status) => {
    expect((await rejectionOf(clientOf(reply).telemetry())).status).toBe(status);
    expect((await rejectionOf(clientOf(reply).readiness())).status).toBe(status);
  });

  it('says why there is no answer, also after an abort', async () => {
    expect((await rejectionOf(clientOf(down).telemetry())).cause).toBeInstanceOf(TypeError);
    const signal = AbortSignal.abort('enough');
    expect((await rejectionOf(clientOf(down).telemetry({ signal }))).cause).toBe('enough');
    expect((await rejectionOf(clientOf(down).waitFor('a', { signal }))).cause).toBe('enough');
  });
});

describe('waitFor', () => {
  it('survives a restart of the server', async () => {
    const restart = [json(503, { code: 'SHUTTING_DOWN', detail: '' }), down, cut, down];
    const states: string[] = [];
    const client = clientOf(record('running'), ...restart, record('queued'), record('completed'));
    const onChange = ({ status }: { status: string }) => void states.push(status);
    expect((await client.waitFor('a', { ...QUICK, onChange })).status).toBe('completed');
    expect(states).toEqual(['running', 'queued', 'completed']);
  });

  it('rejects on a refusal, and when nobody answers for too long', async () => {
    const unknown = clientOf(down, json(404, { code: 'DOWNLOAD_NOT_FOUND', detail: 'x' }));
    expect((await rejectionOf(unknown.waitFor('a', QUICK))).status).toBe(404);
    const never = clientOf(record('running'), down);
    expect((await rejectionOf(never.waitFor('a', { ...QUICK, patienceMs: 0 }))).status).toBe(0);
  });
});

describe('watch', () => {
  it('survives a restart of the server with the newest page, and ends with its signal', async () => {
    const list = (rev: string) => json(200, { downloads: [], total: 0, next_cursor: null, rev });
    const changes = (rev: string) =>
      json(200, { downloads: [{ id: rev }], removed: [], rev, more: false });
    const client = clientOf(
      list('a.1'),
      changes('a.2'),
      down,
      down,
      gone,
      list('b.1'),
      changes('b.2'),
    );
    const enough = new AbortController();
    const revs: string[] = [];
    for await (const { rev } of client.watch({ ...QUICK, signal: enough.signal })) {
      revs.push(rev);
      if (revs.length === 4) enough.abort();
    }
    expect(revs).toEqual(['a.1', 'a.2', 'b.1', 'b.2']);
  });
});
