import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js';
import fp from 'fastify-plugin';

const shared = {
  allErrors: false,
  strict: true,
  allowUnionTypes: true,
  useDefaults: false,
  removeAdditional: false,
  // The schemas are our own, and the schema of schemas would have to be compiled as well.
  meta: false,
  validateSchema: false,
  // What a field should be is said in its description, see `validationError`.
  verbose: true,
} as const;

type Validate = ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };

/**
 * Bodies are taken as they are: nothing is dropped, filled in or converted. Values of a query are text by
 * nature, so there numbers and lists are parsed.
 */
export const validator = fp(
  (app) => {
    const forBodies = new Ajv({ ...shared, coerceTypes: false });
    const forText = new Ajv({ ...shared, coerceTypes: 'array' });
    const waiting: (() => void)[] = [];
    app.setValidatorCompiler(({ schema, httpPart }: FastifyRouteSchemaDef<object>) => {
      const ajv = httpPart === 'body' ? forBodies : forText;
      let compiled: ValidateFunction | null = null;
      const compile = () => (compiled ??= ajv.compile(schema));
      waiting.push(compile);
      const validate: Validate = (data) => {
        const isValid = compile()(data);
        validate.errors = compiled?.errors ?? null;
        return isValid;
      };
      return validate;
    });
    // A fifth of a start: the server listens first, and a request that comes meanwhile compiles its own.
    app.addHook('onListen', (done) => {
      const compileNext = () => {
        waiting.shift()?.();
        if (waiting.length > 0) setImmediate(compileNext);
      };
      setImmediate(compileNext);
      done();
    });
    // Answers are built from typed records; a second schema pass would cost time and turn surprises into 500s.
    app.setSerializerCompiler(() => (body) => JSON.stringify(body));
    return Promise.resolve();
  },
  { name: 'validator' },
);
