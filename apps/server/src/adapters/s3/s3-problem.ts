/** A call to the object store has failed. Neither the message nor a field has what was sent, which may be signed. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: string;
  readonly status: number | null;

  constructor(operation: string, code: string, status: number | null) {
    super(`${operation} on the bucket failed: ${code}${status === null ? '' : ` (${status})`}`);
    this.code = code;
    this.status = status;
  }
}

/** The settings do not lead to a bucket that can be used; the message names the setting. */
export class S3SettingsError extends Error {
  override readonly name = 'S3SettingsError';
}

export interface S3Problem {
  /** A sentence. */
  readonly message: string;
  readonly remedy: string;
  /** It does not go by itself, as an outage of the server may. */
  readonly isOfSettings: boolean;
}

const CREDENTIALS = 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to valid credentials.';
const RIGHTS =
  'Give them the rights of docs/storage.md: list the bucket, and read, write and delete below S3_PREFIX.';
const ENDPOINT =
  'Set S3_ENDPOINT to the address of an S3 server, such as https://s3.example, or unset it for AWS.';

const BY_CODE: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  NoSuchBucket: [
    'There is no bucket with the name in S3_BUCKET',
    'Make the bucket, or set S3_BUCKET.',
  ],
  NotFound: ['There is no bucket with the name in S3_BUCKET', 'Make the bucket, or set S3_BUCKET.'],
  InvalidBucketName: ['S3_BUCKET is no name of a bucket', 'Set S3_BUCKET.'],
  AccessDenied: ['The credentials may not use the bucket in S3_BUCKET', RIGHTS],
  AllAccessDisabled: ['The credentials may not use the bucket in S3_BUCKET', RIGHTS],
  CredentialsProviderError: ['There are no credentials for the bucket', CREDENTIALS],
  PermanentRedirect: ['The bucket is in another region', 'Set S3_REGION to its region.'],
  AuthorizationHeaderMalformed: ['The bucket is in another region', 'Set S3_REGION to its region.'],
  IllegalLocationConstraintException: [
    'The bucket is in another region',
    'Set S3_REGION to its region.',
  ],
  RequestTimeTooSkewed: ['The clock of this computer is wrong', 'Set the clock.'],
  ENOTFOUND: ['There is no server at S3_ENDPOINT', ENDPOINT],
  ECONNREFUSED: ['There is no server at S3_ENDPOINT', ENDPOINT],
  EHOSTUNREACH: ['There is no server at S3_ENDPOINT', ENDPOINT],
};
const REFUSED =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|TokenRefreshRequired|InvalidSecurity)/;

export function s3ProblemOf(error: unknown): S3Problem {
  const { code, status } =
    error instanceof S3Error ? error : { code: 'an unexpected error', status: null };
  if (REFUSED.test(code)) {
    return {
      message: 'The S3 server refuses the credentials.',
      remedy: CREDENTIALS,
      isOfSettings: true,
    };
  }
  const known = BY_CODE[code];
  if (known) return { message: `${known[0]}.`, remedy: known[1], isOfSettings: true };
  if (status !== null && status < 500 && status !== 429 && status !== 408) {
    return {
      message: `What answers at S3_ENDPOINT is no S3 server, or refuses the requests (${code}).`,
      remedy: ENDPOINT,
      isOfSettings: true,
    };
  }
  return {
    message: `The S3 server does not do its work (${code}).`,
    remedy: 'It is tried again by itself. Look at the server, and at the network between.',
    isOfSettings: false,
  };
}
