import { createHash } from 'node:crypto';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { canUseSwift, startSwift, type S3Server } from '../s3/swift.ts';
import { createServerHome, eventually, StartError, type ServerHome } from './server-process.ts';

const BUCKET = 'artemis';
const PATH = '/padded.mp4?size=12000000&n=1';

describe.runIf(canUseSwift('a server with its files in a bucket'))('a server with a bucket', () => {
  let s3: S3Server;
  let admin: S3Client;
  let home: ServerHome;
  let origin: Awaited<ReturnType<typeof startOrigin>>;

  beforeAll(async () => {
    [s3, home, origin] = await Promise.all([startSwift(), createServerHome(), startOrigin()]);
    admin = new S3Client({
      ...{ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: s3 },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await admin.send(new CreateBucketCommand({ Bucket: BUCKET }));
  }, 240_000);
  afterAll(async () => {
    await home.remove();
    await origin.close();
    admin.destroy();
    await s3.stop();
  });

  const start = (changed: Record<string, string> = {}) =>
    home.start({
      ...{ STORAGE_PROVIDER: 's3', S3_BUCKET: BUCKET, S3_ENDPOINT: s3.endpoint, S3_PREFIX: 'mine' },
      ...{ S3_FORCE_PATH_STYLE: 'true', AWS_ACCESS_KEY_ID: s3.accessKeyId },
      ...{ AWS_SECRET_ACCESS_KEY: s3.secretAccessKey, EGRESS_ALLOW: origin.hostPort },
      ...changed,
    });

  async function keys(): Promise<(string | undefined)[]> {
    const { Contents = [] } = await admin.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return Contents.map(({ Key }) => Key);
  }

  const bytesOf = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  it('stores there, sends from there, and deletes there, also after a restart', async () => {
    const first = await start();
    const { downloads } = await first.client.createDownloads({ url: origin.url + PATH });
    const id = downloads[0]?.id ?? '';
    const stored = await eventually(async () => {
      const { download } = await first.client.getDownload(id);
      return ['completed', 'failed'].includes(download.status) ? download : null;
    });
    expect(stored).toMatchObject({ status: 'completed', error: null });
    expect(await keys()).toEqual([stored.storage_path]);
    expect(stored.storage_path).toMatch(new RegExp(`^mine/default/${id}/`));
    expect(await home.storedFiles()).toEqual([]);
    // The work folder goes once the record says that the file is stored.
    await eventually(async () => (await home.partialFiles()).length === 0);
    const size = stored.file_size ?? 0;
    const { storage } = await first.client.telemetry();
    expect(storage).toMatchObject({ provider: 's3', files: 1, used_bytes: size });
    await first.stop();

    const second = await start();
    const detail = await second.client.getDownload(id);
    const url = detail.download_url ?? '';
    expect(url.startsWith(`${s3.endpoint}/${BUCKET}/mine/default/`)).toBe(true);
    const fromBucket = await bytesOf(url);
    expect(fromBucket.length).toBe(size);
    const inline = second.client.resolveUrl(detail.inline_url ?? '');
    expect(sha(await bytesOf(inline))).toBe(sha(fromBucket));
    const part = await fetch(inline, { headers: { range: 'bytes=9000000-9000099' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(fromBucket.subarray(9e6, 9e6 + 100));
    expect((await fetch(url.replace(id, `${id.slice(0, -1)}x`))).status).toBe(403);
    await second.client.purgeDownload(id, 'file');
    expect(await keys()).toEqual([]);
    expect(second.stdout() + second.stderr()).not.toContain(s3.secretAccessKey);
  }, 120_000);

  it('does not start with a bucket that is not there, and says so in one sentence', async () => {
    await home.stop();
    const failed = await start({ S3_BUCKET: 'nosuch' }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StartError);
    expect((failed as StartError).exitCode).toBe(78);
    expect((failed as StartError).message.trim().split('\n')).toHaveLength(1);
    expect((failed as StartError).message).toContain('S3_BUCKET');
  });
});
