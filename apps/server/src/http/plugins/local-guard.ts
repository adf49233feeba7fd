import { timingSafeEqual, createHash } from 'node:crypto';
import { API_PREFIX, ROUTES } from '@artemis/contracts';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { RequestError } from '../../domain/errors.ts';
import { pathBelow, routeBelow } from '../paths.ts';

export interface LocalGuardOptions {
  /** `host:port`, or a host without port, which matches any port. Lower case. */
  readonly allowedHosts: readonly string[];
  /** Other origins that may use the API from a browser. */
  readonly corsOrigins: readonly string[];
  readonly apiToken: string | null;
  /** Without trailing slash. */
  readonly basePath: string;
}

const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const CORS_METHODS = 'GET, POST, PUT, PATCH, DELETE';
const CORS_HEADERS = 'content-type, authorization, idempotency-key, if-none-match, last-event-id';
const CORS_READABLE = 'etag, retry-after';

const LIVENESS = '/healthz';
/** The same for every server, and the place where a person reads what the token is for. */
const DOCUMENTATION = '/documentation';
/** Routes that need no token: liveness, signed file links, and the page. */
const OPEN_ROUTES: ReadonlySet<string> = new Set([
  LIVENESS,
  `${API_PREFIX}${ROUTES.downloadFile.path}`,
  '/',
  '/*',
]);

/**
 * Keeps other web sites out of a server without login: the host name must be ours (against DNS rebinding), and a request
 * that changes something must not come from a foreign page (against cross-site requests). With a token, every call of the
 * API needs it; signed file links, the page itself, the documentation and the liveness check do not.
 */
export const localGuard = fp<LocalGuardOptions>(
  (app, options) => {
    const hosts = new Set(options.allowedHosts);
    const cors = new Set(options.corsOrigins);
    const tokenHash = options.apiToken === null ? null : sha256(options.apiToken);

    app.addHook('onRequest', async (request, reply) => {
      const route = routeBelow(options.basePath, request);
      if (route === LIVENESS) return;
      const host = request.headers.host?.toLowerCase() ?? '';
      // Of several Host headers Node takes the first, but a proxy before us might take the last.
      if (countOf('host', request.raw.rawHeaders) > 1) {
        throw new RequestError(
          'VALIDATION_FAILED',
          'The request has more than one Host header. Send exactly one.',
        );
      }
      if (!isOurHost(host, hosts)) {
        throw new RequestError(
          'FORBIDDEN_HOST',
          'The server does not answer to this host name. If it is yours, add it to ALLOWED_HOSTS.',
        );
      }
      const origin = request.headers.origin;
      const isNamedOrigin = origin !== undefined && cors.has(origin.toLowerCase());
      if (cors.size > 0) void reply.header('vary', 'origin');
      if (isNamedOrigin) {
        void reply
          .header('access-control-allow-origin', origin)
          .header('access-control-expose-headers', CORS_READABLE);
        if (request.method === 'OPTIONS' && request.headers['access-control-request-method']) {
          return reply
            .header('access-control-allow-methods', CORS_METHODS)
            .header('access-control-allow-headers', CORS_HEADERS)
            .header('access-control-max-age', '600')
            .code(204)
            .send();
        }
      }
      if (!READING_METHODS.has(request.method) && !isNamedOrigin) {
        refuseForeign(request, host, hosts);
      }
      const isSecured = needsToken(route, pathBelow(options.basePath, request.url));
      if (tokenHash && isSecured && !hasToken(request, tokenHash)) {
        void reply.header('www-authenticate', 'Bearer');
        throw new RequestError(
          'UNAUTHORIZED',
          'Send the token of this server as "Authorization: Bearer …".',
        );
      }
    });
    return Promise.resolve();
  },
  { name: 'local-guard' },
);

function refuseForeign(request: FastifyRequest, host: string, hosts: ReadonlySet<string>): void {
  const site = request.headers['sec-fetch-site'];
  const { origin } = request.headers;
  const isSiteOurs = site === undefined || site === 'same-origin' || site === 'none';
  const originHost = origin === undefined ? host : hostOfOrigin(origin);
  // A proxy before us may forward another Host than the one that the page was loaded from.
  const isOriginOurs = originHost === host || (originHost !== null && isOurHost(originHost, hosts));
  if (isSiteOurs && isOriginOurs) return;
  throw new RequestError(
    'FORBIDDEN_ORIGIN',
    'A page of another site may not change anything here. If that site is yours, add its origin to CORS_ORIGINS.',
  );
}

/** Null for the origin `null` and for text that is not an origin. The scheme does not count: a proxy before us may end TLS. */
function hostOfOrigin(origin: string): string | null {
  const match = /^https?:\/\/([^/?#@\s]+)$/i.exec(origin);
  return match?.[1]?.toLowerCase() ?? null;
}

function isOurHost(host: string, hosts: ReadonlySet<string>): boolean {
  if (hosts.has(host)) return true;
  const name = /^(\[[^\]]*\]|[^:]*)(:\d{1,5})?$/.exec(host)?.[1];
  if (name === undefined) return false;
  if (hosts.has(name)) return true;
  // A browser leaves out the default port of the scheme.
  return name === host && (hosts.has(`${host}:80`) || hosts.has(`${host}:443`));
}

/** Unknown addresses below the API need the token too, so that nobody can find out which routes exist. */
function needsToken(route: string | null, path: string): boolean {
  if (route === null || route === '/*') return path.startsWith('/api/');
  return (
    !OPEN_ROUTES.has(route) && route !== DOCUMENTATION && !route.startsWith(`${DOCUMENTATION}/`)
  );
}

function hasToken(request: FastifyRequest, tokenHash: Buffer): boolean {
  const match = /^Bearer (\S{1,500})$/i.exec(request.headers.authorization ?? '');
  return timingSafeEqual(sha256(match?.[1] ?? ''), tokenHash);
}

function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count += 1;
  }
  return count;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
