import { describe, expect, it } from 'vitest';
import {
  DownloadOptions,
  FAILURE_CODES,
  PARTS,
  PROSE,
  PROSE_CODES,
  SANDBOX_PARTS,
  say,
  type ProseCode,
} from '@artemis/contracts';
import { LANGUAGES } from '../../src/text/languages.ts';
import { spoken } from '../../src/text/prose.ts';
import { de, en } from '../words.ts';
import { messageFaults } from './language-faults.ts';

function quotedDescriptions(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { description } = schema as { readonly description?: unknown };
  const isQuoted = typeof description === 'string' && ('pattern' in schema || 'anyOf' in schema);
  const below = Object.values(schema).flatMap(quotedDescriptions);
  return [...new Set(isQuoted ? [description, ...below] : below)];
}

/** The values that a sentence takes apart, whichever of them it then says. */
function valuesOf(code: ProseCode): readonly string[] {
  const names = new Set<string>();
  const given = new Proxy({}, { get: (_, name) => names.add(String(name)) && 'x' });
  (PROSE[code] as (values: object) => string)(given);
  return [...names];
}

describe.each(LANGUAGES.filter(({ tag }) => tag !== 'en'))(
  'the sentences of the server in $tag',
  ({ tag, prose }) => {
    const words = prose?.().then((part) => part.default.prose);

    it('are all there, with the values of the server and every plural form', async () => {
      const { sentences = {} } = (await words) ?? {};
      expect(Object.keys(sentences).sort()).toEqual([...PROSE_CODES].sort());
      const faults = PROSE_CODES.flatMap((code) => {
        const text = sentences[code] ?? '';
        return messageFaults(tag, text, text, valuesOf(code)).map((fault) => `${code}: ${fault}`);
      });
      expect(faults).toEqual([]);
    });

    it('have a word for each term that is listed inside them', async () => {
      const { terms = {} } = (await words) ?? {};
      expect(Object.keys(terms['unrestricted'] ?? {}).sort()).toEqual(
        Object.keys(SANDBOX_PARTS).sort(),
      );
      expect(Object.keys(terms['parts'] ?? {}).sort()).toEqual([...PARTS].sort());
      // What a refusal quotes of the schema of an option (`MUST_BE`).
      expect(Object.keys(terms['wanted'] ?? {}).sort()).toEqual(
        quotedDescriptions(DownloadOptions).sort(),
      );
    });
  },
);

describe('a sentence of the server', () => {
  it('is said by its code, and its figures as the locale has them', () => {
    const { message, code, values } = say('HISTORY_ENTRIES_LOST', { count: 1200, aside: 'h.json' });
    expect(spoken(de, message, code, values)).toEqual({
      text: '1.200 Einträge des Verlaufs waren nicht zu lesen. Die ganze Datei wurde als h.json aufbewahrt.',
      lang: undefined,
    });
    expect(spoken(en, message, code, values)).toEqual({ text: message, lang: 'en' });
  });

  it('stays as it is without a code, and with one of a newer server', () => {
    const prose = 'Something new.';
    expect(spoken(de, prose, undefined)).toEqual({ text: prose, lang: 'en' });
    for (const code of ['SOMETHING_NEW', 'toString', '__proto__']) {
      expect(spoken(de, prose, code, {})).toEqual({ text: prose, lang: 'en' });
    }
  });

  it('says a sentence inside it by its own code, with the values of both', () => {
    const reason = { folder: '/tools', reason_code: 'FETCH_FOLDER_READ_ONLY', reason: 'Prose.' };
    const { message, code, values } = say('ENGINE_NOT_FETCHED', { version: '2026.1.1', ...reason });
    expect(message).toBe('yt-dlp 2026.1.1 could not be fetched: Prose.');
    expect(spoken(de, message, code, values).text).toBe(
      'yt-dlp 2026.1.1 konnte nicht geholt werden: Der Ordner der Werkzeuge /tools kann nicht beschrieben werden.',
    );
    const unknown = say('ENGINE_NOT_FETCHED', {
      version: '1',
      reason: 'Prose.',
      reason_code: 'NEW',
    });
    expect(spoken(de, unknown.message, unknown.code, unknown.values).text).toMatch(/: Prose\.$/);
  });

  it('says a failure inside it in the words of failures, with what the site has said', () => {
    const failed = say('TRIAL_SITE_FAILED', {
      reason: 'SITE_REFUSED',
      reason_code: 'SITE_REFUSED',
    });
    expect(failed.message).toBe('SITE_REFUSED');
    expect(spoken(de, failed.message, failed.code, failed.values).text).toBe(
      'Die Seite hat das abgelehnt.',
    );
    const detailed = { ...failed.values, reason_detail: 'Not today' };
    expect(spoken(de, failed.message, failed.code, detailed).text).toBe(
      'Die Seite hat das abgelehnt: „Not today“',
    );
  });

  it('says the words of a list one by one', () => {
    const { message, code, values } = say('SANDBOX_PARTIAL', { unrestricted: 'signals, newer' });
    expect(message).toContain('which processes they signal; newer.');
    expect(spoken(de, message, code, values).text).toMatch(/welchen Prozessen sie .*, newer\.$/);
  });
});

it('no sentence has the code of a failure, which may stand in the same place', () => {
  const failures = new Set<string>(FAILURE_CODES);
  expect(PROSE_CODES.filter((code) => failures.has(code))).toEqual([]);
});
