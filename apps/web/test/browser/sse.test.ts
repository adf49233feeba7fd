import { expect, it } from 'vitest';
import { SseParser } from '../../src/browser/sse.ts';

it('parses server-sent events however they are split into chunks', () => {
  const text =
    'retry: 2000\n\nid: a.1\nevent: download\ndata: {"a":1}\n\n: still here\n\nevent: reset\ndata: {}\n\n';
  const parser = new SseParser();
  const events = [...text].flatMap((character) => parser.push(character));
  expect(events).toEqual([
    { id: 'a.1', name: 'download', data: '{"a":1}' },
    { id: 'a.1', name: 'reset', data: '{}' },
  ]);
  expect(parser.lastId).toBe('a.1');
});
