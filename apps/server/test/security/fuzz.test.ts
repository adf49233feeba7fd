import type { FastifyInstance } from 'fastify';
import { Problem } from '@artemis/contracts';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from '../http/app-under-test.ts';
import { runsOf, seedOf } from '../long-run.ts';

const RUNS = runsOf('ARTEMIS_FUZZ_REQUESTS', 3000);

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Target {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const isProblem = new Ajv({ allowUnionTypes: true }).compile(Problem);
let under: AppUnderTest;
let app: FastifyInstance;
let targets: Target[];
let ids: string[];

beforeAll(async () => {
  under = await startApp({ environment: { MAX_QUEUE_DEPTH: '40' } });
  ({ app } = under);
  const headers = { host: '127.0.0.1:8500' };
  const document = (await app.inject({ url: '/openapi.json', headers })).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();
  targets = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      // What streams for ever has no answer to judge; configuration and probes are not part of the app under test.
      .filter(() => !/(events|configuration|probes)$/.test(path))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const payload = { urls: Array.from({ length: 5 }, (_, n) => `https://seed.example/${n}`) };
  const created = await app.inject({ method: 'POST', url: '/api/v1/downloads', headers, payload });
  ids = created.json<{ downloads: { id: string }[] }>().downloads.map(({ id }) => id);
});
afterAll(() => under.close());

const URLS = [...Array.from({ length: 12 }, (_, n) => `https://a.example/${n}`), 'ftp://x/', ''];
const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary', maxLength: 60 }));

/** Mostly what the schema asks for, so that the handlers are reached; sometimes anything. */
function valueFor(schema: Schema, name: string): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 24, arbitrary: validFor(schema, name) }, { weight: 1, arbitrary: odd });
}

function validFor(schema: Schema, name: string): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((choice) => valueFor(choice, name)));
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, 1e6) });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000, noNaN: true });
    case 'array':
      return fc.array(valueFor(schema.items ?? {}, name), { minLength: 1, maxLength: 4 });
    case 'object': {
      const entries = Object.entries(schema.properties ?? {});
      const required = schema.required ?? [];
      // A few fields at a time: with all of them at once some are always at odds.
      return fc.subarray(entries, { maxLength: Math.min(4, entries.length) }).chain((some) => {
        const chosen = entries.filter(
          (entry) => required.includes(entry[0]) || some.includes(entry),
        );
        return fc.record(
          Object.fromEntries(chosen.map(([key, part]) => [key, valueFor(part, key)])),
        );
      });
    }
    default:
      return textFor(schema, name);
  }
}

function textFor(schema: Schema, name: string): fc.Arbitrary<string> {
  if (name === 'id' || name === 'ids') {
    return fc.oneof(
      fc.nat(4).map((position) => ids[position] ?? ''),
      fc.uuid({ version: 4 }),
    );
  }
  if (name === 'url' || name === 'urls') return fc.constantFrom(...URLS);
  if (name === 'format_preset') return fc.constantFrom('Audio only', 'Smart (best combined)', 'x');
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern, 'u'));
  return fc.string({ unit: 'grapheme', maxLength: Math.min(schema.maxLength ?? 60, 60) });
}

/** Chance alone seldom makes a link and nothing that is at odds with it. */
function bodyFor(target: Target, schema: Schema): fc.Arbitrary<unknown> {
  const anything = valueFor(schema, '');
  if (!target.path.endsWith('/downloads')) return anything;
  return fc.oneof(anything, fc.record({ url: fc.constantFrom(...URLS), force: fc.boolean() }));
}

function requestFor(target: Target) {
  const { parameters = [], requestBody } = target.operation;
  const values = Object.fromEntries(
    parameters.map(({ name, schema }) => [name, valueFor(schema, name)]),
  );
  const requiredKeys = parameters.filter((entry) => entry.required).map(({ name }) => name);
  const body = requestBody?.content['application/json']?.schema;
  return fc.record({
    target: fc.constant(target),
    values: fc.oneof(
      fc.record(values, { requiredKeys }),
      fc.record(Object.fromEntries(requiredKeys.map((key) => [key, values[key] ?? odd]))),
    ),
    extra: fc.oneof(
      { weight: 29, arbitrary: fc.constant(null) },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 8 })),
      },
    ),
    body: body ? fc.option(bodyFor(target, body), { freq: 20 }) : fc.constant(null),
  });
}

describe('requests made from the OpenAPI document', () => {
  it(
    'get a documented answer, and a problem document when they are refused',
    { timeout: 3_600_000 },
    async () => {
      expect(targets.length).toBeGreaterThan(10);
      const requests = fc.oneof(...targets.map(requestFor));
      const seen = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(requests, async ({ target, values, extra, body }) => {
          const text = (value: unknown) =>
            typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
          const headers: Record<string, string> = { host: '127.0.0.1:8500' };
          const query = new URLSearchParams(extra ? [extra] : []);
          let { path } = target;
          for (const parameter of target.operation.parameters ?? []) {
            const value = values[parameter.name];
            if (value === undefined) continue;
            if (parameter.in === 'path') {
              const segment = encodeURIComponent(text(value).replaceAll(/\p{Cs}/gu, '')) || '-';
              path = path.replace(`{${parameter.name}}`, segment);
            } else if (parameter.in === 'header') {
              headers[parameter.name] = text(value).replaceAll(/[^\x21-\x7e]/g, '');
            } else {
              for (const entry of Array.isArray(value) ? value : [value])
                query.append(parameter.name, text(entry));
            }
          }
          const response = await app.inject({
            method: target.method as 'GET',
            url: `${path}?${query.toString()}`,
            headers: {
              ...headers,
              ...(body === null ? {} : { 'content-type': 'application/json' }),
            },
            ...(body === null ? {} : { payload: JSON.stringify(body) }),
          });
          const { statusCode: status } = response;
          const label = `${target.method} ${target.path} ${status} ${response.body.slice(0, 300)}`;
          seen.set(`${target.path} ${status}`, 1);
          expect(status, label).toBeLessThan(500);
          // `.` and `..` as an id are another address, also for a browser.
          const isElsewhere = new URL(path, 'http://a.example').pathname !== path;
          if (!isElsewhere)
            expect(Object.keys(target.operation.responses), label).toContain(String(status));
          if (status >= 400) {
            expect(response.headers['content-type'], label).toMatch(/^application\/problem\+json/);
            const problem = response.json<Problem>();
            expect(isProblem(problem), label).toBe(true);
            expect(problem.status, label).toBe(status);
          }
          if (status === 429)
            expect(String(response.headers['retry-after']), label).toMatch(/^[1-9]\d*$/);
        }),
        { numRuns: RUNS, ...seedOf() },
      );
      // The requests are good enough to be taken, too.
      expect([...seen.keys()]).toEqual(
        expect.arrayContaining([
          '/api/v1/downloads 202',
          '/api/v1/downloads 200',
          '/api/v1/downloads 400',
        ]),
      );
    },
  );
});
