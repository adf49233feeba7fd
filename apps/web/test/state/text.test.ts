// @vitest-environment jsdom

import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/state/settings.svelte.ts';
import { Text } from '../../src/state/text.svelte.ts';
import { de } from '../../src/text/de.ts';
import { deMore } from '../../src/text/de-more.ts';
import { en } from '../../src/text/en.ts';
import { enMore } from '../../src/text/en-more.ts';

const german = { ...de, ...deMore };

describe('the words of a language', () => {
  it('are all of that language, though later parts are fetched while it is chosen', async () => {
    const text = new Text(new Settings());
    await Promise.all([text.loadAll(), text.use(['de-AT', 'en'])]);
    expect(text.all).toEqual(german);
    expect(text.t).toEqual(de);
    expect([text.locale, document.documentElement.lang]).toEqual(['de-AT', 'de']);

    const other = new Text(new Settings());
    await Promise.all([other.use(['de']), other.loadAll()]);
    expect(other.all).toEqual(german);
  });

  it('are those of the last choice', async () => {
    const text = new Text(new Settings());
    await text.loadAll();
    await Promise.all([text.use(['de']), text.use(['en'])]);
    expect(text.all).toEqual({ ...en, ...enMore });
    expect([text.locale, document.documentElement.lang]).toEqual(['en', 'en']);
    await text.use(['de']);
    expect(text.all).toEqual(german);
  });
});
