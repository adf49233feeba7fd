import {
  NoFields,
  ROUTE_SCHEMAS,
  ROUTES,
  type AnswerHeaders,
  type Problem,
  type ProblemHeaders,
  type Responses,
  type RouteBody,
  type RouteName,
  type RouteParams,
  type RouteQuery,
  type RouteSchema,
  type RouteSchemas,
} from '@artemis/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

export const NO_STORE = { 'cache-control': 'no-store' } as const;

export type RouteRequest<Name extends RouteName> = FastifyRequest<{
  Params: RouteParams<Name>;
  Querystring: RouteQuery<Name>;
  Body: RouteBody<Name>;
}>;

type Told<T> = T extends readonly (infer Entry)[]
  ? readonly Told<Entry>[]
  : T extends object
    ? { readonly [Key in keyof T]: Told<T[Key]> }
    : T;

/** A file is sent from a stream, and not at all when only its headers are asked for. */
type Body<Name extends RouteName, Content> = RouteSchemas[Name] extends { mediaType: '*/*' }
  ? Content extends string
    ? NodeJS.ReadableStream | null
    : Content
  : Told<Content>;

type Headers<Name extends RouteName> =
  Partial<AnswerHeaders<Name>> extends AnswerHeaders<Name>
    ? { readonly headers?: AnswerHeaders<Name> }
    : { readonly headers: AnswerHeaders<Name> };

type Answers<Name extends RouteName> = {
  [
    Status in keyof Responses<Name> as Responses<Name>[Status] extends Problem ? never : Status
  ]: Headers<Name> & {
    readonly status: Status;
    readonly body: Body<Name, Responses<Name>[Status]>;
  };
};

/**
 * What a handler returns: the status, body and headers of one answer of the contract. A refusal is thrown, and a stream
 * of events is written to the connection by its handler.
 */
export type RouteAnswer<Name extends RouteName> = RouteSchemas[Name] extends {
  mediaType: 'text/event-stream';
}
  ? FastifyReply
  : Answers<Name>[keyof Answers<Name>];

/** What is left of a reply to a handler: nothing that would send another body than the contract's. */
export interface RouteReply extends Pick<FastifyReply, 'raw' | 'hijack' | 'getHeaders'> {
  /** For a refusal that is thrown next. */
  header<Header extends keyof ProblemHeaders>(name: Header, value: ProblemHeaders[Header]): unknown;
}

/** A table and no generic type: only so does the compiler know the statuses and words that a handler may write. */
export type RouteHandlers = {
  readonly [Name in RouteName]: (
    request: RouteRequest<Name>,
    reply: RouteReply,
  ) => RouteAnswer<Name> | Promise<RouteAnswer<Name>>;
};

interface AnyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Registers a route of the table: its method, path and schemas come from the contract and nowhere else. */
export function addRoute<Name extends RouteName>(
  app: FastifyInstance,
  name: Name,
  handler: RouteHandlers[Name],
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
      if ((answer as FastifyReply) === reply) return reply;
      const { status, headers = {}, body } = answer as AnyAnswer;
      void reply.code(status).headers(headers);
      return body === null ? reply.send() : reply.send(body);
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
