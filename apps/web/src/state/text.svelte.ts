import { createFormatter, type Formatter } from '../lib/format.ts';
import { en, type Dictionary } from '../text/en.ts';
import type { Settings } from './settings.svelte.ts';

/** A language that is not in the first bundle is fetched when somebody wants it. */
export const LANGUAGES: Readonly<
  Record<string, { readonly name: string; readonly load: () => Promise<Dictionary> }>
> = {
  en: { name: 'English', load: async () => en },
};

/** All words and figures of the page in one language. */
export class Text {
  readonly #settings: Settings;
  #dictionary: Dictionary = $state.raw(en);
  #locale: string = $state('en');
  readonly #format: Formatter = $derived.by(() =>
    createFormatter(this.#locale, this.#settings.value.hasBinaryUnits),
  );

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get t(): Dictionary {
    return this.#dictionary;
  }

  get format(): Formatter {
    return this.#format;
  }

  get locale(): string {
    return this.#locale;
  }

  /** Takes the chosen language, else the first of the browser's that is there. Resolves when it is shown. */
  async use(wanted: readonly string[]): Promise<void> {
    const short = wanted.map((language) => language.slice(0, 2).toLowerCase());
    const locale = short.find((language) => language in LANGUAGES) ?? 'en';
    const dictionary = await LANGUAGES[locale]?.load();
    if (!dictionary) return;
    this.#dictionary = dictionary;
    // The browser's own variant of the language decides how figures look (en-GB, de-AT).
    this.#locale = wanted.find((language) => language.toLowerCase().startsWith(locale)) ?? locale;
    document.documentElement.lang = locale;
  }
}
