import { expect, it } from 'vitest';
import { say, saidAs, type Problem, type ProblemDetail } from '@artemis/contracts';
import { problemDetail } from '../../src/text/problem-detail.ts';
import { de, en } from '../words.ts';

function refusal(detail: Partial<Problem>, ...errors: readonly ProblemDetail[]): Problem {
  const base = {
    type: '',
    title: '',
    status: 400,
    code: 'VALIDATION_FAILED',
    instance: '',
  } as const;
  return { ...base, detail: 'As the server says it.', ...detail, errors: [...errors] };
}

it('a refused field is named, with what is wrong with it in the language of the page', () => {
  const rate = {
    path: '/options/rate_limit_kbps',
    ...say('MUST_BE_AT_MOST', { limit: 10_000_000 }),
  };
  expect(problemDetail(refusal({}, rate), de).text).toBe(
    'options/rate_limit_kbps muss 10.000.000 oder kleiner sein.',
  );
  expect(problemDetail(refusal({}, rate), en).text).toBe('As the server says it.');
  const time = { path: '/options/section/start', ...say('MUST_BE', { wanted: 'text, or so' }) };
  expect(problemDetail(refusal({}, time), de).text).toBe(
    'options/section/start muss sein: text, or so.',
  );
});

it('a sentence about a link or a cookie stands alone', () => {
  const link = { path: '/urls/3', index: 3, ...say('LINK_HAS_PASSWORD') };
  expect(problemDetail(refusal({}, link), de).text).toBe(
    'Der Link enthält einen Benutzernamen oder ein Passwort.',
  );
});

it('a refusal that says more than its code is said by the code of its detail', () => {
  const said = saidAs('detail', say('NOTHING_MISSING', { parts: 'subtitles, metadata' }));
  expect(said.detail).toBe('Nothing of this is missing: subtitles, metadata.');
  expect(problemDetail(refusal(said), de).text).toBe('Davon fehlt nichts: Untertitel, Metadaten.');
});

it('a refusal without a known code stays as the server says it', () => {
  const field = { path: '/a', message: 'is odd', code: 'NEW' };
  for (const one of [refusal({}), refusal({}, field)]) {
    expect(problemDetail(one, de)).toEqual({ text: 'As the server says it.', lang: 'en' });
  }
});
