import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '@artemis/contracts';
import type { OutcomeFile } from '../domain/attempt.ts';
import { beginningOf, type PassedTime } from '../domain/passed-time.ts';
import type { FileStore, StoreHealth } from '../domain/ports.ts';
import type { S3Settings } from '../storage-settings.ts';
import type { DownloadsLock } from './files/downloads-lock.ts';
import {
  compareFile,
  factsIn,
  factsOf,
  OPEN_FLAGS,
  readSample,
  type FileFacts,
} from './files/file-identity.ts';
import { lstatOrNull } from './files/file-moves.ts';
import { openPublishedIndex, type PublishedFile } from './files/published-index.ts';
import { openBucket } from './s3/bucket.ts';
import { createObjectStream } from './s3/object-stream.ts';
import { S3Error, S3SettingsError, s3ProblemOf, type S3Problem } from './s3/s3-problem.ts';
import { upload } from './s3/upload.ts';

const INDEX_FILE = 'published-objects.ndjson';
/** There is one so far. */
const WORKSPACE = 'default';
const REMOVALS_AT_ONCE = 8;
/** A request without an answer may still be carried out by the server. */
const UNANSWERED_MS = 10 * 60_000;

export interface S3FileStoreOptions {
  readonly settings: S3Settings;
  /** Folder for the index of published objects. */
  readonly dataDir: string;
  readonly instanceId: string;
  /** Lock of the downloads folder; `close` releases it. */
  readonly lock: DownloadsLock;
  /** Called for an object that should be deleted but stays, because it is not the one that was stored. */
  readonly onLeft: (key: string) => void;
  /** What is wrong with the work folders; null when nothing is. Never rejects. */
  readonly workHealth: () => Promise<StoreHealth | null>;
  readonly nowMs?: () => number;
  /** The time by which objects age. */
  readonly passedTime: () => PassedTime;
}

export interface S3FileStore extends FileStore {
  /**
   * Ends what a killed server has begun to store: aborts its uploads and deletes its objects, unless they are being stored
   * again at that moment. Call it once. Rejects when the server cannot be asked; what is left is swept after the next start.
   */
  sweep(): Promise<void>;
}

type Known = PublishedFile;

/**
 * Stores files in a bucket, under `<prefix><workspace>/<download>/<token>/<name>`. The token is new for each file that is
 * stored, so that nobody else can have the name, and what has it is ours. The index says what there is: the bucket is never listed.
 * @throws {S3SettingsError} when the settings do not lead to a bucket that can be used
 */
export async function createS3FileStore(options: S3FileStoreOptions): Promise<S3FileStore> {
  const { settings, onLeft } = options;
  const nowMs = options.nowMs ?? Date.now;
  const bucket = await openBucket(settings);
  const root = `${settings.prefix}${WORKSPACE}/`;
  const sampleKey = `${root}.write-test-${options.instanceId}`;
  let mustTryWriting = true;
  let looking: Promise<StoreHealth> | null = null;
  /** The last call for each download, so that a sweep and a publication do not meet. */
  const turns = new Map<string, Promise<unknown>>();

  const problem = await look();
  if (problem?.isOfSettings === true) {
    bucket.close();
    throw new S3SettingsError(`Artemis cannot start: ${problem.message} ${problem.remedy}`);
  }
  const index = await openPublishedIndex(join(options.dataDir, INDEX_FILE));
  /** Begun by an earlier run of the server, and not ended. */
  const unfinished = [...index.all()].filter((known) => known.upload !== undefined);

  async function look(): Promise<S3Problem | null> {
    try {
      await bucket.look(root);
      if (mustTryWriting) {
        await bucket.put(sampleKey, Buffer.alloc(0), '1B2M2Y8AsgTpgAmY7PhCfg==', 'text/plain');
        await bucket.delete(sampleKey);
        mustTryWriting = false;
      }
      return null;
    } catch (error) {
      return s3ProblemOf(error);
    }
  }

  async function bucketHealth(): Promise<StoreHealth> {
    const found = await look();
    if (found === null) {
      return { state: 'ok', message: 'The bucket can be used.', remedy: null };
    }
    return { state: 'fail', message: found.message, remedy: found.remedy };
  }

  async function inTurn<Answer>(id: string, act: () => Promise<Answer>): Promise<Answer> {
    const turn = (turns.get(id) ?? Promise.resolve()).then(act, act);
    turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(id) === turn) turns.delete(id);
    }
  }

  function artifactOf(file: Pick<OutcomeFile, 'kind' | 'contentType'>, known: Known): Artifact {
    return {
      kind: file.kind,
      name: basename(known.path),
      size: known.sizeBytes,
      content_type: file.contentType,
      storage_path: known.path,
    };
  }

  const knownOf = ({ storage_path: key }: Artifact) => index.get(key);

  /** Its object is whole and is the one that was sent. */
  async function isThere({ path, etag, sizeBytes }: Known): Promise<boolean> {
    const found = await bucket.head(path);
    return found !== null && found.etag === etag && found.sizeBytes === sizeBytes;
  }

  /** Null for an object that was not stored to its end; there is nothing left of it then. */
  async function settled(known: Known): Promise<Known | null> {
    if (known.upload === undefined) return known;
    const { upload: uploadId, replaces, ...entry } = known;
    const found = await bucket.head(known.path);
    const isBefore = found !== null && found.etag === replaces?.etag;
    const isNew =
      found?.sizeBytes === known.sizeBytes &&
      (found.etag === known.etag || (replaces !== undefined && found.isTagOpaque));
    if (isNew && !isBefore) {
      const whole: Known = { ...entry, etag: found.etag };
      await index.add(whole);
      return whole;
    }
    const uploads = uploadId === '' ? await bucket.uploadsOf(known.path) : [uploadId];
    for (const id of uploads) await bucket.abort(known.path, id);
    if (isBefore) {
      const before: Known = { ...entry, ...replaces };
      await index.add(before);
      return before;
    }
    if (replaces === undefined) await bucket.delete(known.path);
    await index.remove([known.path]);
    return null;
  }

  /** Ends what has been begun and not ended. Nothing is lost: its source is in the work folder until the index has it. */
  async function sweepOne(path: string): Promise<void> {
    const known = index.get(path);
    if (known?.upload === undefined) return;
    const { etag: _etag, ...nobodyWaits } = known;
    await settled(known.replaces === undefined ? nobodyWaits : known);
  }

  async function sweepUnanswered(): Promise<void> {
    const { passedMs } = options.passedTime();
    for (const { path, upload: begun, age, downloadId } of [...index.all()]) {
      const isOld = passedMs - (age?.storedAtMs ?? passedMs) >= UNANSWERED_MS;
      if (begun === undefined || !isOld || turns.has(downloadId)) continue;
      await inTurn(downloadId, () => sweepOne(path)).catch(() => undefined);
    }
  }

  async function store(source: OutcomeFile, entry: Known): Promise<Known> {
    const handle = await open(source.path, OPEN_FLAGS);
    let current: Known = { ...entry, upload: '' };
    try {
      await index.add(current);
      const note = async (more: Partial<Known>) => {
        current = { ...current, ...more };
        await index.add(current);
      };
      const file = { handle, sizeBytes: source.sizeBytes, contentType: source.contentType };
      const etag = await upload(bucket, entry.path, file, {
        begun: (uploadId) => note({ upload: uploadId }),
        sent: (expected) => note({ etag: expected }),
      });
      const { upload: _upload, replaces: _replaces, ...whole } = { ...current, etag };
      await index.add(whole);
      await rm(source.path, { force: true });
      return whole;
    } catch (error) {
      mustTryWriting = true;
      // Without an answer nobody knows what the server does: that is settled by the next try, or swept later.
      const isAnswered = error instanceof S3Error && error.status !== null && error.status < 500;
      if (isAnswered || !(error instanceof S3Error)) {
        await sweepOne(entry.path).catch(() => undefined);
      }
      throw error;
    } finally {
      await handle.close();
    }
  }

  async function checkedFacts(file: OutcomeFile): Promise<FileFacts> {
    // Rejects with ENOENT when the file is gone.
    if (!(await lstat(file.path)).isFile()) {
      throw new Error('the file to publish is not a regular file');
    }
    const facts = await factsOf(file.path);
    if (facts.sizeBytes !== file.sizeBytes) throw new Error('the file to publish has changed');
    return facts;
  }

  async function publishOne(id: string, file: OutcomeFile, base: string): Promise<Artifact> {
    const before: Known[] = [];
    for (const known of index.ofDownload(id).filter(({ suffix }) => suffix === file.suffix)) {
      const whole = await settled(known);
      if (whole !== null) before.push(whole);
    }
    const source = await lstatOrNull(file.path);
    // The newest first: a kill may have kept an older one from being deleted.
    for (const known of before.toReversed()) {
      if (known.sizeBytes !== file.sizeBytes) continue;
      const isSource =
        source === null ||
        (await compareFile(known, source, () => readSample(file.path, source.size))) !== 'other';
      if (!isSource || !(await isThere(known))) continue;
      // An earlier call has stored it already.
      await rm(file.path, { force: true });
      await deleteKnown(before.filter((other) => other !== known));
      return artifactOf(file, known);
    }
    const facts = await checkedFacts(file);
    const token = randomBytes(9).toString('base64url');
    const stored = await store(file, {
      path: `${root}${id}/${token}/${base}${file.suffix}`,
      ...{ downloadId: id, suffix: file.suffix, ...facts },
      publishedAtMs: nowMs(),
      age: { storedAtMs: beginningOf(options.passedTime()) },
    });
    await deleteKnown(before);
    return artifactOf(file, stored);
  }

  /** Deletes objects, one by one: not every server knows batches. What fails stays in the index, and is told at the end. */
  async function removeKnown(
    objects: readonly Known[],
  ): Promise<{ readonly removed: readonly Known[]; readonly error: unknown }> {
    const removed: Known[] = [];
    const queue = new Set(objects).values();
    let firstError: unknown = null;
    const work = async () => {
      for (const known of queue) {
        try {
          const found = await bucket.head(known.path);
          if (found !== null && found.etag !== known.etag) onLeft(known.path);
          else if (found !== null) await bucket.delete(known.path);
          await index.remove([known.path]);
          removed.push(known);
        } catch (error) {
          firstError ??= error;
        }
      }
    };
    await Promise.all(Array.from({ length: REMOVALS_AT_ONCE }, work));
    return { removed, error: firstError };
  }

  async function deleteKnown(objects: readonly Known[]): Promise<void> {
    const { error } = await removeKnown(objects);
    if (error !== null) throw error as Error;
  }

  function publish(
    id: string,
    files: readonly OutcomeFile[],
    { directory, base }: { readonly directory: string; readonly base: string },
  ): Promise<Artifact[]> {
    return inTurn(id, async () => {
      const folders = directory === '' ? [] : directory.split('/');
      if ([base, ...folders].some((part) => ['', '.', '..'].includes(part) || /[/\0]/.test(part))) {
        throw new Error('not a name of a file');
      }
      const artifacts: Artifact[] = [];
      for (const file of files) artifacts.push(await publishOne(id, file, base));
      return artifacts;
    });
  }

  /** In one step: an object is put in the place of one with the same key. */
  async function putInPlace(known: Known, file: OutcomeFile): Promise<Artifact | null> {
    const now = await settled(known);
    if (now === null) return null;
    const source = await lstatOrNull(file.path);
    if (source === null) {
      if (now.sizeBytes !== file.sizeBytes) throw new Error('the file to store is gone');
      return artifactOf(file, now);
    }
    if (!(await isThere(now))) return null;
    const { etag, ...entry } = now;
    const replaces = { ...factsIn(now), ...(etag === undefined ? {} : { etag }) };
    const facts = await checkedFacts(file);
    return artifactOf(file, await store(file, { ...entry, ...facts, replaces }));
  }

  return {
    provider: 's3',
    publish,
    async replace(id, stored, file) {
      const known = knownOf(stored);
      if (known !== null && known.path.endsWith(file.suffix)) {
        const artifact = await inTurn(id, () => putInPlace(known, file));
        if (artifact !== null) return artifact;
      }
      const base = basename(stored.storage_path, extname(stored.storage_path));
      const [artifact] = await publish(id, [file], { directory: '', base });
      if (artifact === undefined) throw new Error('nothing was stored');
      if (known !== null && artifact.storage_path !== known.path) await deleteKnown([known]);
      return artifact;
    },
    async copyTo(artifact, folder) {
      const known = knownOf(artifact);
      if (known?.etag === undefined || !(await isThere(known))) return null;
      const copy = join(folder, `media${extname(known.path)}`);
      // A job may have left a link here, which must not be written through.
      await rm(copy, { force: true });
      const { path, etag, sizeBytes } = known;
      await pipeline(
        createObjectStream(bucket, path, etag, 0, sizeBytes - 1),
        createWriteStream(copy, { flags: 'wx', mode: 0o600 }),
      );
      return copy;
    },
    // The token in its key makes each name its own.
    isTaken: () => Promise.resolve(false),
    folderProblem: () => Promise.resolve(null),
    async open(artifact) {
      const known = knownOf(artifact);
      if (known?.etag === undefined || known.sizeBytes !== artifact.size) return null;
      const { path, etag } = known;
      const found = await bucket.head(path);
      if (found === null || found.etag !== etag) return null;
      const { sizeBytes, modifiedAt } = found;
      return {
        ...{ sizeBytes, modifiedAt, etag: `"${etag}"` },
        stream: (range) =>
          createObjectStream(bucket, path, etag, range?.start ?? 0, range?.end ?? sizeBytes - 1),
        close: () => Promise.resolve(),
      };
    },
    async isChanged(artifact) {
      const known = knownOf(artifact);
      const found = known && (await bucket.head(known.path).catch(() => null));
      return found !== null && found.etag !== known?.etag;
    },
    async link(artifact, { disposition, type, ttlSeconds }) {
      const known = knownOf(artifact);
      return known === null || known.sizeBytes !== artifact.size
        ? null
        : bucket.link(known.path, type, disposition, ttlSeconds);
    },
    async remove(artifacts) {
      await deleteKnown(artifacts.flatMap((artifact) => knownOf(artifact) ?? []));
    },
    async removeOlderThan(keepMs) {
      const old = await index.lookAtAges(options.passedTime().passedMs, keepMs);
      // The next call tries again to delete what could not be deleted.
      const { removed } = await removeKnown(old);
      await sweepUnanswered();
      return new Set(removed.map(({ downloadId }) => downloadId));
    },
    ageMs(artifact) {
      const storedAtMs = knownOf(artifact)?.age?.storedAtMs;
      const { passedMs } = options.passedTime();
      return storedAtMs === undefined ? null : Math.max(0, passedMs - storedAtMs);
    },
    usage: () => Promise.resolve({ usedBytes: index.totalBytes(), files: index.count() }),
    async health() {
      looking ??= bucketHealth().finally(() => (looking = null));
      const [health, work] = await Promise.all([looking, options.workHealth()]);
      return health.state === 'fail' ? health : (work ?? health);
    },
    async sweep() {
      for (const { downloadId, path } of unfinished) await inTurn(downloadId, () => sweepOne(path));
    },
    async close() {
      await Promise.allSettled(turns.values());
      await index.close();
      bucket.close();
      options.lock.release();
    },
  };
}
