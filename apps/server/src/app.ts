import { randomUUID } from 'node:crypto';
import { API_PREFIX, LIMITS } from '@artemis/contracts';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import { sendNotFound } from './http/not-found.ts';
import { jsonBodies } from './http/plugins/json-bodies.ts';
import { localGuard } from './http/plugins/local-guard.ts';
import { metricsRoutes } from './http/plugins/metrics.ts';
import { documentationRoutes } from './http/plugins/openapi.ts';
import {
  answerBadConnection,
  answerConnect,
  problemDetails,
  sendFrameworkError,
} from './http/plugins/problem-details.ts';
import { rateLimit } from './http/plugins/rate-limit.ts';
import { services as servicesPlugin } from './http/plugins/services.ts';
import { validator } from './http/plugins/validator.ts';
import { webRoutes } from './http/plugins/web.ts';
import { cookieRoutes } from './http/routes/cookies.ts';
import { downloadRoutes } from './http/routes/downloads.ts';
import { engineRoutes } from './http/routes/engines.ts';
import { eventRoutes } from './http/routes/events.ts';
import { explanationRoutes } from './http/routes/explanations.ts';
import { fileRoutes } from './http/routes/files.ts';
import { healthRoutes } from './http/routes/health.ts';
import { probeRoutes } from './http/routes/probes.ts';
import { overviewRoutes } from './http/routes/overview.ts';
import type { Services } from './services.ts';

const SLOWEST_HEADERS_MS = 10_000;
const SLOWEST_REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;
/** Time without data in either direction: the client has stopped reading, and is not just slow. */
const LONGEST_SILENCE_MS = 120_000;
/** How often Node checks connections against these limits. */
const LOOK_FOR_SLOW_MS = 2_000;
const MOST_CONNECTIONS = 1024;

/** The whole HTTP side. The order of the registrations is the order in which a request meets them. */
export async function buildApp(
  services: Services,
  config: Config,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.bodyBytes,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    // Fast enough: Node caches random bytes for many UUIDs.
    genReqId: () => randomUUID(),
    connectionTimeout: LONGEST_SILENCE_MS,
    requestTimeout: SLOWEST_REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 200 },
    // Fastify's own 503 is not a problem document.
    return503OnClosing: false,
    // The guard refuses requests without Host, like those with a foreign Host.
    http: { requireHostHeader: false, connectionsCheckingInterval: LOOK_FOR_SLOW_MS },
    frameworkErrors: sendFrameworkError,
    clientErrorHandler: answerBadConnection,
  });
  app.server.headersTimeout = SLOWEST_HEADERS_MS;
  app.server.maxConnections = MOST_CONNECTIONS;
  app.server.on('connect', answerConnect);
  // Ignore an unknown `Expect` header, as RFC 9110 §10.1.1 allows.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });

  await app.register(problemDetails);
  await app.register(jsonBodies);
  await app.register(validator);
  await app.register(localGuard, config);
  await app.register(rateLimit, { settings: config.rateLimit, basePath: config.basePath });
  app.addHook('onRequest', (request, reply, done) => {
    // Before the body is read: an unknown address or method is refused whatever the body is.
    if (!request.is404 || request.method === 'GET' || request.method === 'HEAD') done();
    else sendNotFound(request, reply, config.basePath);
  });
  await app.register(servicesPlugin, { downloads: services.downloads });
  await app.register(
    async (scope) => {
      await scope.register(
        (api) => {
          downloadRoutes(api, {
            rateLimit: config.rateLimit,
            signedLinks: services.signedLinks,
            signedUrlTtlSeconds: config.signedUrlTtlSeconds,
            files: services.files,
            linkPrefix: config.basePath + API_PREFIX,
          });
          fileRoutes(api, services);
          overviewRoutes(api, services);
          explanationRoutes(api, services);
          probeRoutes(api, services);
          cookieRoutes(api, services);
          engineRoutes(api, services);
          eventRoutes(api, services);
          return Promise.resolve();
        },
        { prefix: API_PREFIX },
      );
      healthRoutes(scope, services);
      metricsRoutes(scope, services);
      await documentationRoutes(scope, { version: services.version, basePath: config.basePath });
      await webRoutes(scope, { webDir: services.webDir, basePath: config.basePath });
    },
    { prefix: config.basePath },
  );

  if (config.basePath !== '') {
    app.setNotFoundHandler((request, reply) => sendNotFound(request, reply, config.basePath));
  }

  app.addHook('onResponse', (request, reply, done) => {
    // Only the path: a query may contain a signature or a search term.
    const path = request.url.split('?')[0];
    const details = {
      method: request.method,
      path,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    if (reply.statusCode >= 500) request.log.warn(details, 'request failed');
    else request.log.debug(details, 'request');
    done();
  });
  return app;
}
