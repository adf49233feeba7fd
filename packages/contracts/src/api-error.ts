import type { RequestCode } from './codes.ts';
import type { Problem } from './problem.ts';

/**
 * Every rejection of a call: a refusal by the server, an answer from something else such as a proxy (`code` is then null),
 * or no answer at all (`status` is then 0; `cause` is the error of fetch, the reason of the abort, or why nothing was sent).
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: RequestCode | null;
  /** Id of the request, as in the server's log. */
  readonly instance: string | null;
  readonly problem: Problem | null;
  /** Seconds to wait before the next try; only on 429 and 503. */
  readonly retryAfterSeconds: number | null;

  constructor(
    status: number,
    problem: Problem | null,
    retryAfterSeconds: number | null,
    noAnswer?: { readonly message: string; readonly cause: unknown },
  ) {
    super(
      noAnswer?.message ?? problem?.detail ?? `The server answered ${status}`,
      noAnswer && { cause: noAnswer.cause },
    );
    this.status = status;
    this.code = problem?.code ?? null;
    this.instance = problem?.instance ?? null;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function aborted(signal: AbortSignal): ApiError {
  return new ApiError(0, null, null, { message: 'The call was aborted', cause: signal.reason });
}

export function unreachable(cause: unknown): ApiError {
  return new ApiError(0, null, null, { message: 'The server cannot be reached', cause });
}

/** The body is circular or holds a BigInt. */
export function unsendable(cause: unknown): ApiError {
  return new ApiError(0, null, null, {
    message: 'The request was not sent: its body cannot be written as JSON',
    cause,
  });
}

/** Something else answered, such as a proxy. */
export function foreign(status: number, cause?: unknown): ApiError {
  return new ApiError(status, null, null, { message: 'The answer is not JSON', cause });
}

export function refusal(answer: { status: number; body: unknown; headers: Headers }): ApiError {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    answer.status,
    isProblem(answer.body) ? answer.body : null,
    Number.isFinite(seconds) ? seconds : null,
  );
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
