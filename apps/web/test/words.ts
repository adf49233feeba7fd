import english from '../src/text/en.json';
import german from '../src/text/de.json';
import { proseOf } from '../src/text/prose-of-words.ts';
import { allWords } from '../src/text/words.ts';

export const en = allWords(english, english, null, 'en');
export const de = allWords(
  german,
  german,
  (codes, locale) => proseOf(german.prose, codes, locale),
  'de',
);
