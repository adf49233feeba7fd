import { isUtf8 } from 'node:buffer';
import fp from 'fastify-plugin';
import { RequestError } from '../../domain/errors.ts';

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/**
 * Only JSON in UTF-8 is accepted. A body with another charset, or with bytes that are not UTF-8, is refused: a decoder
 * would silently put replacement characters into a link.
 */
export const jsonBodies = fp(
  (app) => {
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      (request, body: Buffer, done) => {
        // An empty body without Content-Length. Where a body is required, the schema reports it as missing.
        if (body.length === 0) return done(null, undefined);
        const { 'content-type': type = '', 'content-encoding': coding = 'identity' } =
          request.headers;
        const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
        if (!/^utf-?8$/i.test(charset) || coding.toLowerCase() !== 'identity') {
          done(
            new RequestError(
              'UNSUPPORTED_MEDIA_TYPE',
              'Send the body as uncompressed JSON in UTF-8.',
            ),
          );
        } else if (!isUtf8(body)) {
          done(
            new RequestError(
              'VALIDATION_FAILED',
              'The body has bytes that are not UTF-8. Send JSON in UTF-8.',
            ),
          );
        } else {
          void parse(request, body.toString(), done);
        }
      },
    );
    return Promise.resolve();
  },
  { name: 'json-bodies' },
);
