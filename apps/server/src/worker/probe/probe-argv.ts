import { argvOf, type ArgvContext } from '../argv/argv.ts';
import type { ArgvRow } from '../argv/argv-row.ts';

/** Entries of a list in one answer of the API. */
export const PAGE_ENTRIES = 200;

/** Nobody is shown what these are for, but whoever changes them. */
interface ProbeRow extends Pick<ArgvRow, 'option'> {
  readonly value?: string;
  readonly meaning: string;
}

/** Options of a probe in addition to those of every run. When an option is given twice, yt-dlp uses the later one. */
export function probeRows(firstEntry: number): readonly ProbeRow[] {
  return [
    { option: '--flat-playlist', meaning: 'Lists entries without opening each of them.' },
    {
      option: '--playlist-items',
      // One entry more than the answer holds tells whether there is another page.
      value: `${firstEntry}:${firstEntry + PAGE_ENTRIES}`,
      meaning: 'Lists these entries.',
    },
    { option: '--skip-download', meaning: 'Downloads no media.' },
    { option: '--no-simulate', meaning: 'Downloads the thumbnail nevertheless.' },
    { option: '--write-thumbnail', meaning: 'Downloads the thumbnail.' },
    // Some extractors look for subtitles only when the command line wants some.
    { option: '--write-subs', meaning: 'Asks which subtitles are offered.' },
    { option: '--write-auto-subs', meaning: 'Asks which automatic captions are offered.' },
    { option: '--sub-langs', value: 'all,-all', meaning: 'Downloads none of them.' },
    { option: '--write-info-json', meaning: 'Writes down what the site says.' },
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
    {
      option: '--output',
      value: 'infojson:known.%(ext)s',
      meaning: 'Gives what the site says a name of its own.',
    },
  ];
}

/** The command line of a probe; `context` is that of a simulation. */
export function probeArgv(context: ArgvContext, firstEntry: number): string[] {
  const rows = probeRows(firstEntry).flatMap(({ option, value }) =>
    value === undefined ? [option] : [option, value],
  );
  return [...argvOf(context).slice(0, -2), ...rows, '--', context.url];
}
