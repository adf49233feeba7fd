import { redact } from './redact.ts';

/** Stands for the random word of a run. */
export const NONCE_NAME = 'N';

/** Words of a command line as one would type them, without secrets. The log and the explanation both use it. */
export function typed(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  const text = redact(word);
  return /^[\w./:=,+-]+$/.test(text) ? text : `'${text}'`;
}
