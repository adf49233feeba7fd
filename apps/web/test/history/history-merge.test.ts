import { describe, expect, it } from 'vitest';
import {
  mergeHistory,
  toHistoryEntry,
  type HistoryEntry,
} from '../../src/history/history-merge.ts';
import { fakeDownload } from '../fake-records.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const options = { instance: 'room', isComplete: false };

function entry(index: number, change: Partial<HistoryEntry> = {}): HistoryEntry {
  const made = toHistoryEntry(fakeDownload(index, 'completed', NOW), 'room', NOW);
  if (!made) throw new Error('a completed record has an entry');
  return { ...made, ...change };
}

describe('joining the history of the server with the longer one of the browser', () => {
  it('has no entry for a record that has not ended', () => {
    expect(toHistoryEntry(fakeDownload(1, 'running', NOW), 'room', NOW)).toBeNull();
  });

  it('prefers the facts of the server', () => {
    const { writes } = mergeHistory(
      [entry(1, { title: 'old' })],
      [entry(1, { title: 'new' })],
      options,
    );
    expect(writes.find((one) => one.id === entry(1).id)?.title).toBe('new');
  });

  it('marks as removed only entries within the time span of the list', () => {
    const { writes } = mergeHistory([entry(2), entry(9)], [entry(1), entry(3)], options);
    const state = (index: number): string | undefined =>
      writes.find((one) => one.id === entry(index).id)?.state;
    expect(state(2)).toBe('removed-on-server');
    expect(state(9)).toBe('completed');
  });

  it('marks everything missing from a complete list', () => {
    const { writes } = mergeHistory([entry(9)], [entry(1)], { instance: 'room', isComplete: true });
    expect(writes.find((one) => one.id === entry(9).id)?.state).toBe('removed-on-server');
  });

  it('keeps entries of another server, without file links', () => {
    const other = entry(2, { instance: 'elsewhere' });
    const { writes } = mergeHistory([other], [entry(1), entry(3)], options);
    expect(writes.find((one) => one.instance === 'elsewhere')).toEqual({
      ...other,
      seenOnServerAt: null,
    });
  });

  it('notices when the list does not reach back to known entries', () => {
    expect(mergeHistory([entry(50)], [entry(1), entry(2)], options).hasGap).toBe(true);
    expect(mergeHistory([entry(2)], [entry(1), entry(2)], options).hasGap).toBe(false);
  });
});
