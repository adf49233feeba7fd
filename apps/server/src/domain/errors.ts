import {
  FAILURES,
  REQUEST_CODES,
  WARNINGS,
  type DownloadError,
  type DownloadWarning,
  type FailureCode,
  type ProblemDetail,
  type RequestCode,
  type Said,
  type WarningCode,
} from '@artemis/contracts';

/** A refusal of a request. The HTTP layer makes it a problem document; its words are one sentence for people. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestCode;
  /** The sentence, if it has a code. */
  readonly said: Said | null;
  readonly details: readonly ProblemDetail[];
  readonly retryAfterSeconds: number | null;
  /** Why a look at a link failed. */
  readonly failureCode: FailureCode | null;

  constructor(
    code: RequestCode,
    words: string | Said,
    extra: {
      details?: readonly ProblemDetail[];
      retryAfterSeconds?: number;
      failureCode?: FailureCode;
      cause?: unknown;
    } = {},
  ) {
    // Nobody reads where a refusal came from, and under a flood of requests finding it out is most of the work.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(
      typeof words === 'string' ? words : words.message,
      extra.cause === undefined ? undefined : { cause: extra.cause },
    );
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.said = typeof words === 'string' ? null : words;
    this.details = extra.details ?? [];
    this.retryAfterSeconds = extra.retryAfterSeconds ?? null;
    this.failureCode = extra.failureCode ?? null;
  }

  get status(): number {
    return REQUEST_CODES[this.code].status;
  }
}

/** `detail`: what is known of it, in figures; of a refusal of the site, its own words. */
export function downloadError(code: FailureCode, detail: string | null = null): DownloadError {
  const { message, hint, isRetryable } = FAILURES[code];
  const error = { code, message, hint, retryable: isRetryable };
  if (detail === null || detail === '') return error;
  const words = message.replace(/\.$/, '');
  const whole = code === 'SITE_REFUSED' ? `${words}: “${detail}”` : `${words} (${detail}).`;
  return { ...error, message: whole, detail };
}

export function downloadWarning(code: WarningCode): DownloadWarning {
  return { code, message: WARNINGS[code] };
}

/** A failure as the reason inside another sentence (`Failed` of the log's sentences). */
export function reasonOf({ code, message, detail }: DownloadError) {
  const reason = { reason: message, reason_code: code };
  return detail === undefined ? reason : { ...reason, reason_detail: detail };
}
