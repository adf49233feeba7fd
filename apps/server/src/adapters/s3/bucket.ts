import { S3Error } from './s3-problem.ts';
import { lateImport } from '../../late-import.ts';
import type { S3Settings } from '../../storage-settings.ts';

/** More than that stands for a server that is overloaded: the download waits and is stored later. */
const MOST_TRIES = 4;
const CONNECT_MS = 10_000;
/** Without a byte; a part of an upload may take longer as a whole. */
const SILENCE_MS = 60_000;

export interface ObjectFacts {
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedAt: Date;
  /** Its entity tag is not made of the MD5 of its bytes. */
  readonly isTagOpaque: boolean;
}

export interface PutFacts {
  readonly etag: string;
  readonly isTagOpaque: boolean;
}

/**
 * The few calls that every S3 server knows: no batch deletes, no conditional puts, no trailing checksums. All reject with
 * `S3Error`, after a few tries where another may help.
 */
export interface Bucket {
  /** Null when there is no such object. */
  head(key: string): Promise<ObjectFacts | null>;
  /** The bytes from `start` to `end`, both included, of the object with this tag. */
  get(key: string, etag: string, start: number, end: number): Promise<AsyncIterable<Uint8Array>>;
  put(key: string, body: Buffer, md5: string, contentType: string): Promise<PutFacts>;
  /** Whether it was there or not. */
  delete(key: string): Promise<void>;
  /** Of an upload in parts. */
  begin(key: string, contentType: string): Promise<string>;
  /** Parts count from 1. */
  putPart(
    key: string,
    uploadId: string,
    part: number,
    body: Buffer,
    md5: string,
  ): Promise<PutFacts>;
  complete(key: string, uploadId: string, etags: readonly string[]): Promise<void>;
  /** Whether it was there or not. */
  abort(key: string, uploadId: string): Promise<void>;
  /** Uploads of exactly this key that were begun and not ended. */
  uploadsOf(key: string): Promise<readonly string[]>;
  /** Lists at most one object below the prefix. */
  look(prefix: string): Promise<void>;
  /** A link that works without credentials, for at most seven days. */
  link(key: string, type: string, disposition: string, ttlSeconds: number): Promise<string>;
  close(): void;
}

/** Loads the SDK, of about 20 MiB, which no other server needs. */
export async function openBucket(settings: S3Settings): Promise<Bucket> {
  // It tells people on Node 20 to upgrade, in six lines on stderr. Its version is pinned: 22 is required by those of 2027.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await lateImport(() => import('@aws-sdk/client-s3'));
  const { getSignedUrl } = await lateImport(() => import('@aws-sdk/s3-request-presigner'));
  const { bucket: Bucket, region, credentials } = settings;
  const client = new sdk.S3Client({
    region,
    forcePathStyle: settings.isPathStyle,
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: MOST_TRIES,
    // By default the SDK sends checksums in a trailer, which servers other than AWS refuse (501 of Swift 2.30).
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      requestTimeout: 0,
    },
  });

  async function named<Answer>(operation: string, call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await call();
    } catch (error) {
      throw s3ErrorOf(operation, error);
    }
  }

  /** Null, where what it is about is not there. */
  async function orGone<Answer>(
    operation: string,
    call: () => Promise<Answer>,
  ): Promise<Answer | null> {
    return named(operation, call).catch((error: unknown) => {
      if (error instanceof S3Error && GONE.includes(error.code)) return null;
      throw error;
    });
  }

  return {
    async head(Key) {
      const found = await orGone('HeadObject', () =>
        client.send(new sdk.HeadObjectCommand({ Bucket, Key })),
      );
      if (found === null) return null;
      return {
        ...putFacts(found),
        sizeBytes: found.ContentLength ?? 0,
        modifiedAt: found.LastModified ?? new Date(0),
      };
    },
    async get(Key, etag, start, end) {
      const command = new sdk.GetObjectCommand({
        ...{ Bucket, Key, IfMatch: `"${etag}"`, Range: `bytes=${start}-${end}` },
      });
      const { Body } = await named('GetObject', () => client.send(command));
      if (Body === undefined) throw new S3Error('GetObject', 'EmptyBody', null);
      return Body as AsyncIterable<Uint8Array>;
    },
    put: (Key, Body, ContentMD5, ContentType) =>
      named('PutObject', async () =>
        putFacts(
          await client.send(
            new sdk.PutObjectCommand({ Bucket, Key, Body, ContentMD5, ContentType }),
          ),
        ),
      ),
    async delete(Key) {
      await orGone('DeleteObject', () => client.send(new sdk.DeleteObjectCommand({ Bucket, Key })));
    },
    begin: (Key, ContentType) =>
      named('CreateMultipartUpload', async () => {
        const command = new sdk.CreateMultipartUploadCommand({ Bucket, Key, ContentType });
        const { UploadId } = await client.send(command);
        if (UploadId === undefined) throw new S3Error('CreateMultipartUpload', 'NoUploadId', null);
        return UploadId;
      }),
    putPart: (Key, UploadId, PartNumber, Body, ContentMD5) =>
      named('UploadPart', async () =>
        putFacts(
          await client.send(
            new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ContentMD5 }),
          ),
        ),
      ),
    async complete(Key, UploadId, etags) {
      const Parts = etags.map((ETag, index) => ({ ETag: `"${ETag}"`, PartNumber: index + 1 }));
      const command = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
      await named('CompleteMultipartUpload', () =>
        client.send(new sdk.CompleteMultipartUploadCommand(command)),
      );
    },
    async abort(Key, UploadId) {
      await orGone('AbortMultipartUpload', () =>
        client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
      );
    },
    async uploadsOf(key) {
      const { Uploads = [] } = await named('ListMultipartUploads', () =>
        client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: key })),
      );
      return Uploads.flatMap(({ Key, UploadId }) => (Key === key && UploadId ? [UploadId] : []));
    },
    async look(Prefix) {
      await named('ListObjectsV2', () =>
        client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 })),
      );
    },
    link: (Key, ResponseContentType, ResponseContentDisposition, expiresIn) =>
      named('GetObject', () =>
        getSignedUrl(
          client,
          new sdk.GetObjectCommand({
            Bucket,
            Key,
            ResponseContentType,
            ResponseContentDisposition,
          }),
          { expiresIn: Math.min(expiresIn, LONGEST_LINK_SECONDS) },
        ),
      ),
    close: () => {
      client.destroy();
    },
  };
}

const LONGEST_LINK_SECONDS = 604_800;
/** HEAD has no body, so that the SDK makes up the first. */
const GONE: readonly string[] = ['NotFound', 'NoSuchKey', 'NoSuchUpload'];

function putFacts(answer: {
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}): PutFacts {
  const isWithKey = answer.ServerSideEncryption?.startsWith('aws:') === true;
  return {
    etag: (answer.ETag ?? '').replaceAll('"', ''),
    // With a key of KMS, or of the customer, AWS makes it of something else.
    isTagOpaque: isWithKey || answer.SSECustomerAlgorithm !== undefined,
  };
}

function s3ErrorOf(operation: string, error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const { name, code, Code, $metadata } = error as {
    readonly name?: string;
    readonly code?: unknown;
    readonly Code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const told = [code, Code, name].filter((word) => typeof word === 'string');
  const known = told.find((word) => word !== 'Error' && /^[A-Za-z0-9._]{1,60}$/.test(word));
  return new S3Error(operation, known ?? 'UnknownError', $metadata?.httpStatusCode ?? null);
}
