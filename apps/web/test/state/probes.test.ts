import type { Probe } from '@artemis/contracts';
import { ApiError } from '@artemis/contracts/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import { Probes } from '../../src/state/probes.svelte.ts';

interface Asked {
  readonly url: string;
  readonly signal: AbortSignal;
  answer(title: string): Promise<void>;
  refuse(error: ApiError): Promise<void>;
}

const settled = () => vi.advanceTimersByTimeAsync(0);

function createServer(): { asked: Asked[]; probes: Probes } {
  const asked: Asked[] = [];
  const probes = new Probes({
    createProbe: ({ url }, { signal = new AbortController().signal } = {}) =>
      new Promise<Probe>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        asked.push({
          url,
          signal,
          answer: (title) => {
            resolve({
              kind: 'playlist',
              url,
              title,
              entry_count: 0,
              entries: [],
              next_cursor: null,
            });
            return settled().then(() => undefined);
          },
          refuse: (error: ApiError) => {
            reject(error);
            return settled().then(() => undefined);
          },
        });
      }),
  });
  return { asked, probes };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('probes of links', () => {
  it('run two at a time, and the next begins when one ends', async () => {
    const { asked, probes } = createServer();
    for (const url of ['a', 'b', 'c']) probes.look(url, DEFAULT_SELECTION);
    expect(asked.map((one) => one.url)).toEqual(['a', 'b']);
    expect(probes.of('c')?.state).toBe('waiting');
    await asked[0]?.answer('first');
    expect(asked.map((one) => one.url)).toEqual(['a', 'b', 'c']);
    expect(probes.of('a')).toMatchObject({ state: 'seen', probe: { title: 'first' } });
  });

  it('wait as long as a busy server says and go first afterwards', async () => {
    const { asked, probes } = createServer();
    for (const url of ['a', 'b', 'c']) probes.look(url, DEFAULT_SELECTION);
    await asked[0]?.refuse(new ApiError(429, null, 3));
    expect(probes.of('a')?.state).toBe('waiting');
    await asked[1]?.answer('second');
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked.slice(2).map((one) => one.url)).toEqual(['a', 'c']);
  });

  it('end when their links are removed, all of them with their owner', async () => {
    const { asked, probes } = createServer();
    for (const url of ['a', 'b', 'c', 'd']) probes.look(url, DEFAULT_SELECTION);
    probes.keep(new Set(['b', 'd']));
    await settled();
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(probes.of('a')).toBeUndefined();
    expect(asked.map((one) => one.url)).toEqual(['a', 'b', 'd']);
    probes.stop();
    await settled();
    expect(asked.every((one) => one.url === 'a' || one.signal.aborted)).toBe(true);
    expect(asked).toHaveLength(3);
  });

  it('keep their result while another selection is probed, and say why a link cannot be read', async () => {
    const { asked, probes } = createServer();
    probes.look('a', DEFAULT_SELECTION);
    await asked[0]?.answer('first');
    probes.look('a', { ...DEFAULT_SELECTION, quality: '720p' });
    expect(probes.of('a')).toMatchObject({ state: 'seen', selection: { quality: 'best' } });
    await asked[1]?.answer('again');
    expect(probes.of('a')).toMatchObject({ state: 'seen', selection: { quality: '720p' } });
    probes.look('b', DEFAULT_SELECTION);
    const refusal = new ApiError(422, null, null);
    await asked[2]?.refuse(refusal);
    expect(probes.of('b')).toMatchObject({ state: 'failed', error: refusal });
  });
});
