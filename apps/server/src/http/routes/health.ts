import type { ReadinessCheck } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { addRoute, NO_STORE } from '../route.ts';

/** `/healthz`: the process is alive. `/readyz`: whether downloads can run, and how to fix what is missing. */
export function healthRoutes(
  app: FastifyInstance,
  { readChecks }: { readonly readChecks: () => Promise<readonly ReadinessCheck[]> },
): void {
  addRoute(app, 'health', () => ({ status: 200, headers: NO_STORE, body: { status: 'ok' } }));
  addRoute(app, 'readiness', async () => {
    const checks = await readChecks();
    const ready = checks.every(({ state }) => state !== 'fail');
    return { status: ready ? 200 : 503, headers: NO_STORE, body: { ready, checks } };
  });
}
