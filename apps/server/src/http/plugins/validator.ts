import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js';
import fp from 'fastify-plugin';

const shared = {
  allErrors: false,
  strict: true,
  allowUnionTypes: true,
  useDefaults: false,
  removeAdditional: false,
} as const;

/**
 * Bodies are taken as they are: nothing is dropped, filled in or converted. Values of a query are text by
 * nature, so there numbers and lists are parsed.
 */
export const validator = fp(
  (app) => {
    const forBodies = new Ajv({ ...shared, coerceTypes: false });
    const forText = new Ajv({ ...shared, coerceTypes: 'array' });
    app.setValidatorCompiler(({ schema, httpPart }: FastifyRouteSchemaDef<object>) => {
      const ajv = httpPart === 'body' ? forBodies : forText;
      return ajv.compile(schema) as ValidateFunction & {
        errors?: ErrorObject[] | null;
      };
    });
    // Answers are built from typed records; a second schema pass would cost time and turn surprises into 500s.
    app.setSerializerCompiler(() => (body) => JSON.stringify(body));
    return Promise.resolve();
  },
  { name: 'validator' },
);
