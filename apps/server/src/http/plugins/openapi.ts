import swagger, { type StaticDocumentSpec } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { openApiDocument } from '../openapi-document.ts';

export interface DocumentationOptions {
  readonly version: string;
  /** Without trailing slash. */
  readonly basePath: string;
}

/** `/openapi.json`, and its pages for people at `/documentation`. */
export async function documentationRoutes(
  app: FastifyInstance,
  { version, basePath }: DocumentationOptions,
): Promise<void> {
  const document = openApiDocument(version, basePath);
  // The types of @fastify/swagger 9 know versions 2 and 3.0 only.
  const specification = { document } as unknown as StaticDocumentSpec;
  await app.register(swagger, { mode: 'static', specification });
  app.get('/openapi.json', () => document);
  await app.register(swaggerUi, {
    routePrefix: '/documentation',
    // Without this the page looks for its files at the root when its address lacks the final slash.
    indexPrefix: basePath,
    // Allows only the files of these pages, nothing from elsewhere.
    staticCSP: true,
    // A browser on the network would request the files over https, where nobody listens.
    transformStaticCSP: (policy) => policy.replace(' upgrade-insecure-requests;', ''),
    uiConfig: { deepLinking: true },
  });
}
