import { describe, expect, it } from 'vitest';
import { EXPLANATION_CODES, FAILURES, REQUEST_CODES, WARNINGS } from '@artemis/contracts';
import english from '../../src/text/en.json';
import { LANGUAGES, nameOfLanguage } from '../../src/text/languages.ts';
import { VALUES } from '../../src/text/values.ts';
import { faultsOf } from './language-faults.ts';

describe.each(LANGUAGES)('the file of $tag', ({ tag, first, later }) => {
  it('has all words, with their values and every plural form', async () => {
    const [{ default: one }, { default: two }] = await Promise.all([first(), later()]);
    expect(faultsOf(tag, { ...one, ...two })).toEqual([]);
    expect(['ltr', 'rtl']).toContain(one.dir);
  });
});

// The server itself speaks English.
it.each(LANGUAGES.filter(({ tag }) => tag !== 'en'))(
  'the file of $tag has a sentence for every code of the server',
  async ({ later }) => {
    const { codes } = (await later()).default;
    expect(Object.keys(codes?.failures ?? {}).sort()).toEqual(Object.keys(FAILURES).sort());
    expect(Object.keys(codes?.warnings ?? {}).sort()).toEqual(Object.keys(WARNINGS).sort());
    expect(Object.keys(codes?.explanations ?? {}).sort()).toEqual([...EXPLANATION_CODES].sort());
    expect(Object.keys(codes?.requests ?? {}).sort()).toEqual(Object.keys(REQUEST_CODES).sort());
  },
);

it('a faulty language file is reported with each fault', () => {
  const { first } = english;
  const faults = (changed: object): string[] =>
    faultsOf('ar', { ...english, first: { ...first, ...changed } }).filter(
      (fault) => !/the form/.test(fault),
    );
  expect(faults({})).toEqual([]);
  expect(faults({ undo: '' })).toEqual(['first.undo: it is empty']);
  expect(faults({ undo: undefined, extra: 'x' })).toContain('first.extra is no word of the page');
  expect(faults({ diskFree: '{left} free' })).toEqual([
    'first.diskFree: it has the values left instead of free',
  ]);
  expect(faults({ diskFree: '{free' })[0]).toMatch(/^first.diskFree: .*cannot read/);
  const { undo: _undo, ...less } = first;
  expect(faultsOf('en', { ...english, first: less })).toEqual(['first.undo is missing']);
  expect(faultsOf('ar', english)).toContain(
    'first.intakeFound: the form "two" of count is missing',
  );
});

it('the table of values names only existing words', () => {
  const words = { ...english.first, ...english.later };
  expect(Object.keys(VALUES).filter((key) => !(key in words))).toEqual([]);
  expect(Object.keys(english.first).filter((key) => key in english.later)).toEqual([]);
});

it('each language is called by its own name', () => {
  expect(['en', 'de', 'fr', 'pt-BR'].map(nameOfLanguage)).toEqual([
    'English',
    'Deutsch',
    'Français',
    'Português (Brasil)',
  ]);
});
