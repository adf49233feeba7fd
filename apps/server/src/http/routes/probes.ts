import type { CreateProbe, Probe } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { addRoute, NO_STORE } from '../route.ts';

export interface ProbeRoutesOptions {
  readonly probes: {
    probe(request: CreateProbe, signal: AbortSignal): Promise<Probe>;
  };
}

/** Probes links. A probe ends when its caller disconnects. */
export function probeRoutes(app: FastifyInstance, { probes }: ProbeRoutesOptions): void {
  addRoute(app, 'createProbe', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const body = await probes.probe(request.body, gone.signal);
    return { status: 200, headers: NO_STORE, body };
  });
}
