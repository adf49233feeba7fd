import { API_PREFIX, ROUTES } from '@artemis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../domain/errors.ts';
import { pathBelow } from './paths.ts';
import { sendProblem } from './plugins/problem-details.ts';

/** Served beside the API, so not in its table of routes. */
const OTHER_ROUTES = ['/metrics', '/openapi.json'].map((path) => ({ method: 'GET', path }));

const KNOWN_PATHS = [
  ...Object.values(ROUTES).map((route) => ({
    method: route.method,
    path: ('isRoot' in route ? '' : API_PREFIX) + route.path,
  })),
  ...OTHER_ROUTES,
].map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:[a-z]+/g, '[^/]+')}/?$`),
}));

/** 404 for an unknown address, 405 with `Allow` for a known one with another method. */
export function sendNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  basePath: string,
): FastifyReply {
  const path = pathBelow(basePath, request.url);
  const methods = KNOWN_PATHS.filter(({ pattern }) => pattern.test(path)).map(
    ({ method }) => method,
  );
  if (methods.length > 0 && !methods.includes(request.method)) {
    const allowed = [
      ...new Set(methods.flatMap((name) => (name === 'GET' ? [name, 'HEAD'] : [name]))),
    ];
    void reply.header('allow', allowed.join(', '));
    const detail = `${request.method} is not allowed at ${path}; use ${allowed.join(' or ')}.`;
    return sendProblem(request, reply, new RequestError('METHOD_NOT_ALLOWED', detail));
  }
  const detail = `There is nothing at ${request.method} ${path}.`;
  return sendProblem(request, reply, new RequestError('ROUTE_NOT_FOUND', detail));
}
