import { expect, it } from 'vitest';
import { exportHistory } from '../../src/history/history-export.ts';
import { toHistoryEntry } from '../../src/history/history-merge.ts';
import { fakeDownload } from '../fake-records.ts';

const made = toHistoryEntry(fakeDownload(3, 'completed', Date.UTC(2026, 0, 1)), 'room', 0);
const entries = made ? [{ ...made, title: '=cmd|"x", really' }] : [];

it('quotes cells and neutralises those that a spreadsheet would run', () => {
  const [, row] = exportHistory(entries, 'csv', { ytDlp: null }).split('\r\n');
  expect(row).toContain('"\'=cmd|""x"", really"');
});

it('writes one link per line', () => {
  expect(exportHistory(entries, 'links', { ytDlp: null })).toBe(`${made?.url}\n`);
});

it('writes JSON that names its format', () => {
  expect(JSON.parse(exportHistory(entries, 'json', { ytDlp: null }))).toMatchObject({
    kind: 'artemis-library',
    version: 1,
    entries: [{ id: made?.id }],
  });
});
