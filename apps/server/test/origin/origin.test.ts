import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCanary } from './canary.ts';
import { startOrigin, type Origin } from './origin.ts';

let origin: Origin;

beforeAll(async () => {
  origin = await startOrigin();
}, 60_000);
afterAll(() => origin.close());
beforeEach(() => {
  origin.requests.length = 0;
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(origin.url + path, { headers, redirect: 'manual' });
const bytes = async (path: string, headers: Record<string, string> = {}) =>
  Buffer.from(await (await get(path, headers)).arrayBuffer());

describe('a good file', () => {
  it('comes whole with length and ETag', async () => {
    const response = await get('/media/clip-360.mp4');
    const body = await response.arrayBuffer();
    expect(response.headers.get('content-length')).toBe(String(body.byteLength));
    expect(response.headers.get('etag')).toBe('"clip-360.mp4"');
  });

  it('is served in ranges, unless If-Range names another entity', async () => {
    const whole = await bytes('/media/tiny.mp4');
    const range = { Range: 'bytes=100-199' };
    expect((await get('/media/tiny.mp4', range)).status).toBe(206);
    expect(await bytes('/media/tiny.mp4', range)).toEqual(whole.subarray(100, 200));
    expect((await get('/media/tiny.mp4', { ...range, 'If-Range': '"other"' })).status).toBe(200);
  });

  it('can be padded to any size and still be read in parts', async () => {
    const response = await get('/padded.mp4?size=3000000', { Range: 'bytes=2999990-' });
    expect(response.headers.get('content-range')).toBe('bytes 2999990-2999999/3000000');
    expect((await response.arrayBuffer()).byteLength).toBe(10);
  });
});

describe('the log', () => {
  it('records path, range and written bytes', async () => {
    await bytes('/media/tiny.mp4?x=1', { Range: 'bytes=0-9' });
    await expect.poll(() => origin.requests[0]?.ended).toBe('sent');
    expect(origin.requests[0]).toMatchObject({
      path: '/media/tiny.mp4',
      query: '?x=1',
      range: 'bytes=0-9',
      status: 206,
      bodyBytes: 10,
    });
  });
});

describe('faults', () => {
  it('cuts a body shorter than its Content-Length', async () => {
    await expect(bytes('/fault/short-with-length.mp4?cut=1000')).rejects.toThrow();
  });

  it('ends a body without Content-Length early', async () => {
    const response = await get('/fault/short-without-length.mp4?cut=1000');
    expect(response.headers.get('content-length')).toBeNull();
    expect((await response.arrayBuffer()).byteLength).toBe(1000);
  });

  it('fails a chosen number of times after a chosen number of good answers, per key', async () => {
    const codes = async (key: string) => {
      const seen = [];
      for (let n = 0; n < 4; n += 1) {
        const path = `/fault/status/503/clip.mp4?good=1&fail=2&key=${key}`;
        seen.push((await get(path)).status);
      }
      return seen;
    };
    expect(await codes('a')).toEqual([200, 503, 503, 200]);
    expect(await codes('b')).toEqual([200, 503, 503, 200]);
  });

  it('sends Retry-After in seconds, as a date, absurd or not at all', async () => {
    const value = async (query: string) =>
      (await get(`/fault/status/429/clip.mp4${query}`)).headers.get('retry-after');
    expect(await value('')).toBeNull();
    expect(await value('?retry_after=7')).toBe('7');
    expect(await value('?retry_after=absurd')).toBe('99999999999');
    expect(Date.parse((await value('?retry_after=date&in_s=60')) ?? '')).toBeGreaterThan(
      Date.now(),
    );
  });

  it('changes the file at the chosen request', async () => {
    const etags = [];
    for (let n = 0; n < 3; n += 1) {
      const response = await get('/fault/changing.mp4?from=2&key=test');
      etags.push(response.headers.get('etag'));
      await response.body?.cancel();
    }
    expect(etags).toEqual(['"clip-360"', '"clip-720"', '"clip-720"']);
  });

  it('answers ranges wrongly in three ways', async () => {
    const range = { Range: 'bytes=1000-' };
    expect((await get('/fault/range-ignored.mp4', range)).status).toBe(200);
    expect((await get('/fault/range-416.mp4', range)).status).toBe(416);
    const wrong = await get('/fault/range-wrong.mp4', range);
    expect([wrong.status, wrong.headers.get('content-range')?.startsWith('bytes 0-')]).toEqual([
      206,
      true,
    ]);
  });

  it('redirects anywhere', async () => {
    const response = await get('/redirect?to=http%3A%2F%2F10.0.0.1%2Fx&code=307');
    expect([response.status, response.headers.get('location')]).toEqual([307, 'http://10.0.0.1/x']);
  });
});

describe('a live stream', () => {
  it('has no end until its segments are used up', async () => {
    const text = async (query: string) => (await get(`/live/stream.m3u8${query}`)).text();
    expect(await text('?key=for-ever')).not.toContain('#EXT-X-ENDLIST');
    await get('/live/segment/0.ts?key=short');
    await text('?key=short&count=4&segment_ms=1');
    await expect
      .poll(() => text('?key=short&count=4&segment_ms=1'))
      .toContain('/live/segment/3.ts?key=short\n#EXT-X-ENDLIST');
  });
});

describe('the canary', () => {
  it('counts connections on both loopback addresses', async () => {
    const canary = await startCanary();
    const addresses = canary.hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
    for (const host of addresses) await once(connect(canary.port, host).resume(), 'close');
    expect(canary.connections).toBe(addresses.length);
    await canary.close();
  });
});
