import { say } from '@artemis/contracts';
import type { ArgvRow } from './argv-row.ts';
import { formatSelector, formatSort } from './format-selection.ts';

/** Arguments for preset and quality; those for the options are in `argv-options.ts`. */
export const SELECTION_ROWS: readonly ArgvRow[] = [
  {
    option: '--format',
    when: ({ plan }) => !plan.isFlat,
    value: ({ plan, engine }) => formatSelector(plan, engine.kind),
    meaning: ({ plan, engine }) => {
      if (engine.kind === 'binary' && plan.audioLanguages.length > 0) {
        return say('ARG_FIRST_LANGUAGE_OR_BEST');
      }
      if (plan.options.format_id !== undefined) return say('ARG_FORMAT_ID');
      return plan.isAudioOnly ? say('ARG_BEST_SOUND') : say('ARG_BEST_BOTH');
    },
  },
  {
    option: '--format-sort',
    when: ({ plan }) => !plan.isFlat && plan.options.format_id === undefined,
    value: ({ plan }) => formatSort(plan),
    meaning: ({ plan }) =>
      plan.selection.quality === 'best'
        ? say('ARG_SORT_BEST')
        : say('ARG_SORT', { quality: plan.selection.quality }),
  },
  {
    option: '--extract-audio',
    when: ({ plan }) => plan.hasMedia && plan.isAudioOnly,
    meaning: say('ARG_ONLY_SOUND'),
  },
];
