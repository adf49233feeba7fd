import type { CookieTest, TestCookies } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import type { CookieJars } from '../../domain/cookies/cookie-jars.ts';
import { addRoute } from '../route.ts';

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
  addRoute(app, 'listCookies', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ jars: cookieJars.list() }),
  );

  addRoute(app, 'putCookies', async (request, reply) => {
    const jar = await cookieJars.put(request.params.site, request.body.content);
    return reply.header('cache-control', 'no-store').send({ jar });
  });

  addRoute(app, 'deleteCookies', async (request, reply) => {
    await cookieJars.remove(request.params.site);
    return reply.code(204).send();
  });

  addRoute(app, 'testCookies', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const test = await testCookies(request.params.site, request.body, gone.signal);
    return reply.header('cache-control', 'no-store').send(test);
  });
}
