import { createFormatter, type Formatter } from '../format/format.ts';
import { LANGUAGES, type Language } from '../text/languages.ts';
import { matchLanguage, type LanguageMatch } from '../text/match-language.ts';
import {
  allWords,
  firstWords,
  type Dictionary,
  type FirstWords,
  type ProseOf,
} from '../text/words.ts';
import type { Settings } from './settings.svelte.ts';

/** All words and figures of the page in one language. */
export class Text {
  readonly #settings: Settings;
  readonly #languages: readonly Language[];
  #first: FirstWords | null = $state.raw(null);
  #all: Dictionary | null = $state.raw(null);
  #choice: LanguageMatch<Language> | null = null;
  /** The choice that `#all` is in. */
  #allChoice: LanguageMatch<Language> | null = null;
  #locale: string = $state('en');
  readonly #format: Formatter = $derived.by(() =>
    createFormatter(this.#locale, this.#settings.value.hasBinaryUnits),
  );

  constructor(settings: Settings, languages: readonly Language[] = LANGUAGES) {
    this.#settings = settings;
    this.#languages = languages;
  }

  /** Words of the first screen. Nothing may be drawn before `use` has brought them. */
  get t(): FirstWords {
    if (this.#first === null) throw new Error('No language was chosen yet');
    return this.#first;
  }

  /** All words. Only for parts that are fetched later: `loadAll` comes with them. */
  get all(): Dictionary {
    if (this.#all === null) throw new Error('The words of this part are not loaded yet');
    return this.#all;
  }

  get format(): Formatter {
    return this.#format;
  }

  get locale(): string {
    return this.#locale;
  }

  /** Resolves when `all` has the words of the language in use, or of one that was chosen meanwhile. */
  async loadAll(): Promise<void> {
    while (this.#choice !== null && this.#allChoice !== this.#choice) {
      await this.#load(this.#choice, true);
    }
  }

  /** Takes the first of the wanted languages that is there. Resolves when it is shown. */
  async use(wanted: readonly string[]): Promise<void> {
    const choice = matchLanguage(wanted, this.#languages) ?? this.#fallback();
    // At once, so that parts which are fetched meanwhile come in this language.
    this.#choice = choice;
    await this.#load(choice, this.#all !== null);
  }

  async #load(choice: LanguageMatch<Language>, isAll: boolean): Promise<void> {
    const { language, locale } = choice;
    const [first, later, prose] = await Promise.all([
      language.first(),
      isAll ? language.later() : null,
      isAll ? proseFrom(language) : null,
    ]);
    if (choice !== this.#choice) return;
    if (later) {
      this.#all = allWords(first.default, later.default, prose, locale);
      this.#allChoice = choice;
    }
    this.#first = this.#all ?? firstWords(first.default, locale);
    this.#locale = locale;
    document.documentElement.lang = language.tag;
    document.documentElement.dir = first.default.dir;
  }

  #fallback(): LanguageMatch<Language> {
    const [language] = this.#languages;
    if (!language) throw new Error('There is no language');
    return { language, locale: language.tag };
  }
}

async function proseFrom({ prose }: Language): Promise<ProseOf | null> {
  if (!prose) return null;
  const [words, { proseOf }] = await Promise.all([prose(), import('../text/prose-of-words.ts')]);
  return (codes, locale) => proseOf(words.default.prose, codes, locale);
}
