import type { CookieJar, PutCookies } from '@artemis/contracts';
import type { Send } from './fake-server.ts';

/** The jars of a fake server, by site. */
export type FakeCookies = Map<string, CookieJar>;

const DAY_MS = 86_400_000;

export function createFakeCookies(): FakeCookies {
  const jars: FakeCookies = new Map();
  const now = Date.now();
  for (const [site, days] of [
    ['video.example', 120],
    ['archive.example', 3],
    ['talks.example', -2],
  ] as const) {
    jars.set(site, {
      site,
      cookie_count: 12,
      earliest_expiry_at: new Date(now + (days - 5) * DAY_MS).toISOString(),
      latest_expiry_at: new Date(now + days * DAY_MS).toISOString(),
      last_success_at: days > 100 ? new Date(now - DAY_MS).toISOString() : null,
      updated_at: new Date(now - 9 * DAY_MS).toISOString(),
    });
  }
  return jars;
}

/** `GET`, `PUT`, `DELETE` and `POST …/test` below `/cookies`. */
export function answerCookies(
  request: { readonly method: string; readonly path: string; readonly body: unknown },
  jars: FakeCookies,
  send: Send,
): void {
  const [, , raw = '', verb] = request.path.split('/');
  const site = decodeURIComponent(raw);
  if (site === '') return send(200, { jars: [...jars.values()] });
  if (verb === 'test') {
    return send(200, {
      url: `https://${site}/`,
      result: 'works',
      failure_code: null,
      message: 'The site took the cookies.',
    });
  }
  if (request.method === 'DELETE') {
    jars.delete(site);
    return send(204, null);
  }
  const { content } = request.body as PutCookies;
  const bad = content.split('\n').findIndex((line) => line !== '' && line.split('\t').length < 6);
  if (bad >= 0) {
    return send(400, {
      type: 'about:blank',
      title: 'These cookies cannot be used',
      status: 400,
      code: 'COOKIES_INVALID',
      detail: 'A line needs seven fields with tabs between them.',
      instance: 'req-1',
      errors: [{ path: '/content', message: 'needs seven fields', line: bad + 1 }],
    });
  }
  const jar: CookieJar = {
    site,
    cookie_count: content.trim().split('\n').length,
    earliest_expiry_at: null,
    latest_expiry_at: null,
    last_success_at: null,
    updated_at: new Date().toISOString(),
  };
  jars.set(site, jar);
  send(200, { jar });
}
