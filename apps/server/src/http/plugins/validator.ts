import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js';
import fp from 'fastify-plugin';
import { OWN_SCHEMA } from '../../own-schema.ts';

const settings = {
  allErrors: false,
  strict: true,
  coerceTypes: false,
  allowUnionTypes: true,
  useDefaults: false,
  removeAdditional: false,
  ...OWN_SCHEMA,
  // `validationError` needs the description of the schema.
  verbose: true,
} as const;

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>;
}

type Validate = ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };

/**
 * Bodies are taken as they are: nothing is dropped, filled in or converted. Values of a query are always text, so
 * `readText` converts numbers and lists there.
 */
export const validator = fp(
  (app) => {
    const ajv = new Ajv(settings);
    const waiting: (() => void)[] = [];
    app.setValidatorCompiler(({ schema, httpPart }: FastifyRouteSchemaDef<Schema>) => {
      let compiled: ValidateFunction | null = null;
      const compile = () => (compiled ??= ajv.compile(schema));
      waiting.push(compile);
      const validate: Validate = (data) => {
        if (httpPart === 'querystring') readText(schema, data as Record<string, unknown>);
        const isValid = compile()(data);
        validate.errors = compiled?.errors ?? null;
        return isValid;
      };
      return validate;
    });
    // Compiling takes a fifth of the start, so the server listens first; a request that comes meanwhile compiles its own.
    app.addHook('onListen', (done) => {
      const compileNext = () => {
        waiting.shift()?.();
        if (waiting.length > 0) setImmediate(compileNext);
      };
      setImmediate(compileNext);
      done();
    });
    // docs/adr/0002: answers are typed; a second schema pass would cost time and turn surprises into 500s.
    app.setSerializerCompiler(() => (body) => JSON.stringify(body));
    return Promise.resolve();
  },
  { name: 'validator' },
);

/** Accepts whole numbers in plain digits only: Ajv's own conversion takes `1e1`, `0x10`, ` 5` and, past any maximum, `Infinity`. */
function readText(schema: Schema, data: Record<string, unknown>): void {
  for (const [name, { type }] of Object.entries(schema.properties ?? {})) {
    const text = data[name];
    if (typeof text !== 'string') continue;
    if (type === 'array') data[name] = [text];
    else if (type === 'integer' && /^(0|[1-9]\d{0,14})$/.test(text)) data[name] = Number(text);
  }
}
