import type { FirstWords } from './en.ts';
import type { LaterWords } from './en-more.ts';

export type { FirstWords, LaterWords };
/** Every word of the page in one language. */
export type Dictionary = FirstWords & LaterWords;
