/**
 * For Ajv. Compiling is most of what a start takes of the processor, and two parts of it say nothing about a schema of our
 * own: the check against the meta schema, which is compiled first, and the rewriting of code that is short-lived anyway.
 */
export const OWN_SCHEMA = {
  meta: false,
  validateSchema: false,
  code: { optimize: false },
} as const;
