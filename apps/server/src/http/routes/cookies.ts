import type { CookieTest, TestCookies } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import type { CookieJars } from '../../domain/cookies/cookie-jars.ts';
import { addRoute, NO_STORE } from '../route.ts';

export interface CookieRoutesOptions {
  readonly cookieJars: CookieJars;
  readonly testCookies: (
    site: string,
    request: TestCookies,
    signal: AbortSignal,
  ) => Promise<CookieTest>;
}

/** Cookies of sites: they go in and never come out. A test ends when its caller disconnects. */
export function cookieRoutes(
  app: FastifyInstance,
  { cookieJars, testCookies }: CookieRoutesOptions,
): void {
  addRoute(app, 'listCookies', () => ({
    status: 200,
    headers: NO_STORE,
    body: { jars: cookieJars.list() },
  }));

  addRoute(app, 'putCookies', async (request) => {
    const jar = await cookieJars.put(request.params.site, request.body.content);
    return { status: 200, headers: NO_STORE, body: { jar } };
  });

  addRoute(app, 'deleteCookies', async (request) => {
    await cookieJars.remove(request.params.site);
    return { status: 204, body: null };
  });

  addRoute(app, 'testCookies', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const body = await testCookies(request.params.site, request.body, gone.signal);
    return { status: 200, headers: NO_STORE, body };
  });
}
