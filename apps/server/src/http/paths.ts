import type { FastifyRequest } from 'fastify';

/** The path of a request target below the base path, as it was spelled: for sentences and unknown addresses only. */
export function pathBelow(basePath: string, url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/)[0] || '/';
  const isBelow = path === basePath || path.startsWith(`${basePath}/`);
  return isBelow ? path.slice(basePath.length) || '/' : path;
}

/**
 * The route that the router has chosen, such as `/api/v1/downloads/:id`; null when there is none. Rules must go by
 * this: one route has many spellings (escapes, a fragment, a whole address), and only the router knows them all.
 */
export function routeBelow(basePath: string, request: FastifyRequest): string | null {
  const { url } = request.routeOptions;
  return url === undefined ? null : pathBelow(basePath, url);
}
