import english from '../src/text/en.json';
import german from '../src/text/de.json';
import { allWords } from '../src/text/words.ts';

export const en = allWords(english, english, 'en');
export const de = allWords(german, german, 'de');
