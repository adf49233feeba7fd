import { EMBEDDING_ROWS, FIELD_ROWS } from './argv-fields.ts';
import { PART_ROWS } from './argv-parts.ts';
import { PINNED_ROWS } from './argv-pinned.ts';
import type { ArgvRow } from './argv-row.ts';

const WHOLE_ROWS = FIELD_ROWS.map((row): ArgvRow => ({
  ...row,
  when: (context) => context.plan.step === 'whole' && (row.when?.(context) ?? true),
}));

/** Every option that can ever be passed to yt-dlp, in the order of the command line. */
export const ARGV_TABLE: readonly ArgvRow[] = [
  ...PINNED_ROWS,
  ...WHOLE_ROWS,
  ...PART_ROWS,
  ...EMBEDDING_ROWS,
];
