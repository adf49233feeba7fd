import { argvOf, type ArgvContext } from './argv.ts';
import type { ArgvRow } from './argv-row.ts';

/** Entries of a list in one answer. */
export const PAGE_ENTRIES = 200;

const FORMAT_FIELDS = [
  ...['format_id', 'ext', 'height', 'fps', 'vcodec', 'acodec'],
  ...['filesize', 'filesize_approx', 'format_note'],
];

/** What a look has besides the rows of every run; of an option that stands twice the later one counts. */
export function lookRows(firstEntry: number): readonly (ArgvRow & { readonly value?: string })[] {
  return [
    { option: '--flat-playlist', meaning: 'Lists entries without opening each of them.' },
    {
      option: '--playlist-items',
      // One more than is answered tells whether there is another page.
      value: `${firstEntry}:${firstEntry + PAGE_ENTRIES}`,
      meaning: 'Lists these entries.',
    },
    { option: '--skip-download', meaning: 'Downloads no media.' },
    { option: '--no-simulate', meaning: 'Fetches the thumbnail all the same.' },
    { option: '--write-thumbnail', meaning: 'Downloads the thumbnail.' },
    {
      option: '--no-write-playlist-metafiles',
      meaning: 'Downloads no thumbnail of a whole list.',
    },
    {
      option: '--output',
      value: 'media.%(ext)s',
      meaning: 'Names nothing after what a site says.',
    },
    {
      option: '--output',
      value: 'thumbnail:thumbnail.%(ext)s',
      meaning: 'Gives the thumbnail a name of its own.',
    },
  ];
}

/** The command line of a look; `context` is that of a simulation. */
export function lookArgv(context: ArgvContext, firstEntry: number): string[] {
  const rows = lookRows(firstEntry).flatMap(({ option, value }) =>
    value === undefined ? [option] : [option, value],
  );
  const formats = `video:${context.nonce}\tformats\t%(formats.:.{${FORMAT_FIELDS.join(',')}})j`;
  return [...argvOf(context).slice(0, -2), ...rows, '--print', formats, '--', context.url];
}

/** The formats in such a line, or null for any other line. */
export function parseFormatsLine(line: string, nonce: string): readonly unknown[] | null {
  const prefix = `${nonce}\tformats\t`;
  if (!line.startsWith(prefix)) return null;
  try {
    const value: unknown = JSON.parse(line.slice(prefix.length));
    return Array.isArray(value) ? (value as unknown[]) : [];
  } catch {
    return [];
  }
}
