import {
  NoFields,
  ROUTE_SCHEMAS,
  ROUTES,
  type RouteBody,
  type RouteName,
  type RouteParams,
  type RouteQuery,
  type RouteSchema,
} from '@artemis/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

export type RouteRequest<Name extends RouteName> = FastifyRequest<{
  Params: RouteParams<Name>;
  Querystring: RouteQuery<Name>;
  Body: RouteBody<Name>;
}>;

/** Registers a route of the table: its method, path and schemas come from the contract and nowhere else. */
export function addRoute<Name extends RouteName>(
  app: FastifyInstance,
  name: Name,
  handler: (request: RouteRequest<Name>, reply: FastifyReply) => unknown,
  options: Pick<RouteOptions, 'config' | 'bodyLimit'> = {},
): void {
  const { method, path } = ROUTES[name];
  const contract: RouteSchema = ROUTE_SCHEMAS[name];
  // A route without query fields refuses them too, unless its contract has no 400.
  const schema =
    contract.response[400] === undefined ? contract : { querystring: NoFields, ...contract };
  const mayLackBody = contract.body === undefined || contract.isBodyOptional === true;
  const route: RouteOptions = {
    method,
    // Fastify's own HEAD route would read a whole file only to discard it.
    exposeHeadRoute: false,
    url: path,
    schema,
    handler: async (request, reply) => {
      const answer = await handler(request as unknown as RouteRequest<Name>, reply);
      return answer;
    },
    onRequest: (request, _reply, done) => {
      // Some clients send a Content-Type without a body; Fastify would refuse the type.
      if (mayLackBody && hasNoBody(request)) delete request.headers['content-type'];
      done();
    },
    preValidation: (request, _reply, done) => {
      if (contract.isBodyOptional === true) request.body ??= {};
      done();
    },
    ...options,
  };
  app.route(route);
  if (method === 'GET') app.route({ ...route, method: 'HEAD' });
}

function hasNoBody({ headers }: FastifyRequest): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return coding === undefined && /^0+$/.test(length);
}
