import { say } from '@artemis/contracts';
import type { ArgvRow } from './argv-row.ts';
import { STORED_FORMAT_ID } from '../work-folder/site-info.ts';

/** Arguments for the missing parts of a stored download. One run fetches the parts, the next puts them into the media file. */
export const PART_ROWS: readonly ArgvRow[] = [
  {
    option: '--skip-download',
    when: ({ plan }) => plan.step === 'parts',
    meaning: say('ARG_NO_MEDIA'),
  },
  {
    option: '--no-overwrites',
    when: ({ plan }) => plan.step === 'embedding',
    meaning: say('ARG_NO_OVERWRITES'),
  },
  {
    option: '--format',
    when: ({ plan }) => plan.step === 'embedding',
    value: STORED_FORMAT_ID,
    meaning: say('ARG_STORED_MEDIA'),
  },
];
