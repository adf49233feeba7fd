import { Type, type Static } from '@sinclair/typebox';
import { FAILURE_CODES, REQUEST_CODE_NAMES } from './codes.ts';
import { oneOf, SaidCode, SaidValues } from './schemas.ts';

export const ProblemDetail = Type.Object({
  path: Type.String({ description: 'JSON pointer into the request' }),
  message: Type.String(),
  code: SaidCode,
  values: SaidValues,
  index: Type.Optional(Type.Integer({ description: 'position in `urls`' })),
  line: Type.Optional(Type.Integer({ description: 'line in `content`, from 1' })),
});
export type ProblemDetail = Static<typeof ProblemDetail>;

/** RFC 9457 problem document: the body of every refusal. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: oneOf(REQUEST_CODE_NAMES),
  detail: Type.String(),
  detail_code: SaidCode,
  detail_values: SaidValues,
  instance: Type.String({ description: 'id of this request, as in the log' }),
  failure_code: Type.Optional(
    oneOf(FAILURE_CODES, {
      description: 'with PROBE_FAILED: the code that a failed download would have',
    }),
  ),
  errors: Type.Optional(Type.Array(ProblemDetail)),
});
export type Problem = Static<typeof Problem>;
