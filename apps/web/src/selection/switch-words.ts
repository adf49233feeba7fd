import type { SwitchName } from '@artemis/contracts/rules';
import type { Dictionary } from '../text/words.ts';

export interface SwitchWords {
  readonly names: Readonly<Record<SwitchName, string>>;
  readonly helps: Readonly<Partial<Record<SwitchName, string>>>;
  /** The sentence of an explanation about what is on; those without one are told in a list. */
  readonly says: Readonly<Partial<Record<SwitchName, string>>>;
}

/** The words of options that are a yes or no, by the names that the API gives them. */
export function switchWords(t: Dictionary): SwitchWords {
  return { names: t.optionNames, helps: t.optionHelps, says: t.optionSays };
}
