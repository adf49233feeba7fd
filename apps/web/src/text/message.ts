/** A message with places for values, in the part of ICU MessageFormat that the words of the page use. */
export type Message = readonly Piece[];
export type Values = Readonly<Record<string, string | number>>;

type Piece = string | Place;

interface Place {
  readonly name: string;
  readonly kind: 'value' | 'plural' | 'selectordinal' | 'select';
  readonly cases: ReadonlyMap<string, Message>;
}

const PLACE = /\s*(\w+)\s*(?:,\s*(plural|selectordinal|select)\s*,|(?=\}))\s*/y;
const CASE = /\s*(=\d+|\w+)\s*\{/y;

/**
 * Reads `{name}`, `{name, select, a {…} other {…}}` and `{name, plural, =0 {…} one {…} other {…}}`, where
 * `#` is the number. Nothing is quoted: a message cannot hold braces. Throws for what it does not understand.
 */
export function parseMessage(text: string): Message {
  let at = 0;
  const pieces = readPieces(null);
  if (at < text.length) throw fault();
  return pieces;

  function readPieces(counted: string | null): Message {
    const found: Piece[] = [];
    let from = at;
    const endText = (): void => {
      if (at > from) found.push(text.slice(from, at));
    };
    while (at < text.length && text[at] !== '}') {
      const isHash = text[at] === '#' && counted !== null;
      if (text[at] !== '{' && !isHash) {
        at += 1;
        continue;
      }
      endText();
      at += 1;
      found.push(isHash ? { name: counted, kind: 'value', cases: new Map() } : readPlace(counted));
      from = at;
    }
    endText();
    return found;
  }

  function readPlace(counted: string | null): Place {
    const [, name, kind = 'value'] = next(PLACE) ?? [];
    if (name === undefined) throw fault();
    const cases = new Map<string, Message>();
    while (kind !== 'value') {
      const label = next(CASE)?.[1];
      if (label === undefined) break;
      cases.set(label, readPieces(kind === 'select' ? counted : name));
      end();
    }
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
    end();
    if (kind !== 'value' && !cases.has('other')) throw fault();
    return { name, kind: kind as Place['kind'], cases };
  }

  function next(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  }

  function end(): void {
    if (text[at] !== '}') throw fault();
    at += 1;
  }

  function fault(): Error {
    return new Error(`cannot read this message at ${at}: ${text}`);
  }
}

/** Puts values into messages as people of one locale read them. */
export class MessageFormatter {
  readonly #locale: string;
  readonly #figures: Intl.NumberFormat;
  readonly #rules = new Map<Intl.PluralRuleType, Intl.PluralRules>();

  constructor(locale: string) {
    this.#locale = locale;
    this.#figures = new Intl.NumberFormat(locale);
  }

  format(message: Message, values: Values): string {
    return message.map((piece) => this.#piece(piece, values)).join('');
  }

  #piece(piece: Piece, values: Values): string {
    if (typeof piece === 'string') return piece;
    const { name, kind, cases } = piece;
    const value = values[name] ?? '';
    if (kind === 'value') return typeof value === 'number' ? this.#figures.format(value) : value;
    const chosen =
      kind === 'select' ? cases.get(String(value)) : this.#counted(kind, Number(value), cases);
    return this.format(chosen ?? cases.get('other') ?? [], values);
  }

  #counted(
    kind: 'plural' | 'selectordinal',
    count: number,
    cases: Place['cases'],
  ): Message | undefined {
    const type = kind === 'plural' ? 'cardinal' : 'ordinal';
    let rules = this.#rules.get(type);
    if (!rules) {
      rules = new Intl.PluralRules(this.#locale, { type });
      this.#rules.set(type, rules);
    }
    return cases.get(`=${count}`) ?? cases.get(rules.select(count));
  }
}
