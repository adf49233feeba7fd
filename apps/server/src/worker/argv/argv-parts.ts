import type { ArgvRow } from './argv-row.ts';
import { STORED_FORMAT_ID } from '../work-folder/site-info.ts';

/** For the parts of a stored download that were missing: they are fetched first, and then put into the media file. */
export const PART_ROWS: readonly ArgvRow[] = [
  {
    option: '--skip-download',
    when: ({ plan }) => plan.step === 'parts',
    meaning: 'Downloads no media.',
  },
  {
    option: '--no-overwrites',
    when: ({ plan }) => plan.step === 'embedding',
    meaning: 'Uses the subtitles and the thumbnail that lie there, instead of fetching them.',
  },
  {
    option: '--format',
    when: ({ plan }) => plan.step === 'embedding',
    value: STORED_FORMAT_ID,
    meaning: 'Takes the media file that is stored.',
  },
];
