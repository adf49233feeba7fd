import { isIP } from 'node:net';
import { API_PREFIX, ROUTES } from '@artemis/contracts';
import rateLimitPlugin from '@fastify/rate-limit';
import fp from 'fastify-plugin';
import type { Config } from '../../config.ts';
import { RequestError } from '../../domain/errors.ts';
import { routeBelow } from '../paths.ts';

const COUNTED_ROUTES: ReadonlySet<string> = new Set(['/readyz', '/metrics', '/openapi.json']);

export interface RateLimitOptions {
  readonly settings: Config['rateLimit'];
  readonly basePath: string;
}

/**
 * Limits requests by address: one counter for everything, a smaller one for submissions (`submitLimit`). Must be
 * registered before the routes. Static files and the event stream do not count.
 */
export const rateLimit = fp<RateLimitOptions>(
  async (app, { settings, basePath }) => {
    if (!settings.isEnabled) return;
    await app.register(rateLimitPlugin, {
      max: settings.max,
      timeWindow: settings.windowMs,
      keyGenerator: (request) => networkOf(request.ip),
      allowList: (request) => !isCounted(routeBelow(basePath, request)),
      errorResponseBuilder: (_request, context) =>
        new RequestError(
          'RATE_LIMITED',
          `More than ${context.max} requests in ${Math.round(settings.windowMs / 1000)} s. Wait as long as Retry-After says.`,
          { retryAfterSeconds: context.ttl / 1000 },
        ),
    });
  },
  { name: 'rate-limit' },
);

/** For the `config.rateLimit` of the route that queues downloads. */
export function submitLimit(settings: Config['rateLimit']): object {
  return settings.isEnabled
    ? { rateLimit: { max: settings.submitMax, timeWindow: settings.windowMs, groupId: 'submit' } }
    : {};
}

function isCounted(route: string | null): boolean {
  if (route === null || route === `${API_PREFIX}${ROUTES.events.path}`) return false;
  return route.startsWith(API_PREFIX) || COUNTED_ROUTES.has(route);
}

/** The unit that is limited: a household has one IPv4 address, but a whole /64 network of IPv6 addresses. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
