import fp from 'fastify-plugin';
import type { Downloads } from '../../domain/downloads.ts';

declare module 'fastify' {
  interface FastifyInstance {
    downloads: Downloads;
  }
}

/** The only decorator: everything that routes do with downloads. */
export const services = fp<{ readonly downloads: Downloads }>(
  (app, { downloads }) => {
    app.decorate('downloads', downloads);
    return Promise.resolve();
  },
  { name: 'services' },
);
