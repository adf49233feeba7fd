import english from '../../src/text/en.json';
import { parseMessage, type Message } from '../../src/text/message.ts';
import { VALUES } from '../../src/text/values.ts';

type Texts = Readonly<Record<string, string>>;

/** What is wrong with the file of a language, in sentences; the English one says what has to be in it. */
export function faultsOf(tag: string, file: object): string[] {
  const [wanted, found] = [textsOf(english), textsOf(file)];
  const isOurs = (key: string): boolean => !/^(?:codes|prose)\./.test(key);
  return [
    ...Object.keys(wanted)
      .filter((key) => !(key in found))
      .map((key) => `${key} is missing`),
    ...Object.keys(found)
      .filter((key) => isOurs(key) && !(key in wanted))
      .map((key) => `${key} is no word of the page`),
    ...Object.entries(found)
      .filter(([key]) => !key.startsWith('prose.'))
      .flatMap(([key, text]) =>
        messageFaults(tag, text, wanted[key] ?? text, valuesOf(key)).map(
          (fault) => `${key}: ${fault}`,
        ),
      ),
  ];
}

function valuesOf(key: string): readonly string[] {
  const name = key.replace(/^(?:first|later)\./, '');
  return (VALUES as Readonly<Record<string, readonly string[]>>)[name] ?? [];
}

function textsOf(file: object, path = ''): Texts {
  return Object.fromEntries(
    Object.entries(file).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(textsOf(value, `${path}${key}.`))
        : [[`${path}${key}`, String(value)]],
    ),
  );
}

export function messageFaults(
  tag: string,
  text: string,
  english: string,
  values: readonly string[],
): string[] {
  if (text.trim() === '') return ['it is empty'];
  let places: readonly Place[];
  try {
    places = placesOf(parseMessage(text));
  } catch (error) {
    return [String(error)];
  }
  const named = [...new Set(places.map(({ name }) => name))].toSorted();
  const isCounted = placesOf(parseMessage(english)).some(hasCategory);
  return [
    ...(named.join() === values.toSorted().join()
      ? []
      : [`it has the values ${named.join(', ')} instead of ${values.join(', ')}`]),
    ...places.flatMap((place) => (isCounted || hasCategory(place) ? missingForms(tag, place) : [])),
  ];
}

type Place = Exclude<Message[number], string>;

function placesOf(message: Message): readonly Place[] {
  return message.flatMap((piece) =>
    typeof piece === 'string' ? [] : [piece, ...[...piece.cases.values()].flatMap(placesOf)],
  );
}

/** It tells more forms apart than single numbers such as `=0`. */
function hasCategory({ kind, cases }: Place): boolean {
  const isNamed = (label: string): boolean => label !== 'other' && !label.startsWith('=');
  return kind !== 'select' && [...cases.keys()].some(isNamed);
}

function missingForms(tag: string, { kind, cases, name }: Place): string[] {
  if (kind !== 'plural' && kind !== 'selectordinal') return [];
  if (!hasCategory({ kind, cases, name }) && [...cases.keys()].some((label) => label !== 'other')) {
    return [];
  }
  const type = kind === 'plural' ? 'cardinal' : 'ordinal';
  const { pluralCategories } = new Intl.PluralRules(tag, { type }).resolvedOptions();
  return pluralCategories
    .filter((category) => !cases.has(category))
    .map((category) => `the form "${category}" of ${name} is missing`);
}
