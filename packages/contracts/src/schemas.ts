import { Kind, Type, TypeRegistry, type TSchema } from '@sinclair/typebox';

/** Building blocks of the schemas. */

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

const ONE_OF = 'OneOf';
// Makes it known to `Value.Check`, which refuses a schema of an unknown kind.
TypeRegistry.Set<{ enum: readonly string[] }>(
  ONE_OF,
  ({ enum: values }, value) => typeof value === 'string' && values.includes(value),
);

/** A union of string literals, written as one `enum` so that validation messages list the choices. */
export function oneOf<const T extends readonly string[]>(values: T, options: object = {}) {
  return Type.Unsafe<T[number]>({
    [Kind]: ONE_OF,
    type: 'string',
    enum: [...values],
    ...options,
  });
}

export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'a UUID of version 4 in lower case',
});

export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$',
  description: 'RFC 3339 in UTC',
});

export const Count = Type.Integer({ minimum: 0 });
export const Bytes = Type.Integer({ minimum: 0, description: 'bytes' });

/** Of a sentence that has a code (`PROSE`), for whoever says it in another language; docs/api.md tells, once for all of them. */
export const SaidCode = Type.Optional(Type.String());
/** The figures and names inside the sentence. */
export const SaidValues = Type.Optional(
  Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
);
