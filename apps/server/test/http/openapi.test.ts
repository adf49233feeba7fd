import { STATUS_CODES } from 'node:http';
import { API_PREFIX, Problem, ROUTE_SCHEMAS, ROUTES, type RouteName } from '@artemis/contracts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from './app-under-test.ts';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
  }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Record<string, { readonly schema: { readonly $ref: string } }>;
  };
  readonly responses: Record<
    string,
    {
      readonly description: string;
      readonly headers?: object;
      readonly content?: Record<string, object>;
    }
  >;
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, { readonly examples?: readonly unknown[] }>;
  };
}

const HEADERS = { host: '127.0.0.1:8500' };
let app: AppUnderTest;
let document: Document;
let ajv: Ajv2020;

beforeAll(async () => {
  app = await startApp();
  const answer = await app.app.inject({ url: '/openapi.json', headers: HEADERS });
  document = answer.json<Document>();
  ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(document, 'openapi');
});
afterAll(() => app.close());

function operationOf(name: RouteName): Operation {
  const { method, path } = ROUTES[name];
  const address =
    ('isRoot' in ROUTES[name] ? '' : API_PREFIX) + path.replaceAll(/:([a-z]+)/g, '{$1}');
  const operation = document.paths[address]?.[method.toLowerCase()];
  if (!operation) throw new Error(`${name} is not described`);
  return operation;
}

function validatorOf(...pointer: string[]): ValidateFunction {
  const escaped = pointer.map((part) =>
    encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
  );
  const validate = ajv.getSchema(`openapi#/${escaped.join('/')}`);
  if (!validate) throw new Error(`no schema at ${pointer.join(' ')}`);
  return validate;
}

describe('the OpenAPI document', () => {
  it.each(Object.keys(ROUTES) as RouteName[])(
    'describes %s as the table of routes has it',
    (name) => {
      const operation = operationOf(name);
      const { response } = ROUTE_SCHEMAS[name];
      expect(operation.operationId).toBe(name);
      expect(Object.keys(operation.responses).toSorted()).toEqual(Object.keys(response).toSorted());
      for (const [status, schema] of Object.entries(response)) {
        const answer = operation.responses[status];
        expect(answer?.description).toBe(STATUS_CODES[status]);
        if (schema === Problem)
          expect(Object.keys(answer?.content ?? {})).toEqual(['application/problem+json']);
      }
      expect(operation.security).toEqual('401' in response ? undefined : []);
    },
  );

  it('has only the routes of the table', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
      Object.keys(ROUTES).toSorted(),
    );
  });

  it('is available as pages', async () => {
    const page = await app.app.inject({ url: '/documentation/', headers: HEADERS });
    expect(page.statusCode).toBe(200);
    const shown = await app.app.inject({ url: '/documentation/json', headers: HEADERS });
    expect(shown.json()).toEqual(document);
  });

  it('distinguishes files and events from JSON, and optional bodies', () => {
    const typesOf = (name: RouteName, status: string) =>
      Object.keys(operationOf(name).responses[status]?.content ?? {});
    expect(typesOf('events', '200')).toEqual(['text/event-stream']);
    expect(typesOf('downloadFile', '206')).toEqual(['*/*']);
    expect(typesOf('listDownloads', '200')).toEqual(['application/json']);
    expect(typesOf('listDownloads', '304')).toEqual([]);
    const isRequired = (name: RouteName) => operationOf(name).requestBody?.required;
    expect(isRequired('createDownloads')).toBe(true);
    expect(isRequired('updateDownload')).toBe(true);
    expect(isRequired('retryDownload')).toBe(false);
  });

  it('has the headers that callers need', () => {
    const parametersOf = (name: RouteName) =>
      (operationOf(name).parameters ?? []).map((parameter) => `${parameter.in} ${parameter.name}`);
    expect(parametersOf('createDownloads')).toEqual(['header idempotency-key']);
    expect(parametersOf('events')).toEqual(['header last-event-id']);
    expect(parametersOf('telemetry')).toEqual(['header If-None-Match']);
    expect(operationOf('createDownloads').responses['429']?.headers).toHaveProperty('Retry-After');
    const headersOf = (name: RouteName, status: string) =>
      Object.keys(operationOf(name).responses[status]?.headers ?? {});
    expect(headersOf('listDownloads', '200')).toEqual(['ETag']);
    expect(headersOf('downloadFile', '206')).toContain('Content-Range');
    expect(headersOf('downloadFile', '416')).toEqual(['Content-Range']);
    expect(headersOf('getDownload', '200')).toEqual([]);
  });

  it('names each schema once and refers to it', () => {
    const text = JSON.stringify(document);
    const references = new Set(
      Array.from(text.matchAll(/"#\/components\/schemas\/(\w+)"/g), ([, name]) => name),
    );
    expect([...references].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
    // `retry_parts` is a field of the record alone.
    expect(text.match(/"retry_parts":/g)).toHaveLength(1);
    expect(text.length).toBeLessThan(96_000);
  });

  it('has examples that are valid', () => {
    const named = Object.entries(document.components.schemas);
    const examples = named.flatMap(([name, { examples: some = [] }]) =>
      some.map((example) => [name, example] as const),
    );
    expect(examples.length).toBeGreaterThan(8);
    for (const [name, example] of examples) {
      const validate = validatorOf('components', 'schemas', name);
      validate(example);
      expect([name, validate.errors]).toEqual([name, null]);
    }
  });

  it('matches real answers', async () => {
    const call = async (name: RouteName, url: string, payload?: object) => {
      const { method, path } = ROUTES[name];
      const answer = await app.app.inject({
        method,
        url,
        headers: HEADERS,
        ...(payload === undefined ? {} : { payload }),
      });
      const prefix = 'isRoot' in ROUTES[name] ? '' : API_PREFIX;
      const address = prefix + path.replaceAll(/:([a-z]+)/g, '{$1}');
      const status = String(answer.statusCode);
      const type = String(answer.headers['content-type']).split(';')[0] ?? '';
      const validate = validatorOf(
        'paths',
        address,
        method.toLowerCase(),
        'responses',
        status,
        'content',
        type,
        'schema',
      );
      validate(answer.json());
      expect([name, status, validate.errors]).toEqual([name, status, null]);
      return answer;
    };
    const created = await call('createDownloads', '/api/v1/downloads', {
      url: 'https://a.example/1',
    });
    const [first] = created.json<{ downloads: { id: string }[] }>().downloads;
    await call('createDownloads', '/api/v1/downloads', { url: 'nonsense' });
    await call('listDownloads', '/api/v1/downloads');
    await call('getDownload', `/api/v1/downloads/${first?.id}`);
    await call('pauseDownload', `/api/v1/downloads/${first?.id}/pause`);
    await call('retryDownload', `/api/v1/downloads/${first?.id}/retry`);
    await call('downloadLog', `/api/v1/downloads/${first?.id}/log`);
    await call('actOnDownloads', '/api/v1/downloads/actions', { action: 'retry', filter: {} });
    await call('listCookies', '/api/v1/cookies');
    await call('testCookies', '/api/v1/cookies/media.example/test');
    await call('explain', '/api/v1/explanations');
    await call('telemetry', '/api/v1/telemetry');
    await call('log', '/api/v1/log');
    await call('events', '/api/v1/events?since=1');
    await call('health', '/healthz');
    await call('readiness', '/readyz');
  });
});

describe('below a base path', () => {
  it('names it as the server, and the pages find their own files', async () => {
    const { app: other, close } = await startApp({ environment: { BASE_PATH: '/artemis' } });
    const get = (url: string) => other.inject({ url, headers: HEADERS });
    const answer = await get('/artemis/openapi.json');
    expect(answer.json<Document>().servers).toEqual([{ url: '/artemis' }]);
    for (const page of ['/artemis/documentation', '/artemis/documentation/']) {
      const { body } = await get(page);
      const scripts = Array.from(body.matchAll(/src="([^"]+)"/g), ([, link = '']) => link);
      expect(scripts.length).toBeGreaterThan(1);
      for (const script of scripts) {
        const { pathname } = new URL(script, `http://127.0.0.1:8500${page}`);
        expect([script, (await get(pathname)).statusCode]).toEqual([script, 200]);
      }
    }
    await close();
  });
});
