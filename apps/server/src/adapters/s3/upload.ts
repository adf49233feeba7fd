import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Bucket, PutFacts } from './bucket.ts';
import { S3Error } from './s3-problem.ts';

/** All parts but the last must have 5 MiB at least, and there may be 10,000. */
export const PART_BYTES = 8 * 1024 ** 2;
const MOST_PARTS = 9000;
/** Each takes the memory of one part. */
const PARTS_AT_ONCE = 2;

export interface FileToUpload {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly contentType: string;
}

export interface UploadSteps {
  /** Awaited before the first part is sent. */
  begun(uploadId: string): Promise<void>;
  /** Awaited before the object can be seen. Not called where the tag cannot be known by then. */
  sent(etag: string): Promise<void>;
}

/**
 * Puts a file into a bucket, small ones in one call, others in parts; either is seen only when it is whole. Compares size and
 * tag of what is there then, and returns the tag. Rejects otherwise; what was begun is the caller's to abort.
 */
export async function upload(
  bucket: Bucket,
  key: string,
  file: FileToUpload,
  steps: UploadSteps,
): Promise<string> {
  const expected =
    file.sizeBytes <= PART_BYTES
      ? await putWhole(bucket, key, file, steps)
      : await putParts(bucket, key, file, steps);
  const found = await bucket.head(key);
  if (found === null) throw new S3Error('HeadObject', 'NotThereAfterUpload', 200);
  const isSame = expected === null || found.isTagOpaque || found.etag === expected;
  if (found.sizeBytes !== file.sizeBytes || !isSame) {
    throw new S3Error('HeadObject', 'WrongChecksum', 200);
  }
  return found.etag;
}

async function putWhole(
  bucket: Bucket,
  key: string,
  { handle, sizeBytes, contentType }: FileToUpload,
  { sent }: UploadSteps,
): Promise<string | null> {
  const body = await readExactly(handle, 0, sizeBytes);
  const md5 = createHash('md5').update(body).digest();
  await sent(md5.toString('hex'));
  const put = await bucket.put(key, body, md5.toString('base64'), contentType);
  return checked('PutObject', put, md5) ? md5.toString('hex') : null;
}

/** Null where the tag of the whole cannot be known. */
async function putParts(
  bucket: Bucket,
  key: string,
  { handle, sizeBytes, contentType }: FileToUpload,
  { begun, sent }: UploadSteps,
): Promise<string | null> {
  const uploadId = await bucket.begin(key, contentType);
  await begun(uploadId);
  const partBytes = Math.max(PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS));
  const count = Math.ceil(sizeBytes / partBytes);
  const parts: { etag: string; md5: Buffer; isPlain: boolean }[] = [];
  const numbers = Array.from({ length: count }, (_, index) => index).values();
  let failure: unknown = null;
  const work = async () => {
    for (const index of numbers) {
      if (failure !== null) return;
      const start = index * partBytes;
      const body = await readExactly(handle, start, Math.min(partBytes, sizeBytes - start));
      const md5 = createHash('md5').update(body).digest();
      const put = await bucket.putPart(key, uploadId, index + 1, body, md5.toString('base64'));
      parts[index] = { etag: put.etag, md5, isPlain: checked('UploadPart', put, md5) };
    }
  };
  // All have ended before the caller aborts: a part that came later would stay and cost.
  await Promise.all(
    Array.from({ length: PARTS_AT_ONCE }, () =>
      work().catch((error: unknown) => {
        failure ??= error;
      }),
    ),
  );
  if (failure !== null) throw failure as Error;
  const isPlain = parts.every((part) => part.isPlain);
  const whole = createHash('md5').update(Buffer.concat(parts.map(({ md5 }) => md5)));
  const etag = isPlain ? `${whole.digest('hex')}-${count}` : null;
  if (etag !== null) await sent(etag);
  await bucket.complete(
    key,
    uploadId,
    parts.map((part) => part.etag),
  );
  return etag;
}

/** Whether the tag is the MD5 of what was sent. @throws {S3Error} when it should be and is not */
function checked(operation: string, { etag, isTagOpaque }: PutFacts, md5: Buffer): boolean {
  if (isTagOpaque) return false;
  if (etag !== md5.toString('hex')) throw new S3Error(operation, 'WrongChecksum', 200);
  return true;
}

async function readExactly(file: FileHandle, start: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  for (let read = 0; read < bytes;) {
    const { bytesRead } = await file.read(buffer, read, bytes - read, start + read);
    if (bytesRead === 0) throw new Error('the file to publish has changed');
    read += bytesRead;
  }
  return buffer;
}
