import type { Probe, ProbedPlaylist } from '@artemis/contracts';
import { ApiError } from '@artemis/contracts/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import { PlaylistReader } from '../../src/state/playlist-reader.svelte.ts';

function page(first: number, last: number, next: string | null): ProbedPlaylist {
  return {
    kind: 'playlist',
    url: 'https://a.example/list',
    title: 'A list',
    entry_count: null,
    entries: Array.from({ length: last - first + 1 }, (_, at) => ({
      index: first + at,
      id: null,
      url: null,
      title: null,
      duration: null,
    })),
    next_cursor: next,
  };
}

function createReader(answer: (cursor: string) => Probe | Promise<Probe>): PlaylistReader {
  return new PlaylistReader(
    { createProbe: async ({ cursor = '' }) => answer(cursor) },
    'https://a.example/list',
    DEFAULT_SELECTION,
    page(1, 3, '4'),
  );
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the reader of a playlist', () => {
  it('reads page after page until the last', async () => {
    const reader = createReader((cursor) => (cursor === '4' ? page(4, 6, '7') : page(7, 7, null)));
    expect(reader.isComplete).toBe(false);
    await reader.read();
    expect(reader.entries.map((entry) => entry.index)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([reader.isComplete, reader.isReading, reader.total]).toEqual([true, false, 7]);
  });

  it('stops on request, keeps its entries, and continues later', async () => {
    const answers: ((probe: Probe) => void)[] = [];
    const reader = createReader(() => new Promise((resolve) => answers.push(resolve)));
    const reading = reader.read();
    reader.stop();
    answers[0]?.(page(4, 6, '7'));
    await reading;
    expect(reader.isReading).toBe(false);
    expect(reader.entries).toHaveLength(3);
    const again = reader.read();
    answers[1]?.(page(4, 6, null));
    await again;
    expect(reader.entries).toHaveLength(6);
  });

  it('waits when the server is busy, and reports other errors', async () => {
    const calls: string[] = [];
    const reader = createReader((cursor) => {
      calls.push(cursor);
      if (calls.length === 1) throw new ApiError(429, null, 2);
      if (calls.length === 2) return page(4, 6, '7');
      throw new ApiError(422, null, null);
    });
    const reading = reader.read();
    await vi.advanceTimersByTimeAsync(2000);
    await reading;
    expect(calls).toEqual(['4', '4', '7']);
    expect(reader.error).toBeInstanceOf(ApiError);
    expect(reader.entries).toHaveLength(6);
  });

  it('ends at a page without a new entry', async () => {
    const reader = createReader(() => page(1, 3, '4'));
    await reader.read();
    expect(reader.isComplete).toBe(true);
  });
});
