import { Type, type Static } from '@sinclair/typebox';
import { oneOf } from './schemas.ts';

/** The headers of answers, by the kind of answer; those that every HTTP answer has are not listed. */

const text = (description: string) => Type.String({ description });
const cacheControl = oneOf(['no-store', 'no-cache', 'private, no-cache']);

export const PlainHeaders = Type.Object({ 'cache-control': Type.Optional(cacheControl) });
export type PlainHeaders = Static<typeof PlainHeaders>;

/** Of an answer that is 304 for a caller who has it already. */
export const TaggedHeaders = Type.Object({
  'cache-control': cacheControl,
  etag: Type.Optional(text('of this state, for `If-None-Match`')),
});
export type TaggedHeaders = Static<typeof TaggedHeaders>;

export const FileHeaders = Type.Object({
  'cache-control': cacheControl,
  etag: text('of this file, for `If-None-Match` and `If-Range`'),
  'last-modified': text('when the file was written'),
  'accept-ranges': oneOf(['bytes']),
  'content-type': Type.String(),
  'content-length': Type.Optional(Type.String()),
  'content-range': Type.Optional(text('with 206: which bytes these are')),
  'content-disposition': text('the name to save it under'),
  'content-security-policy': Type.String(),
  'cross-origin-resource-policy': oneOf(['same-origin']),
  'x-content-type-options': oneOf(['nosniff']),
});
export type FileHeaders = Static<typeof FileHeaders>;

export const StreamHeaders = Type.Object({
  'cache-control': cacheControl,
  'content-type': Type.String(),
  'x-accel-buffering': oneOf(['no'], { description: 'a proxy must pass events on at once' }),
});
export type StreamHeaders = Static<typeof StreamHeaders>;

/** Of a refusal, whichever the route. */
export const ProblemHeaders = Type.Object({
  'www-authenticate': oneOf(['Bearer']),
  allow: text('the methods of this address'),
  'content-range': text('how long the file is'),
  'retry-after': Type.Unsafe<string>({ type: 'integer', minimum: 1, description: 'seconds' }),
});
export type ProblemHeaders = Static<typeof ProblemHeaders>;

/** Which header a refusal has, by its status. */
export const PROBLEM_HEADERS: Readonly<Record<number, keyof ProblemHeaders>> = {
  401: 'www-authenticate',
  405: 'allow',
  416: 'content-range',
  429: 'retry-after',
};
