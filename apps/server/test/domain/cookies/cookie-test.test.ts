import { FAILURES, type TestCookies } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import { createActivityLog } from '../../../src/domain/activity-log.ts';
import { createCookieJars } from '../../../src/domain/cookies/cookie-jars.ts';
import {
  testCookies,
  type CookieTestDependencies,
} from '../../../src/domain/cookies/cookie-test.ts';
import { RequestError } from '../../../src/domain/errors.ts';

const LINK = 'https://www.example.com/members/1';
const never = new AbortController().signal;
const probeFailure = (failureCode: 'LOGIN_REQUIRED' | 'NETWORK') =>
  new RequestError('PROBE_FAILED', FAILURES[failureCode].message, { failureCode });

async function test(
  probe: () => Promise<unknown>,
  request: TestCookies = { url: LINK },
  rest: Partial<CookieTestDependencies> = {},
) {
  const nothing = () => Promise.resolve();
  const cookieJars = createCookieJars({
    store: { load: () => Promise.resolve([]), write: nothing, remove: nothing },
    jars: [],
    log: createActivityLog(),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    now: () => new Date(),
  });
  await cookieJars.put('example.com', '.example.com\tTRUE\t/\tTRUE\t0\tsid\tx\n');
  return testCookies('example.com', request, never, {
    cookieJars,
    checkUrl: (url) =>
      url.includes('private') ? { ok: false, reason: 'It is private.' } : { ok: true, url },
    mayHaveCookies: () => true,
    probe,
    ...rest,
  });
}

describe('a test of cookies', () => {
  it('reports what a probe of a link found', async () => {
    const works = await test(() => Promise.resolve());
    expect(works).toMatchObject({ url: LINK, result: 'works', failure_code: null });
    const refused = await test(() => Promise.reject(probeFailure('LOGIN_REQUIRED')));
    expect(refused).toMatchObject({ result: 'refused', failure_code: 'LOGIN_REQUIRED' });
    expect(await test(() => Promise.reject(probeFailure('NETWORK')))).toEqual({
      url: LINK,
      result: 'unclear',
      failure_code: 'NETWORK',
      message: FAILURES.NETWORK.message,
    });
  });

  it('does not trust a public front page unless it asks for a sign-in', async () => {
    const url = 'https://example.com/';
    expect(await test(() => Promise.resolve(), {})).toMatchObject({ url, result: 'unclear' });
    const refused = await test(() => Promise.reject(probeFailure('LOGIN_REQUIRED')), {});
    expect(refused).toMatchObject({ url, result: 'refused' });
  });

  it('does not probe when the engine gets no cookies', async () => {
    const answer = await test(() => Promise.reject(new Error('it looked')), undefined, {
      mayHaveCookies: () => false,
    });
    expect(answer).toMatchObject({ result: 'unclear', failure_code: null });
  });

  it('refuses links of other sites and forbidden ones, and a third probe at a time', async () => {
    const look = () => Promise.resolve();
    const refusals = [
      test(look, { url: 'https://example.com.evil.example/' }),
      test(look, { url: 'https://example.com/private' }),
      test(() => Promise.reject(new RequestError('TOO_MANY_PROBES', 'Later.'))),
    ];
    const codes = await Promise.all(
      refusals.map((refusal) => refusal.catch((error: unknown) => (error as RequestError).code)),
    );
    expect(codes).toEqual(['VALIDATION_FAILED', 'URL_NOT_ALLOWED', 'TOO_MANY_PROBES']);
  });
});
