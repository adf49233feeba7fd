import type { FirstPart, LaterPart, ProsePart } from './words.ts';

export interface Language {
  /** BCP 47: `de`, or `pt-BR` where the words are those of one region. */
  readonly tag: string;
  readonly first: () => Promise<{ readonly default: FirstPart }>;
  readonly later: () => Promise<{ readonly default: LaterPart }>;
  /** Missing in English, which the server speaks itself. */
  readonly prose?: () => Promise<{ readonly default: ProsePart }>;
}

/** The languages of the page, the first for whoever reads none of them. One more is a file like `en.json` and a line here. */
export const LANGUAGES: readonly Language[] = [
  { tag: 'en', first: () => import('./en.json?first'), later: () => import('./en.json?later') },
  {
    tag: 'de',
    first: () => import('./de.json?first'),
    later: () => import('./de.json?later'),
    prose: () => import('./de.json?prose'),
  },
];

/** The name of a language in itself: `Deutsch`. */
export function nameOfLanguage(tag: string): string {
  const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}
