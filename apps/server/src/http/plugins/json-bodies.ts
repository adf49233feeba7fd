import { isUtf8 } from 'node:buffer';
import fp from 'fastify-plugin';
import { RequestError } from '../../domain/errors.ts';

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/**
 * JSON in UTF-8 is the only body that is read. What says that it is something else, or has bytes that are none, is
 * refused: a decoder would put replacement characters into a link without a word.
 */
export const jsonBodies = fp(
  (app) => {
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      (request, body: Buffer, done) => {
        // Of unknown length before it was read. Where a body is needed, the schema misses it.
        if (body.length === 0) return done(null, undefined);
        const { 'content-type': type = '', 'content-encoding': coding = 'identity' } =
          request.headers;
        const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
        if (!/^utf-?8$/i.test(charset) || coding.toLowerCase() !== 'identity') {
          done(new RequestError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as plain JSON in UTF-8.'));
        } else if (!isUtf8(body)) {
          done(new RequestError('VALIDATION_FAILED', 'The body has bytes that are not UTF-8.'));
        } else {
          void parse(request, body.toString(), done);
        }
      },
    );
    return Promise.resolve();
  },
  { name: 'json-bodies' },
);
