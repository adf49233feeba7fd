import { createFormatter, type Formatter } from '../format/format.ts';
import type { Dictionary, FirstWords, LaterWords } from '../text/dictionary.ts';
import { en } from '../text/en.ts';
import type { Settings } from './settings.svelte.ts';

interface Language {
  readonly name: string;
  readonly loadFirst: () => Promise<FirstWords>;
  readonly loadLater: () => Promise<LaterWords>;
}

export const LANGUAGES: Readonly<Record<string, Language>> = {
  en: {
    name: 'English',
    loadFirst: async () => en,
    loadLater: async () => (await import('../text/en-more.ts')).enMore,
  },
  de: {
    name: 'Deutsch',
    loadFirst: async () => (await import('../text/de.ts')).de,
    loadLater: async () => (await import('../text/de-more.ts')).deMore,
  },
};

/** All words and figures of the page in one language. The first screen's are there at once. */
export class Text {
  readonly #settings: Settings;
  #first: FirstWords = $state.raw(en);
  #all: Dictionary | null = $state.raw(null);
  #code = 'en';
  /** The language of `#all`. */
  #allCode: string | null = null;
  #locale: string = $state('en');
  readonly #format: Formatter = $derived.by(() =>
    createFormatter(this.#locale, this.#settings.value.hasBinaryUnits),
  );

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Words of the first screen. */
  get t(): FirstWords {
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

  async loadAll(): Promise<void> {
    // The language may change while its words are on their way.
    while (this.#allCode !== this.#code) await this.#load(this.#code);
  }

  async #load(code: string): Promise<void> {
    const language = LANGUAGES[code];
    if (!language) throw new Error(`there is no language ${code}`);
    const [first, later] = await Promise.all([language.loadFirst(), language.loadLater()]);
    if (code !== this.#code) return;
    this.#first = first;
    this.#all = { ...first, ...later };
    this.#allCode = code;
  }

  /** Takes the first of the wanted languages that is there. Resolves when it is shown. */
  async use(wanted: readonly string[]): Promise<void> {
    const code =
      wanted.map((one) => one.slice(0, 2).toLowerCase()).find((one) => one in LANGUAGES) ?? 'en';
    const language = LANGUAGES[code];
    if (!language) return;
    if (code !== this.#code) {
      // At once, so that parts which are fetched meanwhile come in this language.
      this.#code = code;
      if (this.#all !== null) await this.loadAll();
      else {
        const first = await language.loadFirst();
        if (code === this.#code) this.#first = first;
      }
    }
    if (code !== this.#code) return;
    // The browser's own variant of the language decides how figures look (en-GB, de-AT).
    this.#locale = wanted.find((one) => one.toLowerCase().startsWith(code)) ?? code;
    document.documentElement.lang = code;
  }
}
