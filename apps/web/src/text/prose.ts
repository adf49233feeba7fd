import type { FailureCode } from '@artemis/contracts';
import { failureWords, type CodeWords } from './codes.ts';
import { MessageFormatter, parseMessage, type Message, type Values } from './message.ts';

/** The server's coded sentences in another language; English needs none, like `CodeWords`. */
export interface ProseWords {
  readonly sentences: Readonly<Record<string, string>>;
  /** Values that list words of the server, such as `subtitles, thumbnail`: by the value's name the words. */
  readonly terms: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Null for a code that has no words here: that of a newer server. */
export type Prose = (code: string, values: Values) => string | null;

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
  const text = code === undefined ? null : (words.prose?.(code, values) ?? null);
  return text === null ? { text: prose, lang: 'en' } : { text, lang: undefined };
}

export function proseOf(
  { sentences, terms }: ProseWords,
  codes: CodeWords | undefined,
  locale: string,
): Prose {
  const formatter = new MessageFormatter(locale);
  const messages = new Map<string, Message>();

  function say(code: string, values: Values): string | null {
    if (!Object.hasOwn(sentences, code)) return null;
    const message = messages.get(code) ?? parseMessage(sentences[code] ?? '');
    messages.set(code, message);
    const translated = Object.entries(values).map(([name, value]) => [
      name,
      inside(name, value, values),
    ]);
    return formatter.format(message, Object.fromEntries(translated) as Values);
  }

  /** A value that is a sentence or words of the server itself. */
  function inside(name: string, value: string | number, values: Values): string | number {
    const { [`${name}_code`]: code, [`${name}_detail`]: detail, ...others } = values;
    if (typeof code === 'string') {
      const { [name]: _itself, ...rest } = others;
      return say(code, rest) ?? failure(code, value, detail) ?? value;
    }
    const list = terms[name];
    if (list === undefined || typeof value !== 'string') return value;
    const wordOf = (term: string): string | null =>
      Object.hasOwn(list, term) ? (list[term] ?? null) : null;
    return (
      wordOf(value) ??
      value
        .split(', ')
        .map((term) => wordOf(term) ?? term)
        .join(', ')
    );
  }

  function failure(code: string, prose: string | number, detail: string | number | undefined) {
    if (codes === undefined || !Object.hasOwn(codes.failures, code)) return null;
    const told = typeof detail === 'string' ? { detail } : {};
    const known = { code: code as FailureCode, message: String(prose), hint: '', ...told };
    return failureWords({ ...known, retryable: false }, codes).message;
  }

  return say;
}
