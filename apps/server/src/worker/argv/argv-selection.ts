import type { ArgvRow } from './argv-row.ts';
import { formatSelector, formatSort } from './format-selection.ts';

/** What preset and quality ask for; `argv-options.ts` has what the options add. */
export const SELECTION_ROWS: readonly ArgvRow[] = [
  {
    option: '--format',
    when: ({ plan }) => !plan.isFlat,
    value: ({ plan, engine }) => formatSelector(plan, engine.kind),
    meaning: ({ plan }) => {
      if (plan.options.format_id !== undefined) return 'Takes this format, with sound added to it.';
      return plan.isAudioOnly
        ? 'Takes the best sound; from a site that has only video with sound, the best of that.'
        : 'Takes the best picture and the best sound and joins them; where there is only both in one, that.';
    },
  },
  {
    option: '--format-sort',
    when: ({ plan }) => !plan.isFlat && plan.options.format_id === undefined,
    value: ({ plan }) => formatSort(plan),
    meaning: ({ plan }) =>
      plan.selection.quality === 'best'
        ? 'What "best" means: the original language, then quality, then what most players can play.'
        : `Prefers ${plan.selection.quality}; where that is not offered, the next smaller one.`,
  },
  {
    option: '--extract-audio',
    when: ({ plan }) => plan.hasMedia && plan.isAudioOnly,
    meaning: 'Keeps only the sound.',
  },
];
