import { ConfigError } from './config-error.ts';

/** Where files are stored when that is not the downloads folder. */
export interface S3Settings {
  readonly bucket: string;
  /** Origin without a slash at the end; null: AWS. May be a private address: the owner has named it, exactly. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly isPathStyle: boolean;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** Null: what the AWS SDK finds by itself, as the role of a virtual machine. A secret. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } | null;
}

export interface S3Variables {
  readonly STORAGE_PROVIDER: 'local' | 's3';
  readonly S3_BUCKET: string;
  readonly S3_ENDPOINT: string;
  readonly S3_REGION: string;
  readonly S3_FORCE_PATH_STYLE: string;
  readonly S3_PREFIX: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN: string;
}

/** Null: the disk. @throws {ConfigError} */
export function s3SettingsOf(env: S3Variables): S3Settings | null {
  if (env.STORAGE_PROVIDER === 'local') return null;
  if (env.S3_BUCKET === '') {
    throw new ConfigError('STORAGE_PROVIDER is s3, so S3_BUCKET must be the name of a bucket.');
  }
  const [id, secret] = [env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY];
  if ((id === '') !== (secret === '')) {
    throw new ConfigError(
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set both, or neither.',
    );
  }
  const token = env.AWS_SESSION_TOKEN;
  return Object.freeze({
    bucket: env.S3_BUCKET,
    endpoint: env.S3_ENDPOINT === '' ? null : env.S3_ENDPOINT.replace(/\/$/, ''),
    region: env.S3_REGION,
    isPathStyle: env.S3_FORCE_PATH_STYLE === 'true',
    prefix: env.S3_PREFIX === '' ? '' : env.S3_PREFIX.replace(/\/*$/, '/'),
    credentials:
      id === ''
        ? null
        : { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) },
  });
}
