/**
 * Runs the curl commands of the documentation with fetch, so that the tests need no curl. Knows the few options that
 * the documentation uses; any other is an error.
 */

export interface CurlCommand {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Words as a shell would make them, with `$NAME` replaced outside of single quotes. */
export function wordsOf(command: string, variables: ReadonlyMap<string, string>): string[] {
  const text = command.replaceAll('\\\n', ' ');
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index] ?? '';
    if (quote === '' && /\s/.test(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === '' && (sign === "'" || sign === '"')) {
      quote = sign;
      word ??= '';
    } else if (sign === quote) {
      quote = '';
    } else if (sign === '$' && quote !== "'") {
      const name = /^\w+/.exec(text.slice(index + 1))?.[0] ?? '';
      const value = variables.get(name);
      if (value === undefined) throw new Error(`$${name} is not known`);
      word = (word ?? '') + value;
      index += name.length;
    } else word = (word ?? '') + sign;
  }
  if (word !== null) words.push(word);
  return words;
}

export function parseCurl(words: readonly string[]): CurlCommand {
  const [program, ...rest] = words;
  if (program !== 'curl') throw new Error(`not a curl command: ${program}`);
  const headers: Record<string, string> = {};
  let url: string | null = null;
  let method: string | null = null;
  let body: string | null = null;
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    const value = () => rest.shift() ?? '';
    if (word === '-s') continue;
    else if (word === '-o') value();
    else if (word === '-X') method = value();
    else if (word === '-d') body = value();
    else if (word === '-r') headers['range'] = `bytes=${value()}`;
    else if (word === '-H') {
      const [name = '', ...text] = value().split(': ');
      headers[name] = text.join(': ');
    } else if (word.startsWith('-') || url !== null) throw new Error(`not understood: ${word}`);
    else url = word;
  }
  return { url: url ?? '', method: method ?? (body === null ? 'GET' : 'POST'), headers, body };
}
