import type { EngineList, FetchEngine } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { addRoute } from '../route.ts';

export interface EngineRoutesOptions {
  readonly engines: {
    list(): EngineList;
    fetch(request: FetchEngine): EngineList;
    use(version: string): Promise<EngineList>;
    remove(version: string): Promise<void>;
  };
}

/** The versions of yt-dlp side by side. */
export function engineRoutes(app: FastifyInstance, { engines }: EngineRoutesOptions): void {
  addRoute(app, 'listEngines', (_request, reply) =>
    reply.header('cache-control', 'no-store').send(engines.list()),
  );

  addRoute(app, 'fetchEngine', (request, reply) =>
    reply.code(202).header('cache-control', 'no-store').send(engines.fetch(request.body)),
  );

  addRoute(app, 'useEngine', async (request, reply) =>
    reply.header('cache-control', 'no-store').send(await engines.use(request.params.version)),
  );

  addRoute(app, 'deleteEngine', async (request, reply) => {
    await engines.remove(request.params.version);
    return reply.code(204).send();
  });
}
