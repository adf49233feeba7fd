import { OPTION_NAMES, OPTION_TABLE } from '@artemis/contracts';
import { OPTION_ROWS } from './argv-options.ts';
import { PART_ROWS } from './argv-parts.ts';
import { PINNED_ROWS } from './argv-pinned.ts';
import type { ArgvRow } from './argv-row.ts';
import { SELECTION_ROWS } from './argv-selection.ts';

function ofWholeDownloads(row: ArgvRow): ArgvRow {
  return {
    ...row,
    when: (context) => context.plan.step === 'whole' && (row.when?.(context) ?? true),
  };
}

/** Every option that can ever be passed to yt-dlp, in the order of the command line. */
export const ARGV_TABLE: readonly ArgvRow[] = [
  ...PINNED_ROWS,
  ...SELECTION_ROWS.map(ofWholeDownloads),
  ...PART_ROWS,
  ...OPTION_NAMES.flatMap((name) =>
    OPTION_TABLE[name].part === undefined
      ? OPTION_ROWS[name].map(ofWholeDownloads)
      : OPTION_ROWS[name],
  ),
];
