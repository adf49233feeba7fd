import { redact } from './redact.ts';

/** Replaces the random word (nonce) of a run. */
export const NONCE_NAME = 'N';

/** A command line as one would type it in a shell, without secrets. */
export function typed(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  const text = redact(word);
  return /^[\w./:=,+-]+$/.test(text) ? text : `'${text}'`;
}
