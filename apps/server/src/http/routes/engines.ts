import type { EngineList, FetchEngine } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { addRoute, NO_STORE } from '../route.ts';

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
  addRoute(app, 'listEngines', () => ({
    status: 200,
    headers: NO_STORE,
    body: engines.list(),
  }));

  addRoute(app, 'fetchEngine', (request) => ({
    status: 202,
    headers: NO_STORE,
    body: engines.fetch(request.body),
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
