import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sendNotFound } from '../not-found.ts';
import { pathBelow } from '../paths.ts';

export interface WebOptions {
  /** Folder of the built control room. */
  readonly webDir: string;
  readonly basePath: string;
}

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "media-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT =
  '<!doctype html><title>Artemis</title><p>The page is not built: run npm start.</p>';

const PAGE_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/** The control room: built files, and its page for every address that is one of its views. */
export async function webRoutes(
  app: FastifyInstance,
  { webDir, basePath }: WebOptions,
): Promise<void> {
  const page = readPage(webDir, basePath);
  if (page !== null) {
    await app.register(fastifyStatic, {
      root: webDir,
      index: false,
      wildcard: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        for (const [name, value] of Object.entries(PAGE_HEADERS)) void reply.header(name, value);
        void reply.header(
          'cache-control',
          path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        );
      },
    });
  }
  const sendPage = (reply: FastifyReply) =>
    reply
      .headers(PAGE_HEADERS)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page ?? NOT_BUILT);

  app.get('/', { schema: { hide: true } }, (_request, reply) => sendPage(reply));
  app.setNotFoundHandler((request, reply) => {
    const isView = /^\/[a-z-]+\/?$/.test(pathBelow(basePath, request.url));
    if (!['GET', 'HEAD'].includes(request.method) || !isView) {
      return sendNotFound(request, reply, basePath);
    }
    return sendPage(reply);
  });
}

function readPage(webDir: string, basePath: string): string | null {
  const path = join(webDir, 'index.html');
  if (!existsSync(path)) return null;
  // Relative addresses of the page mean the same in every view and below a sub-path.
  return readFileSync(path, 'utf8').replace('<head>', `<head><base href="${basePath}/" />`);
}
