import { STATUS_CODES } from 'node:http';
import * as contract from '@artemis/contracts';
import {
  API_PREFIX,
  PlainHeaders,
  Problem,
  PROBLEM_HEADERS,
  ProblemHeaders,
  ROUTE_SCHEMAS,
  ROUTES,
  type RouteName,
  type RouteSchema,
} from '@artemis/contracts';

type Json = Record<string, unknown>;
type RouteHeaders = NonNullable<RouteSchema['answerHeaders']>;

/** Schemas that get a name of their own in the document, by the object that all their copies share. */
const NAMES: ReadonlyMap<unknown, string> = new Map(
  Object.entries(contract).flatMap(([name, value]) => {
    const part = isRecord(value) ? sharedPart(value) : null;
    return part === null ? [] : [[part, name] as const];
  }),
);

/** The API as an OpenAPI document, generated from the table of routes. */
export function openApiDocument(version: string, basePath: string): Json {
  const components: Json = {};
  const refer = (schema: unknown) => withReferences(schema, components);
  const paths: Record<string, Json> = {};
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path } = ROUTES[name];
    const isRoot = 'isRoot' in ROUTES[name];
    const address = (isRoot ? '' : API_PREFIX) + path.replaceAll(/:([a-z]+)/g, '{$1}');
    const section = isRoot ? 'health' : (path.split('/')[1] ?? '');
    paths[address] ??= {};
    paths[address][method.toLowerCase()] = operation(name, section, refer);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Artemis',
      version,
      description:
        'The control room for yt-dlp: queue links, watch them, fetch the files. A refusal is a problem document; branch on its `code`.',
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    // A server without API_TOKEN needs no token.
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'the API_TOKEN of this server' },
      },
    },
  };
}

function operation(name: RouteName, section: string, refer: (schema: unknown) => unknown): Json {
  const route: RouteSchema = ROUTE_SCHEMAS[name];
  const { body, params, querystring, headers, response } = route;
  const parameters = [
    ...parametersOf('path', params, refer),
    ...parametersOf('query', querystring, refer),
    ...parametersOf('header', headers, refer),
    ...(response[304] === undefined ? [] : [IF_NONE_MATCH]),
  ];
  const isOpen = response[401] === undefined;
  return {
    operationId: name,
    summary: route.summary,
    tags: [section],
    ...(isOpen ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: route.isBodyOptional !== true,
            content: { 'application/json': { schema: refer(body) } },
          },
        }),
    responses: Object.fromEntries(
      Object.entries(response).map(([status, schema]) => [
        status,
        answer(Number(status), schema, route, refer),
      ]),
    ),
  };
}

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'the `ETag` of an earlier answer',
  schema: { type: 'string' },
} as const;

function answer(
  status: number,
  schema: unknown,
  { mediaType = 'application/json', answerHeaders = PlainHeaders }: RouteSchema,
  refer: (schema: unknown) => unknown,
): Json {
  const type = schema === Problem ? 'application/problem+json' : mediaType;
  const hasBody = status !== 204 && status !== 304;
  const headers = schema === Problem ? problemHeaders(status) : headersOf(answerHeaders.properties);
  return {
    description: STATUS_CODES[status] ?? '',
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(hasBody ? { content: { [type]: { schema: refer(schema) } } } : {}),
  };
}

/** Those that a caller may want to read: what only a browser obeys has no description. */
function headersOf(properties: RouteHeaders['properties']): Json {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, { description, ...schema }]) =>
      description === undefined ? [] : [[canonical(name), { description, schema }]],
    ),
  );
}

function problemHeaders(status: number): Json {
  const name = PROBLEM_HEADERS[status];
  return name === undefined ? {} : headersOf({ [name]: ProblemHeaders.properties[name] });
}

function canonical(name: string): string {
  if (name === 'etag') return 'ETag';
  return name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

function parametersOf(
  place: 'path' | 'query' | 'header',
  schema: RouteSchema['params'],
  refer: (schema: unknown) => unknown,
): Json[] {
  if (schema === undefined) return [];
  const required = new Set((schema['required'] ?? []) as string[]);
  return Object.entries(schema['properties'] as Record<string, Json>).map(([name, property]) => ({
    name,
    in: place,
    required: required.has(name),
    ...(property['description'] === undefined ? {} : { description: property['description'] }),
    schema: refer(property),
  }));
}

/** Replaces each named schema by a reference and puts it into `components`. */
function withReferences(node: unknown, components: Json): unknown {
  if (Array.isArray(node)) return node.map((entry) => withReferences(entry, components));
  if (!isRecord(node)) return node;
  const inside = () =>
    Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, withReferences(value, components)]),
    );
  const name = NAMES.get(sharedPart(node));
  if (name === undefined) return inside();
  if (!(name in components)) {
    components[name] = {};
    components[name] = inside();
  }
  return { $ref: `#/components/schemas/${name}` };
}

/** TypeBox copies the schema of an optional field, but the copy keeps the same `properties` object. */
function sharedPart(schema: Json): unknown {
  return schema['properties'] ?? schema['anyOf'] ?? null;
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
