import { expect, it } from 'vitest';
import { RowSelection } from '../../src/state/row-selection.svelte.ts';

it('chooses everything but some without knowing the rows', () => {
  const rowSelection = new RowSelection();
  rowSelection.all();
  rowSelection.toggle('b', 1);
  expect(rowSelection.has('a')).toBe(true);
  expect(rowSelection.has('b')).toBe(false);
  expect(rowSelection.count(10_000)).toBe(9999);
});

it('extends from where the last choice was made', () => {
  const rowSelection = new RowSelection();
  const idAt = (index: number): string => `row ${index}`;
  rowSelection.toggle('row 3', 3);
  rowSelection.extend(6, idAt);
  expect([...rowSelection.ids]).toEqual(['row 3', 'row 4', 'row 5', 'row 6']);
  rowSelection.clear();
  expect(rowSelection.count(9)).toBe(0);
});
