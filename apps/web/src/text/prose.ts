import type { Problem } from '@artemis/contracts';
import type { Values } from './message.ts';

/** The server's coded sentences in another language; English needs none, like `CodeWords`. */
export interface ProseWords {
  readonly sentences: Readonly<Record<string, string>>;
  /** Values that list words of the server, such as `subtitles, thumbnail`: by the value's name the words. */
  readonly terms: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Prose {
  /** Null for a code that has no words here: that of a newer server. */
  say(code: string, values: Values): string | null;
  /** The sentence of a refusal. */
  detail(problem: Problem): Spoken;
}

/** What is shown of the server's sentence, and the language that has to be marked. */
export interface Spoken {
  readonly text: string;
  readonly lang: 'en' | undefined;
}

export function spoken(
  words: { readonly prose: Prose | null },
  prose: string,
  code: string | undefined,
  values: Values = {},
): Spoken {
  const text = code === undefined ? null : (words.prose?.say(code, values) ?? null);
  return text === null ? { text: prose, lang: 'en' } : { text, lang: undefined };
}
