import type { ReadinessCheck } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { addRoute } from '../route.ts';

/** `/healthz`: the process is alive. `/readyz`: whether downloads can run, and how to fix what is missing. */
export function healthRoutes(
  app: FastifyInstance,
  { readChecks }: { readonly readChecks: () => Promise<readonly ReadinessCheck[]> },
): void {
  addRoute(app, 'health', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );
  addRoute(app, 'readiness', async (_request, reply) => {
    const checks = await readChecks();
    const ready = checks.every(({ state }) => state !== 'fail');
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, checks });
  });
}
