import {
  FAILURES,
  say,
  type CookieTest,
  type CreateProbe,
  type FailureCode,
  type TestCookies,
} from '@artemis/contracts';
import type { CookieJars } from './cookie-jars.ts';
import { hostsOfLink, isBelowSite } from './cookie-site.ts';
import { RequestError } from '../errors.ts';
import type { CheckUrl } from '../links/url-policy.ts';

export interface CookieTestDependencies {
  readonly cookieJars: CookieJars;
  readonly checkUrl: CheckUrl;
  /** Whether the engine can be given cookies at all. */
  readonly mayHaveCookies: () => boolean;
  /** A look that is never answered from memory. */
  readonly probe: (request: CreateProbe, signal: AbortSignal) => Promise<unknown>;
}

const FRONT_PAGE =
  'The site did not ask for a sign-in on its front page; test with a link that needs one.';

/**
 * Looks at a link of the site with its cookies, and says what happened.
 * @throws {RequestError} COOKIES_NOT_FOUND, VALIDATION_FAILED, URL_NOT_ALLOWED, TOO_MANY_PROBES
 */
export async function testCookies(
  rawSite: string,
  request: TestCookies,
  signal: AbortSignal,
  { cookieJars, checkUrl, mayHaveCookies, probe }: CookieTestDependencies,
): Promise<CookieTest> {
  const { site } = cookieJars.get(rawSite);
  const url = linkOfSite(site, request, checkUrl);
  const isLinkGiven = request.url !== undefined;
  if (!mayHaveCookies()) {
    return unclear(
      url,
      null,
      'A standalone yt-dlp gets no cookies, since it would show them to other users of the computer; use one that Python can import.',
    );
  }
  try {
    await probe({ url }, signal);
  } catch (error) {
    if (!(error instanceof RequestError) || error.failureCode === null) throw error;
    return failedTest(url, error.failureCode, isLinkGiven);
  }
  if (!isLinkGiven) return unclear(url, null, FRONT_PAGE);
  const message = 'The link could be read with these cookies.';
  return { url, result: 'works', failure_code: null, message };
}

function linkOfSite(site: string, { url: raw }: TestCookies, checkUrl: CheckUrl): string {
  const verdict = checkUrl(raw ?? `https://${site}/`);
  if (!verdict.ok) {
    throw new RequestError('URL_NOT_ALLOWED', `url: ${verdict.reason}`, {
      details: [{ path: '/url', ...(verdict.said ?? { message: verdict.reason }) }],
    });
  }
  if (hostsOfLink(verdict.url).some((host) => isBelowSite(host, site))) return verdict.url;
  const said = say('LINK_OF_OTHER_SITE', { site });
  throw new RequestError('VALIDATION_FAILED', `url: ${said.message}.`, {
    details: [{ path: '/url', ...said }],
  });
}

function failedTest(url: string, code: FailureCode, isLinkGiven: boolean): CookieTest {
  if (code === 'LOGIN_REQUIRED') {
    const message =
      'The site still asks for a sign-in: these cookies are not, or no longer, valid.';
    return { url, result: 'refused', failure_code: code, message };
  }
  return unclear(url, code, isLinkGiven ? FAILURES[code].message : FRONT_PAGE);
}

function unclear(url: string, code: FailureCode | null, message: string): CookieTest {
  return { url, result: 'unclear', failure_code: code, message };
}
