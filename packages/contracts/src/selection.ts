import type { Selection } from './options.ts';
import { DEFAULT_FORMAT_PRESET, DEFAULT_QUALITY } from './vocabulary.ts';

export const DEFAULT_SELECTION: Selection = {
  format_preset: DEFAULT_FORMAT_PRESET,
  quality: DEFAULT_QUALITY,
  options: {},
};

/** The selection alone, of anything that has one: a download, a preset, an entry of the outbox. */
export function pickSelection({ format_preset, quality, options }: Selection): Selection {
  return { format_preset, quality, options };
}
