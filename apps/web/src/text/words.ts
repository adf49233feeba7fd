import type { CodeWords } from './codes.ts';
import type english from './en.json';
import { MessageFormatter, parseMessage, type Message, type Values } from './message.ts';
import type { Prose, ProseWords } from './prose.ts';
import type { VALUES } from './values.ts';

/** Words as their file has them: a text each, or one for each value of a code. */
type Section = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

type Said<Words> = {
  readonly [Key in keyof Words]: Key extends keyof typeof VALUES
    ? (values: Readonly<Record<(typeof VALUES)[Key][number], string | number>>) => string
    : Words[Key];
};

/** What the first screen shows, in one language. A message that takes values is a function. */
export type FirstWords = Said<(typeof english)['first']> & {
  /** Null in English, which the server speaks itself, and before all words are there. */
  readonly codes: CodeWords | null;
  /** Says a sentence of the server by its code; null as `codes` is. */
  readonly prose: Prose | null;
};
/** Every word of the page in one language. */
export type Dictionary = FirstWords & Said<(typeof english)['later']>;

/** The part of a language's file that the first screen needs. */
export interface FirstPart {
  readonly dir: string;
  readonly first: (typeof english)['first'];
}

export interface LaterPart {
  readonly later: (typeof english)['later'];
  readonly codes?: CodeWords;
}

export interface ProsePart {
  readonly prose: ProseWords;
}

/** The sentences of the server, once the words for its codes are there. */
export type ProseOf = (codes: CodeWords | undefined, locale: string) => Prose;

/** Figures in the messages look as the locale has them. */
export function firstWords({ first }: FirstPart, locale: string): FirstWords {
  return { ...said(first, locale), codes: null, prose: null };
}

export function allWords(
  { first }: FirstPart,
  { later, codes }: LaterPart,
  proseOf: ProseOf | null,
  locale: string,
): Dictionary {
  return {
    ...{ ...said(first, locale), ...said(later, locale), codes: codes ?? null },
    prose: proseOf?.(codes, locale) ?? null,
  };
}

function said<Words extends Section>(words: Words, locale: string): Said<Words> {
  const formatter = new MessageFormatter(locale);
  const entries = Object.entries(words).map(([key, word]) => [
    key,
    typeof word === 'string' && word.includes('{') ? messageOf(word, formatter) : word,
  ]);
  // A test compares the values that a message of each language takes with those of its type.
  return Object.fromEntries(entries) as Said<Words>;
}

/** Read when it is first said: most messages of a language never are. */
function messageOf(text: string, formatter: MessageFormatter): (values: Values) => string {
  let message: Message | null = null;
  return (values) => formatter.format((message ??= parseMessage(text)), values);
}
