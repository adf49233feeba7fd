import { Type, type Static } from '@sinclair/typebox';
import { FAILURE_CODES } from './codes.ts';
import { Count, nullable, oneOf, Timestamp } from './schemas.ts';
import { COOKIE_TEST_RESULTS, LIMITS } from './vocabulary.ts';

const strict = { additionalProperties: false } as const;

export const CookiesParams = Type.Object(
  {
    site: Type.String({
      minLength: 1,
      maxLength: LIMITS.siteCharacters,
      description: 'host name of a site, such as `example.com`; includes its subdomains',
    }),
  },
  strict,
);
export type CookiesParams = Static<typeof CookiesParams>;

export const PutCookies = Type.Object(
  {
    content: Type.String({
      minLength: 1,
      maxLength: LIMITS.cookieTextCharacters,
      description: 'a cookies file in the Netscape format, with cookies of this site only',
    }),
  },
  {
    ...strict,
    examples: [
      { content: 'media.example\tTRUE\t/\tTRUE\t1924991999\tsession\t0123456789abcdef\n' },
    ],
  },
);
export type PutCookies = Static<typeof PutCookies>;

export const TestCookies = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: LIMITS.urlCharacters,
        description: 'a link of this site that needs the sign-in; default: its front page',
      }),
    ),
  },
  { ...strict, examples: [{ url: 'https://media.example/members/clip' }] },
);
export type TestCookies = Static<typeof TestCookies>;

/** What callers learn about the cookies of a site. Names and values never leave the server. */
export const CookieJar = Type.Object({
  site: Type.String(),
  cookie_count: Count,
  earliest_expiry_at: nullable(Timestamp),
  latest_expiry_at: nullable(
    Type.String({ ...Timestamp, description: 'null: no cookie names an expiry' }),
  ),
  last_success_at: nullable(
    Type.String({ ...Timestamp, description: 'when a download with these cookies last completed' }),
  ),
  updated_at: Timestamp,
});
export type CookieJar = Static<typeof CookieJar>;

export const CookieJars = Type.Object({ jars: Type.Array(CookieJar) });
export type CookieJars = Static<typeof CookieJars>;

export const OneCookieJar = Type.Object({ jar: CookieJar });
export type OneCookieJar = Static<typeof OneCookieJar>;

/** The result of a probe with the cookies. */
export const CookieTest = Type.Object({
  url: Type.String(),
  result: oneOf(COOKIE_TEST_RESULTS, {
    description:
      '`works`: media was found; `refused`: the site still asks for a sign-in; `unclear`: the probe failed for another reason',
  }),
  failure_code: nullable(oneOf(FAILURE_CODES)),
  message: Type.String({ description: 'one sentence for people' }),
});
export type CookieTest = Static<typeof CookieTest>;
