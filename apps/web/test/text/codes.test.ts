import { expect, it } from 'vitest';
import { failureWords, warningWords } from '../../src/text/codes.ts';
import { de } from '../words.ts';

it('states what is missing in every language, with the figures of the server', () => {
  const detail = '0:12 / 1:00';
  const warning = {
    code: 'INCOMPLETE',
    message: `A part is missing (${detail}).`,
    detail,
  } as const;
  expect(warningWords(warning, null)).toBe('A part is missing (0:12 / 1:00).');
  expect(warningWords(warning, de.codes)).toBe('Ein Teil der Medien fehlt (0:12 / 1:00).');
  const failure = { ...warning, code: 'FRAGMENTS_MISSING', hint: '', retryable: false } as const;
  expect(failureWords(failure, null).message).toBe('A part is missing (0:12 / 1:00).');
  expect(failureWords(failure, de.codes).message).toMatch(
    /^Der Seite fehlen .* \(0:12 \/ 1:00\)\.$/,
  );
});

it('quotes the words of the site in every language', () => {
  const failure = {
    code: 'SITE_REFUSED',
    message: 'The site has refused this: “Not today”',
    hint: 'Look there.',
    retryable: false,
    detail: 'Not today',
  } as const;
  expect(failureWords(failure, null).message).toBe('The site has refused this: “Not today”');
  expect(failureWords(failure, de.codes).message).toBe('Die Seite hat das abgelehnt: „Not today“');
});
