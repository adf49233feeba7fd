import { say, type DownloadOptions, type ProblemDetail } from '@artemis/contracts';

const languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

const MOST_LISTED = 10_000;

/** Tags that a probe has listed though no language is known by them: what a site calls its subtitles or its sound. In memory only. */
export interface ListedLanguages {
  add(tags: readonly string[]): void;
  has(tag: string): boolean;
}

export function createListedLanguages(): ListedLanguages {
  const listed = new Set<string>();
  return {
    add(tags) {
      for (const tag of tags)
        if (!isKnown(tag) && listed.size < MOST_LISTED) listed.add(plain(tag));
    },
    has: (tag) => listed.has(plain(tag)),
  };
}

/**
 * Tags of subtitles and sound that begin with no language there is and were listed by no probe; their pattern is
 * checked before.
 */
export function unknownLanguages(
  { subtitles, audio_languages: sound = [] }: DownloadOptions,
  isListed: (tag: string) => boolean,
): ProblemDetail[] {
  return [
    ...unknownTags(sound, '/options/audio_languages', isListed),
    ...unknownTags(subtitles?.languages ?? [], '/options/subtitles/languages', isListed),
  ];
}

function unknownTags(
  tags: readonly string[],
  path: string,
  isListed: (tag: string) => boolean,
): ProblemDetail[] {
  return tags.flatMap((tag, index) =>
    isKnown(tag) || isListed(tag)
      ? []
      : [
          {
            path: `${path}/${index}`,
            ...say('LANGUAGE_NOT_KNOWN', { tag }),
          },
        ],
  );
}

function plain(tag: string): string {
  return tag.toLowerCase().replaceAll('_', '-');
}

/** What broadcasters call the original sound, and what yt-dlp calls subtitles that name no language. */
const WITHOUT_NAME = /^(und|mis|q[a-t][a-z])$/i;

/**
 * The rest of a tag is the site's own: `en-orig`. Some sites call a language by its country, such as `jp`. A word that is
 * no tag at all, such as `live_chat`, is a name that the site has given.
 */
function isKnown(tag: string): boolean {
  const [language = ''] = tag.split(/[-_]/);
  return (
    !/^[a-z]{1,3}$/i.test(language) ||
    WITHOUT_NAME.test(language) ||
    languages.of(language) !== undefined ||
    isCountry(language.toUpperCase())
  );
}

/** Not `ZZ`, which stands for an unknown one. */
function isCountry(code: string): boolean {
  return code.length === 2 && code !== 'ZZ' && regions.of(code) !== undefined;
}
