import rateLimitPlugin from '@fastify/rate-limit';
import fp from 'fastify-plugin';
import type { Config } from '../../config.ts';
import { RequestError } from '../../domain/errors.ts';
import { pathBelow } from './local-guard.ts';

export interface RateLimitOptions {
  readonly settings: Config['rateLimit'];
  readonly basePath: string;
}

/**
 * A counter an address: one for everything, a smaller one of its own for submissions (`submitLimit`). Must be
 * registered before the routes. Static files and the event stream do not count.
 */
export const rateLimit = fp<RateLimitOptions>(
  async (app, { settings, basePath }) => {
    if (!settings.isEnabled) return;
    await app.register(rateLimitPlugin, {
      max: settings.max,
      timeWindow: settings.windowMs,
      keyGenerator: (request) => networkOf(request.ip),
      allowList: (request) => {
        const path = pathBelow(basePath, request.url);
        return !isCounted(path);
      },
      errorResponseBuilder: (_request, context) =>
        new RequestError(
          'RATE_LIMITED',
          `At most ${context.max} requests are taken in ${Math.round(settings.windowMs / 1000)} s.`,
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

function isCounted(path: string): boolean {
  if (path === '/api/v1/events' || path === '/healthz') return false;
  return path.startsWith('/api/') || ['/readyz', '/metrics', '/openapi.json'].includes(path);
}

/** A household has one IPv4 address but a whole /64 of IPv6. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  return `${address.split(':').slice(0, 4).join(':')}::/64`;
}
