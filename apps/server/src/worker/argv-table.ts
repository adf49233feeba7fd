import { EMBEDDING_ROWS, FIELD_ROWS } from './argv-fields.ts';
import { PINNED_ROWS } from './argv-pinned.ts';
import type { ArgvRow } from './argv-row.ts';

/** Every option that can ever be passed to yt-dlp, in the order of the command line. */
export const ARGV_TABLE: readonly ArgvRow[] = [...PINNED_ROWS, ...FIELD_ROWS, ...EMBEDDING_ROWS];
