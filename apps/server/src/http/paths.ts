import type { FastifyRequest } from 'fastify';

/** The path of a request below the base path, as the caller spelled it: only for messages and unknown addresses. */
export function pathBelow(basePath: string, url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/)[0] || '/';
  const isBelow = path === basePath || path.startsWith(`${basePath}/`);
  return isBelow ? path.slice(basePath.length) || '/' : path;
}

/**
 * The route that the router has chosen, such as `/api/v1/downloads/:id`; null when there is none. Rules must use this
 * and not the address: one route has many spellings (escapes, a fragment, an absolute URL), which only the router knows.
 */
export function routeBelow(basePath: string, request: FastifyRequest): string | null {
  const { url } = request.routeOptions;
  return url === undefined ? null : pathBelow(basePath, url);
}
