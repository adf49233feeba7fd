export interface LanguageMatch<Offered> {
  readonly language: Offered;
  /** What figures and dates follow: the variant that was wanted, such as `de-AT`, if its words are there. */
  readonly locale: string;
}

/**
 * The first of the wanted BCP 47 tags that there are words for: `de-AT` takes `de`, and `pt` takes `pt-BR`;
 * `pt-BR` does not take `pt-PT`, nor `zh-TW` what is written as in `zh-CN`. What is no tag is passed over.
 */
export function matchLanguage<Offered extends { readonly tag: string }>(
  wanted: readonly string[],
  offered: readonly Offered[],
): LanguageMatch<Offered> | null {
  for (const tag of wanted) {
    const want = localeOf(tag);
    if (!want) continue;
    const [best] = offered
      .map((language) => ({ language, nearness: nearnessOf(want, new Intl.Locale(language.tag)) }))
      .filter(({ nearness }) => nearness > 0)
      .toSorted((a, b) => b.nearness - a.nearness);
    if (!best) continue;
    const { language } = best;
    return { language, locale: want.region ? want.toString() : language.tag };
  }
  return null;
}

function localeOf(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag);
  } catch {
    return null;
  }
}

/** 0 for words that whoever wants the other language may not be able to read. */
function nearnessOf(want: Intl.Locale, offer: Intl.Locale): number {
  const [wantInFull, offerInFull] = [want.maximize(), offer.maximize()];
  const isReadable = want.language === offer.language && wantInFull.script === offerInFull.script;
  if (!isReadable) return 0;
  if (!offer.region) return 2;
  if (want.region) return want.region === offer.region ? 3 : 0;
  return wantInFull.region === offer.region ? 2 : 1;
}
