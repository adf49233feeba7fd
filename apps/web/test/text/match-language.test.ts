import { expect, it } from 'vitest';
import { matchLanguage } from '../../src/text/match-language.ts';

const offered = ['en', 'de', 'pt-BR', 'pt-PT', 'zh', 'sr-Latn'].map((tag) => ({ tag }));

function match(...wanted: readonly string[]): string | null {
  const found = matchLanguage(wanted, offered);
  return found && `${found.language.tag} ${found.locale}`;
}

it.each([
  [['de'], 'de de'],
  [['de-AT'], 'de de-AT'],
  [['DE-ch'], 'de de-CH'],
  [['fr', 'de-CH', 'en'], 'de de-CH'],
  [['en-GB'], 'en en-GB'],
  [['pt'], 'pt-BR pt-BR'],
  [['pt-PT'], 'pt-PT pt-PT'],
  [['pt-BR', 'en'], 'pt-BR pt-BR'],
  [['pt-AO', 'en'], 'en en'],
  [['zh-CN'], 'zh zh-CN'],
  [['zh-Hans'], 'zh zh'],
  [['zh-TW'], null],
  [['sr'], null],
  [['sr-Latn-RS'], 'sr-Latn sr-Latn-RS'],
  [['*', 'no_tag', '', 'de'], 'de de'],
  [['dex', 'english'], null],
  [[], null],
] as const)('%j takes %j', (wanted, taken) => {
  expect(match(...wanted)).toBe(taken);
});

it('matching never gives one region the words of another', () => {
  const european = [{ tag: 'pt-PT' }, { tag: 'en' }];
  expect(matchLanguage(['pt-BR', 'en-US'], european)?.language.tag).toBe('en');
  expect(matchLanguage(['pt'], european)).toEqual({ language: { tag: 'pt-PT' }, locale: 'pt-PT' });
});
