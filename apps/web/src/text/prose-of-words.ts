import type { FailureCode, Problem } from '@artemis/contracts';
import { failureWords, type CodeWords } from './codes.ts';
import { MessageFormatter, parseMessage, type Message, type Values } from './message.ts';
import { spoken, type Prose, type ProseWords, type Spoken } from './prose.ts';

/** Loaded with the words: what the first screen needs must not grow by it. */
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

  /** That of a refused request is made of its first field, as the server makes it. */
  function detail(problem: Problem): Spoken {
    const words = { prose: { say, detail } };
    const { detail: english, errors: [first] = [] } = problem;
    const known = spoken(words, english, problem.detail_code, problem.detail_values);
    if (known.lang === undefined || first === undefined) return known;
    const { text, lang } = spoken(words, first.message, first.code, first.values);
    if (lang !== undefined) return known;
    // A sentence about a link or a cookie stands alone; anything else is said of a field.
    const place = first.path.slice(1);
    return { text: text.endsWith('.') || place === '' ? text : `${place} ${text}.`, lang };
  }

  return { say, detail };
}
