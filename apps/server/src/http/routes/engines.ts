import type { EngineList, FetchEngine } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { addRoute, NO_STORE } from '../route.ts';

export interface EngineRoutesOptions {
  readonly engines: {
    list(): Promise<EngineList>;
    fetch(request: FetchEngine): Promise<EngineList>;
    use(version: string): Promise<EngineList>;
    remove(version: string): Promise<void>;
  };
}

/** The versions of yt-dlp side by side. */
export function engineRoutes(app: FastifyInstance, { engines }: EngineRoutesOptions): void {
  addRoute(app, 'listEngines', async () => ({
    status: 200,
    headers: NO_STORE,
    body: await engines.list(),
  }));

  addRoute(app, 'fetchEngine', async (request) => ({
    status: 202,
    headers: NO_STORE,
    body: await engines.fetch(request.body),
  }));

  addRoute(app, 'useEngine', async (request) => ({
    status: 200,
    headers: NO_STORE,
    body: await engines.use(request.params.version),
  }));

  addRoute(app, 'deleteEngine', async (request) => {
    await engines.remove(request.params.version);
    return { status: 204, body: null };
  });
}
