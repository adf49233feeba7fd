import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendNotFound } from '../not-found.ts';
import { pathBelow } from '../paths.ts';

export interface WebOptions {
  /** Folder of the built page. */
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

const zip = promisify(gzip);

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

const NOT_BUILT =
  '<!doctype html><title>Artemis</title><p>The page is not built: run npm start.</p>';

const PAGE_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/** The page: its built files, and `index.html` for every address that is one of its views. */
export async function webRoutes(
  app: FastifyInstance,
  { webDir, basePath }: WebOptions,
): Promise<void> {
  if (existsSync(webDir)) {
    await app.register(fastifyStatic, {
      root: webDir,
      index: false,
      wildcard: true,
      // The build writes a gzipped copy beside each text file.
      preCompressed: true,
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
  const sendPage = async (request: FastifyRequest, reply: FastifyReply) => {
    const text = (await readPage(webDir, basePath)) ?? NOT_BUILT;
    void reply
      .headers(PAGE_HEADERS)
      .header('cache-control', 'no-cache')
      .header('vary', 'accept-encoding')
      .type('text/html; charset=utf-8');
    // On plain http in a network browsers ignore this header and complain about it in the console.
    if (request.protocol === 'https' || LOOPBACK.test(request.hostname)) {
      void reply.header('cross-origin-opener-policy', 'same-origin');
    }
    if (!/\bgzip\b(?!\s*;\s*q=0(?![.\d]))/.test(request.headers['accept-encoding'] ?? '')) {
      return reply.send(text);
    }
    return reply.header('content-encoding', 'gzip').send(await zip(text));
  };

  app.get('/', sendPage);
  app.setNotFoundHandler((request, reply) => {
    const isView = /^\/[a-z-]+\/?$/.test(pathBelow(basePath, request.url));
    if (!['GET', 'HEAD'].includes(request.method) || !isView) {
      return sendNotFound(request, reply, basePath);
    }
    return sendPage(request, reply);
  });
}

/** Read each time: a rebuilt page names other files, and the old ones are gone. */
async function readPage(webDir: string, basePath: string): Promise<string | null> {
  try {
    const page = await readFile(join(webDir, 'index.html'), 'utf8');
    // So relative addresses mean the same in every view and below a base path.
    return page.replace('<head>', `<head><base href="${basePath}/" />`);
  } catch {
    return null;
  }
}
