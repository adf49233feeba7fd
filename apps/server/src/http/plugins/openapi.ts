import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/** Describes the routes that are registered after it: `/openapi.json`, and pages to read at `/documentation`. */
export const openapi = fp<{ readonly version: string }>(
  async (app, { version }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Artemis',
          version,
          description: 'The control room for yt-dlp: queue links, watch them, fetch the files.',
        },
      },
    });
  },
  { name: 'openapi' },
);

export async function documentationRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/documentation',
    // Its own pages only, and nothing from anywhere else.
    staticCSP: true,
    uiConfig: { deepLinking: true },
  });
}
