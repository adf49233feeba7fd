import { constants } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  realpath,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import type { Artifact } from '@artemis/contracts';
import { beginningOf, type PassedTime } from '../domain/passed-time.ts';
import type {
  FileName,
  FileStore,
  OpenedFile,
  StorageUsage,
  StoreHealth,
} from '../domain/ports.ts';
import type { OutcomeFile } from '../domain/attempt.ts';
import { createArrivals } from './files/arrivals.ts';
import { JOBS_FOLDER, lockProblem, type DownloadsLock } from './files/downloads-lock.ts';
import { syncFolder } from './files/durable-file.ts';
import { factsIn, factsOf, OPEN_FLAGS, type FileFacts } from './files/file-identity.ts';
import { isEmpty, lstatOrNull, moveWithoutReplacing, openToUser } from './files/file-moves.ts';
import { createFileStream } from './files/file-stream.ts';
import { createNameClaims, MOST_NAME_TRIES, numbered } from './files/name-claims.ts';
import { folderProblem } from './files/folder-problem.ts';
import { openPublishedIndex, type PublishedFile } from './files/published-index.ts';
import { createRecognition } from './files/recognition.ts';
import { createStorageFolders } from './files/storage-folders.ts';
import { watchFolder } from './files/watched-folder.ts';

const STORAGE_ROOT = 'downloads/';
const INDEX_FILE = 'published-files.ndjson';

export interface DiskFileStoreOptions {
  readonly downloadsDir: string;
  /** Folder for the index of published files. */
  readonly dataDir: string;
  /** Lock of the downloads folder; `close` releases it. */
  readonly lock: DownloadsLock;
  /** Called for a file that should be deleted but stays, because it may not be the file that was stored. */
  readonly onLeft: (storagePath: string) => void;
  /** What is wrong with the work folders; null when nothing is. Never rejects. */
  readonly workHealth: () => Promise<StoreHealth | null>;
  readonly nowMs?: () => number;
  /** The time by which files age. */
  readonly passedTime: () => PassedTime;
  /** For tests of other file systems, of those without hard links, and of files that cannot be deleted. */
  readonly link?: (existing: string, name: string) => Promise<void>;
  readonly rename?: (from: string, to: string) => Promise<void>;
  readonly unlink?: (path: string) => Promise<void>;
}

export interface DiskFileStore extends FileStore {
  /**
   * Reads the files that an older version stored, one after another, so that they are recognized after a move. Call once, when
   * nobody waits for the disk. Never rejects.
   */
  learnOldFiles(): Promise<void>;
}

/** Stores files on the disk of this computer. */
export async function createDiskFileStore(options: DiskFileStoreOptions): Promise<DiskFileStore> {
  const nowMs = options.nowMs ?? Date.now;
  await mkdir(options.downloadsDir, { recursive: true });
  const root = await realpath(options.downloadsDir);
  const { lock, onLeft } = options;
  const index = await openPublishedIndex(join(options.dataDir, INDEX_FILE));
  const recognition = createRecognition(root, index);
  const { look, isSameFile } = recognition;
  const arrivals = createArrivals(root, index);
  await arrivals.sweep();
  const storage = createStorageFolders(
    'downloads',
    await watchFolder(root, JOBS_FOLDER),
    await watchFolder(options.dataDir, INDEX_FILE),
  );
  const makeLink = options.link ?? link;
  const renameFile = options.rename ?? rename;
  const unlinkFile = options.unlink ?? unlink;
  /** Paths that running publications are about to use. */
  const claimed = new Set<string>();
  const nameClaims = createNameClaims();

  /** Refuses a folder that a link leads out of the downloads folder. */
  async function checkedFolder(path: string): Promise<string> {
    const real = await realpath(path);
    if (real !== root && !real.startsWith(root + sep)) {
      throw new Error('the folder lies outside the downloads folder');
    }
    return real;
  }

  /** Creates missing folders; follows links in the path only within the downloads folder. */
  async function ensureFolder(directory: string): Promise<string> {
    let folder = root;
    for (const part of directory === '' ? [] : directory.split('/')) {
      if (['', '.', '..'].includes(part))
        throw new Error('not a folder below the downloads folder');
      const next = join(folder, part);
      await mkdir(next).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      folder = await checkedFolder(next);
    }
    return folder;
  }

  function artifactOf(file: OutcomeFile, path: string): Artifact {
    return {
      kind: file.kind,
      name: basename(path),
      size: file.sizeBytes,
      content_type: file.contentType,
      storage_path: STORAGE_ROOT + path,
    };
  }

  async function publishOne(
    downloadId: string,
    file: OutcomeFile,
    name: FileName,
    firstNumber: number,
  ): Promise<string> {
    const source = await lstatOrNull(file.path);
    const stale: PublishedFile[] = [];
    for (const known of index.ofDownload(downloadId)) {
      if (known.suffix !== file.suffix) continue;
      if (!(await isSameFile(known))) {
        stale.push(known);
      } else if (source === null || source.ino === known.inode) {
        // An earlier call has moved the file already.
        const target = join(root, known.path);
        await factsOf(target, openToUser);
        await rm(file.path, { force: true });
        await syncFolder(dirname(target));
        return known.path;
      } else {
        await deletePublished([known]);
      }
    }
    // Rejects with ENOENT when the file is gone.
    if (!(source ?? (await lstat(file.path))).isFile()) {
      throw new Error('the file to publish is not a regular file');
    }
    const facts = await factsOf(file.path, openToUser);
    if (facts.sizeBytes !== file.sizeBytes) throw new Error('the file to publish has changed');
    const folder = await ensureFolder(name.directory);
    if (['', '.', '..'].includes(name.base) || /[/\0]/.test(name.base + file.suffix)) {
      throw new Error('not a file name');
    }
    for (let number = firstNumber; number <= MOST_NAME_TRIES; number += 1) {
      const target = join(folder, numbered(name.base, number) + file.suffix);
      if (claimed.has(target)) continue;
      claimed.add(target);
      try {
        const path = relative(root, target).split(sep).join('/');
        const isOurClaim = stale.some((known) => known.path === path) && (await isEmpty(target));
        if (!isOurClaim && (await lstatOrNull(target)) !== null) continue;
        const entry = {
          ...{ path, downloadId, suffix: file.suffix },
          publishedAtMs: nowMs(),
          age: { storedAtMs: beginningOf(options.passedTime()) },
        };
        const isMoved = await arrivals.move(file.path, folder, facts, async (from, found) => {
          await index.add({ ...entry, ...found });
          if (!isOurClaim) return moveWithoutReplacing(from, target, makeLink);
          await renameFile(from, target);
          return true;
        });
        if (!isMoved) {
          await index.remove([path]);
          continue;
        }
        await syncFolder(folder);
        await index.remove(stale.map((known) => known.path).filter((other) => other !== path));
        return path;
      } finally {
        claimed.delete(target);
      }
    }
    throw new Error('no free name was found');
  }

  /** Of an interrupted publication, or of media that gets its missing files. */
  async function stillThere(known: readonly PublishedFile[]): Promise<readonly PublishedFile[]> {
    const are = await Promise.all(
      known.map(async (file) => (await isSameFile(file)) || isEmpty(join(root, file.path))),
    );
    return known.filter((_, index) => are[index]);
  }

  async function publish(
    downloadId: string,
    files: readonly OutcomeFile[],
    name: FileName,
  ): Promise<Artifact[]> {
    await storage.require();
    const { number, release } = await nameClaims.claim({
      folder: () => ensureFolder(name.directory),
      base: name.base,
      suffixes: files.map(({ suffix }) => suffix),
      // Nobody else has a name with this id, so that the usual name costs no look into the folder.
      isUnique: name.base === downloadId,
      earlier: await stillThere(index.ofDownload(downloadId)),
    });
    const artifacts: Artifact[] = [];
    try {
      for (const file of files) {
        artifacts.push(artifactOf(file, await publishOne(downloadId, file, name, number)));
      }
    } finally {
      release();
    }
    return artifacts;
  }

  /** Replaces a stored file; null when the file at this path is not the stored one. */
  async function putInPlace(known: PublishedFile, file: OutcomeFile): Promise<Artifact | null> {
    const target = join(root, known.path);
    const source = await lstatOrNull(file.path);
    if (!(await isSameFile(known))) return null;
    const { replaces: before, ...now } = known;
    let facts: FileFacts = now;
    if (source !== null) {
      if (!source.isFile() || source.size !== file.sizeBytes) {
        throw new Error('the file to store has changed');
      }
      const ofSource = await factsOf(file.path, openToUser);
      await arrivals.move(file.path, dirname(target), ofSource, async (from, found) => {
        facts = found;
        await index.add({ ...now, ...facts, replaces: before ?? factsIn(now) });
        await renameFile(from, target);
        return true;
      });
      await syncFolder(dirname(target));
    } else if (now.sizeBytes !== file.sizeBytes) {
      throw new Error('the file to store is gone');
    }
    await index.add({ ...now, ...facts });
    return artifactOf(file, known.path);
  }

  /** Deletes stored files. Those that cannot be deleted stay in the index. */
  async function removePublished(
    files: Iterable<PublishedFile>,
  ): Promise<{ removed: readonly PublishedFile[]; error: unknown }> {
    // On a missing disk all files would look deleted, and the index would forget them.
    await storage.require();
    const removed: PublishedFile[] = [];
    let firstError: unknown = null;
    for (const file of new Set(files)) {
      try {
        const likeness = await look(file);
        if (likeness === 'other') onLeft(STORAGE_ROOT + file.path);
        else if (likeness !== 'gone') await unlinkFile(join(root, file.path));
        removed.push(file);
      } catch (error) {
        firstError ??= error;
      }
    }
    const folders = new Set(removed.map(({ path }) => dirname(path)));
    // Before the index forgets the files: a power cut must not bring them back as unknown files.
    for (const folder of folders) await syncFolder(join(root, folder)).catch(() => undefined);
    await index.remove(removed.map(({ path }) => path));
    for (const folder of folders) {
      // An empty folder was made for these files; a folder with other content stays.
      if (folder !== '.') await removeIfEmpty(join(root, folder));
    }
    return { removed, error: firstError };
  }

  async function deletePublished(files: Iterable<PublishedFile>): Promise<void> {
    const { error } = await removePublished(files);
    if (error !== null) throw error as Error;
  }

  async function removeIfEmpty(folder: string): Promise<void> {
    await rmdir(folder).catch(() => undefined);
  }

  return {
    provider: 'local',
    publish,
    async replace(downloadId, stored, file) {
      await storage.require();
      const path = stored.storage_path.slice(STORAGE_ROOT.length);
      const known = index.get(path);
      if (known !== null && path.endsWith(file.suffix)) {
        const artifact = await putInPlace(known, file);
        if (artifact) return artifact;
      }
      const directory = dirname(path) === '.' ? '' : dirname(path);
      const base = basename(path, extname(path));
      const [artifact] = await publish(downloadId, [file], { directory, base });
      if (!artifact) throw new Error('nothing was stored');
      if (known !== null && artifact.storage_path !== stored.storage_path) {
        await deletePublished([known]);
      }
      return artifact;
    },
    async copyTo(artifact, folder) {
      const path = artifact.storage_path.slice(STORAGE_ROOT.length);
      const known = index.get(path);
      if (known === null || !(await isSameFile(known))) return null;
      const copy = join(folder, `media${extname(path)}`);
      // A job may have left a link here, which must not be written through.
      await rm(copy, { force: true });
      const how = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
      await copyFile(join(root, path), copy, how);
      return copy;
    },
    async isTaken(path) {
      return claimed.has(join(root, path)) || recognition.isThere(path);
    },
    async open(artifact): Promise<OpenedFile | null> {
      const path = artifact.storage_path.slice(STORAGE_ROOT.length);
      const published = artifact.storage_path.startsWith(STORAGE_ROOT) ? index.get(path) : null;
      if (published === null) return null;
      let handle;
      try {
        await checkedFolder(dirname(join(root, path)));
        handle = await open(join(root, path), OPEN_FLAGS);
      } catch {
        return null;
      }
      const isOurs = await recognition.isOpenFile(published, handle).catch(() => false);
      const found = await handle.stat().catch(() => null);
      if (!isOurs || found?.size !== artifact.size) {
        await handle.close();
        return null;
      }
      return {
        sizeBytes: found.size,
        etag: `"${found.ino.toString(36)}-${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`,
        modifiedAt: found.mtime,
        stream: (range) =>
          createFileStream(handle, range?.start ?? 0, range?.end ?? found.size - 1),
        close: () => handle.close(),
      };
    },
    link: () => Promise.resolve(null),
    async isChanged({ storage_path: path }) {
      const known = path.startsWith(STORAGE_ROOT)
        ? index.get(path.slice(STORAGE_ROOT.length))
        : null;
      return known !== null && (await look(known).catch(() => 'gone')) === 'other';
    },
    folderProblem: (directory) => folderProblem(root, directory),
    async remove(artifacts) {
      const known: PublishedFile[] = [];
      for (const { storage_path: path } of artifacts) {
        if (!path.startsWith(STORAGE_ROOT)) continue;
        const below = path.slice(STORAGE_ROOT.length);
        const published = index.get(below);
        if (published) known.push(published);
        else if (await recognition.isThere(below)) onLeft(path);
      }
      await deletePublished(known);
    },
    async removeOlderThan(keepMs) {
      const old = await index.lookAtAges(options.passedTime().passedMs, keepMs);
      // The next call tries again to delete what could not be deleted.
      const { removed } = await removePublished(old);
      return new Set(removed.map(({ downloadId }) => downloadId));
    },
    ageMs(artifact) {
      const { age } = index.get(artifact.storage_path.slice(STORAGE_ROOT.length)) ?? {};
      const { passedMs } = options.passedTime();
      return age?.storedAtMs === undefined ? null : Math.max(0, passedMs - age.storedAtMs);
    },
    usage: (): Promise<StorageUsage> =>
      Promise.resolve({ usedBytes: index.totalBytes(), files: index.count() }),
    async health() {
      const [health, work] = await Promise.all([storage.health(), options.workHealth()]);
      if (health.state === 'fail') return health;
      if (work?.state === 'fail') return work;
      return lockProblem(lock) ?? work ?? health;
    },
    learnOldFiles: recognition.learn,
    async close() {
      await recognition.close();
      await index.close();
      lock.release();
    },
  };
}
