import { expect, it } from 'vitest';
import { Selection } from '../../src/state/selection.svelte.ts';

it('selects everything except some without knowing the rows', () => {
  const selection = new Selection();
  selection.all();
  selection.toggle('b', 1);
  expect(selection.has('a')).toBe(true);
  expect(selection.has('b')).toBe(false);
  expect(selection.count(10_000)).toBe(9999);
});

it('extends from the last selected row', () => {
  const selection = new Selection();
  const idAt = (index: number): string => `row ${index}`;
  selection.toggle('row 3', 3);
  selection.extend(6, idAt);
  expect([...selection.ids]).toEqual(['row 3', 'row 4', 'row 5', 'row 6']);
  selection.clear();
  expect(selection.count(9)).toBe(0);
});
