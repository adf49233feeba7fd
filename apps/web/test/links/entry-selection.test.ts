import type { PlaylistEntry } from '@artemis/contracts';
import { itemsOf } from '@artemis/contracts/client';
import { describe, expect, it } from 'vitest';
import {
  chosenOf,
  EntrySelection,
  isTooMuch,
  parseRanges,
} from '../../src/links/entry-selection.svelte.ts';

describe('a selection of playlist entries', () => {
  it('is everything at first, also entries not read yet', () => {
    const selection = new EntrySelection();
    expect(selection.isEverything).toBe(true);
    expect(selection.has(4999)).toBe(true);
  });

  it('is written in as few ranges as possible', () => {
    const selection = new EntrySelection();
    selection.set([3, 1, 10], false);
    expect(itemsOf(selection.items(10))).toBe('2,4-9');
    expect(selection.count(10)).toBe(7);
    selection.invert();
    expect(itemsOf(selection.items(10))).toBe('1,3,10');
    expect(selection.count(10)).toBe(3);
    selection.setAll(false);
    expect(selection.items(10)).toEqual([]);
    selection.set([5, 6, 7], true);
    selection.set([6], false);
    expect(itemsOf(selection.items(10))).toBe('5,7');
  });

  it('accepts positions as people write them', () => {
    const items = (text: string): string | null => {
      const ranges = parseRanges(text, 50);
      return ranges && itemsOf(ranges);
    };
    expect(items('1-20, 25')).toBe('1-20,25');
    expect(items('25 1–20;3')).toBe('1-20,25');
    expect(items('40-')).toBe('40-50');
    expect(items('-3')).toBe('1-3');
    expect(items('45-9999')).toBe('45-50');
    for (const bad of ['', 'x', '9-3', '51', '1-2-3', '0', '1,y']) {
      expect(items(bad), bad).toBeNull();
    }
  });

  it('names chosen entries by id, so that they stay right when the list is reversed', () => {
    const entry = (index: number, id: string | null, url: string | null): PlaylistEntry => ({
      index,
      id,
      url,
      title: null,
      duration: null,
    });
    const entries = [
      entry(1, 'alpha', 'https://media.example/1'),
      entry(2, 'same', 'https://media.example/2'),
      entry(3, 'same', 'https://media.example/3'),
      entry(4, null, 'https://media.example/4'),
      entry(5, null, null),
    ];
    const chosen = (first: number, last = first) => chosenOf(entries, [{ first, last }]);
    expect(chosen(1)).toEqual({ items: '1', entry_ids: ['alpha'] });
    expect(chosen(2, 4)).toEqual({
      items: '2-4',
      entry_ids: [2, 3, 4].map((number) => `https://media.example/${number}`),
    });
    expect(chosenOf(entries, [{ first: 1, last: 1 }], ['beta'])).toEqual({
      items: '1',
      entry_ids: ['alpha', 'beta'],
    });
    // Without a name, or not read yet.
    expect(chosen(4, 5)).toEqual({ items: '4-5' });
    expect(chosen(5, 9)).toEqual({ items: '5-9' });
    const long = [entry(1, 'x'.repeat(70_000), null)];
    expect(chosenOf(long, [{ first: 1, last: 1 }])).toEqual({ items: '1' });
  });

  it('detects what the server would refuse', () => {
    expect(isTooMuch([{ first: 1, last: 5000 }])).toBe(false);
    expect(isTooMuch([{ first: 1, last: 5001 }])).toBe(true);
  });
});
