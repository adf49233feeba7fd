import type { HistoryEntry } from './history-merge.ts';

export type ExportKind = 'json' | 'csv' | 'links' | 'evidence';

export const EXPORT_FILES: Readonly<Record<ExportKind, { name: string; type: string }>> = {
  json: { name: 'artemis-library.json', type: 'application/json' },
  csv: { name: 'artemis-library.csv', type: 'text/csv' },
  links: { name: 'artemis-links.txt', type: 'text/plain' },
  evidence: { name: 'artemis-evidence.csv', type: 'text/csv' },
};

const COLUMNS = [
  'id',
  'title',
  'url',
  'host',
  'uploader',
  'finishedAt',
  'bytes',
  'preset',
  'quality',
  'height',
  'duration',
  'path',
  'state',
  'errorCode',
] as const satisfies readonly (keyof HistoryEntry)[];

/** The entries as the text of a file. Times are UTC. */
export function exportHistory(
  entries: readonly HistoryEntry[],
  kind: ExportKind,
  versions: { readonly ytDlp: string | null },
): string {
  switch (kind) {
    case 'json':
      return `${JSON.stringify({ kind: 'artemis-library', version: 1, entries }, null, 2)}\n`;
    case 'links':
      return entries.map((entry) => `${entry.url}\n`).join('');
    case 'csv':
      return table(
        [...COLUMNS],
        entries.map((entry) => COLUMNS.map((column) => entry[column])),
      );
    case 'evidence':
      return table(
        [
          'URL',
          'Title',
          'Fetched at (UTC)',
          'File',
          'Bytes',
          'Kind',
          'Quality',
          'yt-dlp now',
          'Download id',
        ],
        entries.map((entry) => [
          entry.url,
          entry.title,
          entry.finishedAt,
          entry.path,
          entry.bytes,
          entry.preset,
          entry.quality,
          versions.ytDlp,
          entry.id,
        ]),
      );
  }
}

function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  // A cell that begins like a formula would be run by a spreadsheet.
  const text =
    typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
