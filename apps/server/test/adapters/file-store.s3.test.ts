import { fork } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createS3FileStore, type S3FileStore } from '../../src/adapters/file-store.s3.ts';
import { lockDownloadsFolder } from '../../src/adapters/files/downloads-lock.ts';
import { createDiskWorkFolders } from '../../src/adapters/work-folders.disk.ts';
import type { OutcomeFile } from '../../src/domain/attempt.ts';
import { begunAt } from '../../src/domain/passed-time.ts';
import type { S3Settings } from '../../src/storage-settings.ts';
import { startFaultProxy, type FaultProxy } from '../s3/fault-proxy.ts';
import type { Publication } from '../s3/publisher.ts';
import { canUseSwift, startSwift, type S3Server } from '../s3/swift.ts';
import { describeFileStore, finish, type OpenedStore } from './file-store.conformance.ts';

const BUCKET = 'artemis';
const MIB = 1024 ** 2;

describe.runIf(canUseSwift('the S3 file store'))('the S3 file store, on Swift', () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let folder: string;
  let prefix: string;
  let passedMs: number;
  let nowMs: number;
  let opened: OpenedStore[];
  let left: string[];
  let admin: S3Client;

  beforeAll(async () => {
    server = await startSwift();
    admin = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: server,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await admin.send(new CreateBucketCommand({ Bucket: BUCKET }));
  }, 240_000);
  afterAll(async () => {
    admin.destroy();
    await server.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'artemis-s3-'));
    prefix = `${randomUUID()}/`;
    [passedMs, nowMs, opened, left] = [1e9, Date.now(), [], []];
    proxy = await startFaultProxy(server.endpoint);
  });
  afterEach(async () => {
    proxy.fault = () => undefined;
    for (const store of opened) await store.close();
    await proxy.close();
    await rm(folder, { recursive: true, force: true });
  });

  const settings = (changed: Partial<S3Settings> = {}): S3Settings => ({
    bucket: BUCKET,
    endpoint: proxy.endpoint,
    region: 'us-east-1',
    isPathStyle: true,
    prefix,
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
    ...changed,
  });

  async function open(changed: Partial<S3Settings> = {}): Promise<S3FileStore & OpenedStore> {
    const common = {
      dataDir: join(folder, 'data'),
      lock: lockDownloadsFolder(join(folder, 'downloads'), 'one'),
      passedTime: () => ({ ...begunAt(0), passedMs }),
    };
    const workFolders = await createDiskWorkFolders({
      ...common,
      downloadsDir: join(folder, 'downloads'),
      scratchDir: null,
      isStoredInDownloads: false,
      isHistoryEmpty: false,
      readOutcome: () => Promise.resolve(null),
    });
    const store = await createS3FileStore({
      ...common,
      settings: settings(changed),
      instanceId: 'one',
      onLeft: (key) => left.push(key),
      workHealth: workFolders.health,
      nowMs: () => nowMs,
    });
    const whole = { ...store, workFolders };
    opened.push(whole);
    return whole;
  }

  /** Objects and unfinished uploads below the prefix of this test. */
  async function inBucket(): Promise<{ objects: string[]; uploads: number }> {
    const [{ Contents = [] }, { Uploads = [] }] = await Promise.all([
      admin.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix })),
      admin.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: prefix })),
    ]);
    return { objects: Contents.map(({ Key = '' }) => Key), uploads: Uploads.length };
  }

  const indexPath = () => join(folder, 'data', 'published-objects.ndjson');

  async function finishLarge(
    store: OpenedStore,
    id: string,
    bytes = 20 * MIB,
  ): Promise<OutcomeFile> {
    const path = join(await store.workFolders.folder(id), 'media.mp4');
    await writeFile(path, randomBytes(bytes));
    return { kind: 'media', path, suffix: '.mp4', sizeBytes: bytes, contentType: 'video/mp4' };
  }
  const at = (base: string) => ({ directory: '', base });
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  describeFileStore('S3', false, () =>
    Promise.resolve({
      open,
      setNow: (ms) => void (nowMs = ms),
      pass: (ms) => void (passedMs += ms),
    }),
  );

  it('stores a large file in parts, under a key of its own, and reads any range of it', async () => {
    const store = await open();
    const id = randomUUID();
    const file = await finishLarge(store, id);
    const content = await readFile(file.path);
    const [media] = await store.publish(id, [file], at('Film'));
    if (!media) throw new Error('nothing was published');
    expect(media.storage_path).toMatch(
      new RegExp(`^${prefix}default/${id}/[\\w-]{12}/Film\\.mp4$`),
    );
    expect(proxy.seen.filter((line) => line.includes('partNumber='))).toHaveLength(3);
    await expect(stat(file.path)).rejects.toThrow('ENOENT');
    const opened = await store.open(media);
    expect(sha(await buffer(opened?.stream(null) ?? Readable.from([])))).toBe(sha(content));
    const range = { start: 9 * MIB, end: 9 * MIB + 99 };
    expect(await buffer(opened?.stream(range) ?? Readable.from([]))).toEqual(
      content.subarray(range.start, range.end + 1),
    );
    expect(await inBucket()).toEqual({ objects: [media.storage_path], uploads: 0 });
    await store.remove([media]);
    expect(await inBucket()).toEqual({ objects: [], uploads: 0 });
  });

  it('gives links that send the file with type and name, and that nobody can change', async () => {
    const store = await open();
    const id = randomUUID();
    const [media] = await store.publish(id, [await finish(store, id, 'media')], at(id));
    const disposition = `attachment; filename="x.mp4"; filename*=UTF-8''%C3%BC.mp4`;
    const link =
      media && (await store.link(media, { disposition, type: 'video/mp4', ttlSeconds: 60 }));
    if (!link) throw new Error('there is no link');
    const answer = await fetch(link, { headers: { range: 'bytes=1-3' } });
    expect([answer.status, await answer.text()]).toEqual([206, 'edi']);
    expect(answer.headers.get('content-disposition')).toBe(disposition);
    expect(answer.headers.get('content-type')).toBe('video/mp4');
    for (const changed of [
      link.replace(id, randomUUID()),
      link.replace('Expires=60', 'Expires=600'),
    ]) {
      expect((await fetch(changed)).status).toBe(403);
    }
    expect(link).not.toContain(server.secretAccessKey);
  });

  it('leaves an object alone that somebody has put in the place of its own', async () => {
    const store = await open();
    const id = randomUUID();
    const [media] = await store.publish(id, [await finish(store, id, 'media')], at(id));
    if (!media) throw new Error('nothing was published');
    const Key = media.storage_path;
    await admin.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from('other') }));
    expect(await store.open(media)).toBeNull();
    expect(await store.isChanged(media)).toBe(true);
    await store.remove([media]);
    expect(left).toEqual([Key]);
    expect((await inBucket()).objects).toEqual([Key]);
  });

  describe('a server that was killed', () => {
    /** By the request that is never answered: there the process is killed. */
    it.each([
      ['before it has begun', (url: string) => url.includes('?uploads')],
      ['when the upload has begun', (url: string) => url.includes('partNumber=1')],
      ['in the middle of three parts', (url: string) => url.includes('partNumber=3')],
      [
        'before the parts are joined',
        (url: string, method: string) => method === 'POST' && url.includes('uploadId='),
      ],
      ['before the object is checked', (_url: string, method: string) => method === 'HEAD'],
    ])(
      '%s leaves nothing after the sweep, loses nothing, and stores it once more',
      async (_name, isThen) => {
        const before = await open();
        const id = randomUUID();
        const file = await finishLarge(before, id);
        const content = await readFile(file.path);
        await before.close();
        let isHere = false;
        let reached = (): void => undefined;
        const isReached = new Promise<void>((resolve) => (reached = resolve));
        proxy.fault = ({ method, url }) => {
          isHere ||= url.includes(id) && isThen(url, method);
          if (!isHere) return undefined;
          reached();
          return 'handled';
        };
        const publisher = fork(join(import.meta.dirname, '../s3/publisher.ts'), {
          execArgv: ['--conditions=@artemis/source', '--import', 'tsx'],
        });
        const publication: Publication = {
          ...{ settings: settings(), id, file },
          dataDir: join(folder, 'data'),
          downloadsDir: join(folder, 'downloads'),
        };
        publisher.send(publication);
        await isReached;
        publisher.kill('SIGKILL');
        await once(publisher, 'exit');
        proxy.fault = () => undefined;
        const next = await open();
        await next.sweep();
        expect(await inBucket()).toEqual({ objects: [], uploads: 0 });
        expect(await next.usage()).toEqual({ files: 0, usedBytes: 0 });
        expect(sha(await readFile(file.path))).toBe(sha(content));
        const [media] = await next.publish(id, [file], at('x'));
        expect(await inBucket()).toEqual({ objects: [media?.storage_path], uploads: 0 });
      },
    );

    it('after the object was whole finds it again, and stores it no second time', async () => {
      const store = await open();
      const id = randomUUID();
      const file = await finishLarge(store, id);
      const content = await readFile(file.path);
      const first = await store.publish(id, [file], at('x'));
      await store.close();
      const lines = (await readFile(indexPath(), 'utf8')).trim().split('\n');
      await writeFile(indexPath(), lines.slice(0, -1).join('\n') + '\n');
      await writeFile(file.path, content);
      const again = await open();
      proxy.seen.length = 0;
      expect(await again.publish(id, [file], at('x'))).toEqual(first);
      expect(proxy.seen.filter((line) => line.startsWith('PUT'))).toEqual([]);
      await expect(stat(file.path)).rejects.toThrow('ENOENT');
    });
  });

  describe('a server that fails', () => {
    it.each([500, 503])(
      'is asked again after a %i, and the file is stored once',
      async (status) => {
        const store = await open();
        const id = randomUUID();
        let failures = 0;
        proxy.fault = ({ method, url }, response) => {
          if (method !== 'PUT' || !url.includes('partNumber=2') || failures >= 2) return undefined;
          failures += 1;
          response.writeHead(status).end();
          return 'handled';
        };
        const [media] = await store.publish(id, [await finishLarge(store, id)], at('x'));
        expect(failures).toBe(2);
        expect((await inBucket()).objects).toEqual([media?.storage_path]);
      },
    );

    it('is not believed when it lies about the checksum: nothing is stored, the file stays', async () => {
      const store = await open();
      const id = randomUUID();
      const file = await finishLarge(store, id);
      proxy.fault = ({ url }) => (url.includes('partNumber=2') ? 'lie' : undefined);
      await expect(store.publish(id, [file], at('x'))).rejects.toThrow('WrongChecksum');
      expect((await stat(file.path)).size).toBe(file.sizeBytes);
      proxy.fault = () => undefined;
      const [media] = await store.publish(id, [file], at('x'));
      expect(await inBucket()).toEqual({ objects: [media?.storage_path], uploads: 0 });
    });

    it('and cuts the body is asked for the rest', async () => {
      const store = await open();
      const id = randomUUID();
      const file = await finishLarge(store, id, 3 * MIB);
      const content = await readFile(file.path);
      const [media] = await store.publish(id, [file], at('x'));
      let cuts = 0;
      proxy.fault = ({ method, url }) => {
        if (method !== 'GET' || !url.includes('x.mp4') || cuts >= 2) return undefined;
        cuts += 1;
        return 'cut';
      };
      const found = media && (await store.open(media));
      expect(sha(await buffer(found?.stream(null) ?? Readable.from([])))).toBe(sha(content));
      expect(cuts).toBe(2);
    });

    it('is named by its health, without a secret, until it works again', async () => {
      const store = await open();
      expect(await store.health()).toMatchObject({ state: 'ok' });
      proxy.fault = (_asked, response) => {
        response.writeHead(403, { 'content-type': 'application/xml' });
        response.end('<Error><Code>InvalidAccessKeyId</Code></Error>');
        return 'handled';
      };
      const health = await store.health();
      expect(health).toMatchObject({
        state: 'fail',
        message: 'The S3 server refuses the credentials.',
      });
      expect(JSON.stringify(health)).not.toContain(server.secretAccessKey);
      proxy.fault = () => undefined;
      expect(await store.health()).toMatchObject({ state: 'ok' });
    });
  });

  it.each<[string, Partial<S3Settings>, RegExp]>([
    ['a bucket that is not there', { bucket: 'nosuch' }, /no bucket with the name in S3_BUCKET/],
    [
      'refused credentials',
      { credentials: { accessKeyId: 'test:tester', secretAccessKey: 'not-it' } },
      /refuses the credentials/,
    ],
    [
      'an endpoint where nothing is',
      { endpoint: 'http://127.0.0.1:1' },
      /no server at S3_ENDPOINT/,
    ],
  ])(
    '%s stops the start with one sentence, and without a secret',
    async (_name, changed, sentence) => {
      const start = open(changed);
      await expect(start).rejects.toThrow(sentence);
      await expect(start).rejects.not.toThrow(/not-it|testing/);
      expect(await readdir(join(folder, 'data'))).not.toContain('published-objects.ndjson');
    },
  );
});
