// @vitest-environment jsdom

import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/state/settings.svelte.ts';
import { Text } from '../../src/state/text.svelte.ts';
import english from '../../src/text/en.json';
import { LANGUAGES, type Language } from '../../src/text/languages.ts';

const root = document.documentElement;

describe('the words of a language', () => {
  it('are all of the new language, even if later parts load during the change', async () => {
    const text = new Text(new Settings());
    await Promise.all([text.use(['de-AT', 'en']), text.loadAll()]);
    expect([text.t.undo, text.all.undo, text.all.close]).toEqual([
      'Rückgängig',
      'Rückgängig',
      'Schließen',
    ]);
    expect([text.locale, root.lang, root.dir]).toEqual(['de-AT', 'de', 'ltr']);
    expect(text.format.date('2026-01-31T12:00:00Z')).toBe('31.01.2026');
    expect(text.all.codes?.warnings.AUDIO_MISSING).toBe('Das Medium hat keinen Ton.');
  });

  it('are those of the last chosen language', async () => {
    const text = new Text(new Settings());
    await text.use(['en']);
    await text.loadAll();
    await Promise.all([text.use(['de']), text.use(['en'])]);
    expect([text.t.undo, text.all.close, text.locale, root.lang]).toEqual([
      'Undo',
      'Close',
      'en',
      'en',
    ]);
    expect(text.t.codes).toBeNull();
    await text.use(['de']);
    expect(text.all.close).toBe('Schließen');
  });

  it('are English when no wanted language is available', async () => {
    const text = new Text(new Settings());
    expect(() => text.t).toThrow('No language was chosen yet');
    await text.use(['tlh', 'x']);
    expect([text.t.undo, text.locale]).toEqual(['Undo', 'en']);
  });

  it('come from one file and one line of the table, in their writing direction', async () => {
    const { first, later } = english;
    const hebrew: Language = {
      tag: 'he',
      first: async () => ({ default: { dir: 'rtl', first: { ...first, undo: 'ביטול' } } }),
      later: async () => ({ default: { later: { ...later, close: 'סגירה' } } }),
    };
    const text = new Text(new Settings(), [...LANGUAGES, hebrew]);
    await text.use(['he-IL', 'en']);
    await text.loadAll();
    expect([text.t.undo, text.all.close]).toEqual(['ביטול', 'סגירה']);
    expect([root.lang, root.dir, text.locale]).toEqual(['he', 'rtl', 'he-IL']);
    await text.use(['en']);
    expect([root.lang, root.dir]).toEqual(['en', 'ltr']);
  });
});
