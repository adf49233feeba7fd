import { randomBytes } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  REQUEST_CODES,
  say,
  saidAs,
  type Problem,
  type ProblemDetail,
  type RequestCode,
  type Said,
} from '@artemis/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { RequestError } from '../../domain/errors.ts';

/** Error codes of Fastify itself. */
const FRAMEWORK_CODES: Readonly<Record<string, RequestCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

const CODE_BY_STATUS: Readonly<Record<number, RequestCode>> = {
  // Only the static files answer 403: for a folder or a hidden file.
  403: 'ROUTE_NOT_FOUND',
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

interface ConnectionError {
  readonly status: number;
  readonly code: RequestCode;
  readonly detail: string;
  readonly header?: string;
}

const BROKEN_REQUEST: ConnectionError = {
  status: 400,
  code: 'VALIDATION_FAILED',
  detail: 'The request is not valid HTTP.',
};

const NO_TUNNELS: ConnectionError = {
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  detail: 'CONNECT is not allowed: this server is not a proxy.',
  header: 'allow: GET, HEAD, POST, PUT, PATCH, DELETE\r\n',
};

const CONNECTION_ERRORS: Readonly<Record<string, ConnectionError>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'PAYLOAD_TOO_LARGE',
    detail: 'The headers of the request are larger than 16 KiB. Send fewer or shorter ones.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'VALIDATION_FAILED',
    detail: 'The request took too long to arrive. Send it again.',
  },
};

/** Every refusal is a problem document (RFC 9457). The cause of a 5xx goes to the log, never to the caller. */
export const problemDetails = fp(
  (app) => {
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const refusal = asRequestError(error);
      if (refusal.status >= 500) {
        request.log.error({ err: refusal.cause ?? error }, `${refusal.code}: ${refusal.message}`);
      }
      return sendProblem(request, reply, refusal);
    });
    return Promise.resolve();
  },
  { name: 'problem-details' },
);

/** For addresses that cannot be parsed: Fastify refuses them before any route or hook. */
export function sendFrameworkError(
  _error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const detail = 'The address of this request cannot be parsed. Check its percent escapes.';
  void sendProblem(request, reply, new RequestError('VALIDATION_FAILED', detail));
}

/** For input that is not a request: headers that are too large, too slow or malformed. Ends the connection. */
export function answerBadConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  endWith(socket, CONNECTION_ERRORS[error.code ?? ''] ?? BROKEN_REQUEST);
}

/** Node would close the connection without an answer. */
export function answerConnect(_request: IncomingMessage, socket: Duplex): void {
  endWith(socket, NO_TUNNELS);
}

function endWith(socket: Duplex, { status, code, detail, header = '' }: ConnectionError): void {
  const problem = problemOf(new RequestError(code, detail), randomBytes(9).toString('base64url'));
  const body = JSON.stringify({ ...problem, status });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\n` +
      `${header}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: RequestError,
): FastifyReply {
  if (error.retryAfterSeconds !== null) {
    void reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  return reply
    .code(error.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .serializer((body) => JSON.stringify(body))
    .send(problemOf(error, request.id));
}

export function problemOf(error: RequestError, instance: string): Problem {
  return {
    type: `urn:artemis:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: REQUEST_CODES[error.code].title,
    status: error.status,
    code: error.code,
    ...(error.said === null ? { detail: error.message } : saidAs('detail', error.said)),
    instance,
    ...(error.failureCode === null ? {} : { failure_code: error.failureCode }),
    ...(error.details.length > 0 ? { errors: [...error.details] } : {}),
  };
}

function asRequestError(error: FastifyError): RequestError {
  if (error instanceof RequestError) return error;
  if (error.validation) return validationError(error);
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    return new RequestError(
      'INTERNAL',
      'Something went wrong on the server. Its log has the cause under this instance.',
      { cause: error },
    );
  }
  const code = FRAMEWORK_CODES[error.code] ?? CODE_BY_STATUS[status] ?? 'VALIDATION_FAILED';
  return new RequestError(code, sentence(code, error.message || (STATUS_CODES[status] ?? '')));
}

function sentence(code: RequestCode, message: string): string {
  if (code === 'PAYLOAD_TOO_LARGE')
    return 'The body is larger than 256 KiB. Send fewer links at a time.';
  if (code === 'ROUTE_NOT_FOUND') return 'There is nothing at this address.';
  if (code === 'UNSUPPORTED_MEDIA_TYPE') return 'Send the body as application/json.';
  return message.endsWith('.') ? message : `${message}.`;
}

/** The validator's complaint in words for people; null for a rule without words of its own. */
function limitWords(keyword: string, params: Record<string, unknown>): Said | null {
  const limit = Number(params['limit']);
  switch (keyword) {
    case 'type':
      return say('MUST_BE_OF_TYPE', { type: String(params['type']) });
    case 'minimum':
      return say('MUST_BE_AT_LEAST', { limit });
    case 'maximum':
      return say('MUST_BE_AT_MOST', { limit });
    case 'minLength':
      return limit === 1 ? say('MUST_NOT_BE_EMPTY') : say('TOO_FEW_CHARACTERS', { limit });
    case 'maxLength':
      return say('TOO_MANY_CHARACTERS', { limit });
    case 'minItems':
      return limit === 1 ? say('MUST_NOT_BE_EMPTY') : say('TOO_FEW_ENTRIES', { limit });
    case 'maxItems':
      return say('TOO_MANY_ENTRIES', { limit });
    case 'uniqueItems':
      return say('ENTRY_IS_TWICE');
    case 'minProperties':
      return say('MUST_HAVE_A_FIELD');
    default:
      return null;
  }
}

function validationError(error: FastifyError): RequestError {
  const context = error.validationContext ?? 'body';
  const issues = error.validation ?? [];
  // For alternatives Ajv reports why each one fails, then that none fits. Only the last helps.
  const noneFits = issues.filter(({ keyword }) => keyword === 'anyOf');
  const details = (noneFits.length > 0 ? noneFits : issues).map((issue): ProblemDetail => {
    const { params, keyword } = issue;
    const extra = (params as { additionalProperty?: string }).additionalProperty;
    const missing = (params as { missingProperty?: string }).missingProperty;
    const choices = (params as { allowedValues?: unknown[] }).allowedValues;
    const name = extra ?? missing;
    const path = issue.instancePath + (name === undefined ? '' : `/${name}`);
    if (keyword === 'additionalProperties') return { path, ...say('IS_NOT_KNOWN') };
    if (keyword === 'required') return { path, ...say('IS_MISSING') };
    const wanted = (issue as { parentSchema?: { description?: string } }).parentSchema?.description;
    if (wanted !== undefined && (keyword === 'pattern' || keyword === 'anyOf')) {
      return { path, ...say('MUST_BE', { wanted }) };
    }
    if (choices) return { path, ...say('MUST_BE_ONE_OF', { choices: choices.join(', ') }) };
    const words = limitWords(keyword, params);
    if (words !== null) return { path, ...words };
    return issue.message === undefined
      ? { path, ...say('IS_NOT_VALID') }
      : { path, message: issue.message };
  });
  const [first] = details;
  const place = first?.path.slice(1) || context;
  return new RequestError('VALIDATION_FAILED', `${place} ${first?.message ?? 'is not valid'}.`, {
    details,
  });
}
