import type { StreamEvent } from '@artemis/contracts';
import type { FastifyReply } from 'fastify';
import { describe, expectTypeOf, it } from 'vitest';
import type { FeedEvent } from '../../src/domain/event-feed.ts';
import type { RouteAnswer, RouteHandlers, RouteReply } from '../../src/http/route.ts';

const LINES = { lines: [], next: 0 };
const NO_STORE = { 'cache-control': 'no-store' } as const;
const FILE: Extract<RouteAnswer<'downloadFile'>, { status: 304 }>['headers'] = {
  etag: '"a"',
  'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
  'accept-ranges': 'bytes',
  'cache-control': 'private, no-cache',
  'content-type': 'video/mp4',
  'content-disposition': 'attachment',
  'content-security-policy': 'sandbox',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

describe('the answers of handlers', () => {
  it('have a status of the contract with its own body', () => {
    const right: Partial<RouteHandlers> = {
      log: () => ({ status: 200, body: LINES }),
      removeDownload: async () => ({ status: 204, body: null }),
      readiness: () => ({ status: 503, body: { ready: false, checks: [] } }),
    };
    const wrong: Partial<RouteHandlers> = {
      // @ts-expect-error a status that the route does not have
      telemetry: () => ({ status: 204, body: null }),
      // @ts-expect-error a refusal is thrown
      createProbe: () => ({ status: 422, body: null }),
      // @ts-expect-error a body without its status
      log: () => LINES,
      // @ts-expect-error the body of another status
      removeDownload: async () => ({ status: 200, body: null }),
      // @ts-expect-error a word that the contract does not have
      health: () => ({ status: 200, body: { status: 'fine' } }),
    };
    void [right, wrong];
  });

  it('have every field of the contract', () => {
    const wrong: Partial<RouteHandlers> = {
      // @ts-expect-error `next` is missing
      log: () => ({ status: 200, body: { lines: [] } }),
      // @ts-expect-error of another type
      downloadLog: async () => ({ status: 200, body: { lines: [], next: '0' } }),
    };
    void wrong;
  });

  it('have headers of the contract', () => {
    const right: Partial<RouteHandlers> = {
      log: () => ({ status: 200, headers: NO_STORE, body: LINES }),
      downloadFile: () => ({ status: 304, headers: FILE, body: null }),
    };
    const wrong: Partial<RouteHandlers> = {
      // @ts-expect-error a header that the route does not have
      log: () => ({ status: 200, headers: { etag: '"a"' }, body: LINES }),
      // @ts-expect-error a value that it does not have
      health: () => ({ status: 200, headers: { 'cache-control': 'no-stor' }, body: LINES }),
      // @ts-expect-error a file without its headers
      downloadFile: () => ({ status: 304, headers: NO_STORE, body: null }),
    };
    void [right, wrong];
  });

  it('leave a handler no reply that would send anything else', () => {
    const wrong: Partial<RouteHandlers> = {
      downloadFile: (_request, reply) => {
        // @ts-expect-error not a header of a refusal
        reply.header('x-other', '1');
        return { status: 304, headers: FILE, body: null };
      },
    };
    expectTypeOf<RouteReply>().not.toHaveProperty('send');
    expectTypeOf<RouteAnswer<'events'>>().toEqualTypeOf<FastifyReply>();
    void wrong;
  });
});

describe('the events of the stream', () => {
  it('are those of the contract', () => {
    const removed: FeedEvent = { name: 'removed', data: { id: '' } };
    // @ts-expect-error the data of another event
    const other: FeedEvent = { name: 'log', data: { id: '' } };
    // @ts-expect-error an event that nobody knows
    const unknown: FeedEvent = { name: 'changed', data: { id: '' } };
    expectTypeOf<FeedEvent['name']>().toEqualTypeOf<Exclude<StreamEvent['name'], 'reset'>>();
    void [removed, other, unknown];
  });
});
