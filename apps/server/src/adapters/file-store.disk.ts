import { constants } from 'node:fs';
import {
  access,
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Artifact } from '@artemis/contracts';
import type { FileName, FileStore, OpenedFile, StorageUsage } from '../domain/ports.ts';
import type { Outcome, OutcomeFile } from '../worker/messages.ts';
import { syncFolder } from './durable-file.ts';
import { openPublishedIndex, type PublishedFile } from './published-index.ts';

const STORAGE_ROOT = 'downloads/';
const JOBS_FOLDER = '.artemis-jobs';
const READ_BLOCK_BYTES = 1024 * 1024;
const FREE_SPACE_CACHE_MS = 2000;
const MOST_NAME_TRIES = 1000;

export interface DiskFileStoreOptions {
  readonly downloadsDir: string;
  /** Folder for the index of published files. */
  readonly dataDir: string;
  readonly readOutcome: (jobFolder: string) => Promise<Extract<Outcome, { kind: 'done' }> | null>;
  readonly nowMs?: () => number;
}

/** Files on the disk of this computer. */
export async function createDiskFileStore(options: DiskFileStoreOptions): Promise<FileStore> {
  const nowMs = options.nowMs ?? Date.now;
  await mkdir(options.downloadsDir, { recursive: true });
  const root = await realpath(options.downloadsDir);
  const jobsDir = join(root, JOBS_FOLDER);
  const index = await openPublishedIndex(join(options.dataDir, 'published-files.ndjson'));
  let freeSpace: { atMs: number; bytes: number | null } | null = null;

  function jobFolderOf(downloadId: string): string {
    return join(jobsDir, downloadId);
  }

  /** Refuses a folder that a link moved out of the downloads folder. */
  async function checkedFolder(path: string): Promise<string> {
    const real = await realpath(path);
    if (real !== root && !real.startsWith(root + sep)) {
      throw new Error('the folder lies outside the downloads folder');
    }
    return real;
  }

  async function isSameFile(published: PublishedFile): Promise<boolean> {
    try {
      const path = join(root, published.path);
      await checkedFolder(dirname(path));
      const found = await lstat(path);
      return found.isFile() && found.ino === published.inode && found.size === published.sizeBytes;
    } catch {
      return false;
    }
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
  ): Promise<string> {
    for (const known of index.ofDownload(downloadId)) {
      if (known.suffix === file.suffix && (await isSameFile(known))) {
        await rm(file.path, { force: true });
        return known.path;
      }
    }
    const folder = join(root, name.directory);
    await mkdir(folder, { recursive: true });
    const realFolder = await checkedFolder(folder);
    const source = await lstat(file.path);
    if (!source.isFile()) throw new Error('the file to publish is not a regular file');
    for (let number = 1; number <= MOST_NAME_TRIES; number += 1) {
      const base = number === 1 ? name.base : `${name.base} (${number})`;
      const target = join(realFolder, base + file.suffix);
      const path = relative(root, target).split(sep).join('/');
      if (await exists(target)) continue;
      const published = {
        path,
        downloadId,
        suffix: file.suffix,
        inode: source.ino,
        sizeBytes: source.size,
        publishedAtMs: nowMs(),
      };
      await index.add(published);
      if (await moveWithoutReplacing(file.path, target)) {
        await syncFolder(realFolder);
        return path;
      }
      await index.remove([path]);
    }
    throw new Error('no free name was found');
  }

  async function removePublished(files: readonly PublishedFile[]): Promise<void> {
    for (const file of files) {
      if (await isSameFile(file)) await unlink(join(root, file.path));
    }
    await index.remove(files.map(({ path }) => path));
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
      // A folder that is empty now was made for these files; one with other content stays.
      if (folder !== '.') await removeIfEmpty(join(root, folder));
    }
  }

  async function removeIfEmpty(folder: string): Promise<void> {
    await rmdir(folder).catch(() => undefined);
  }

  async function freeBytes(): Promise<number | null> {
    if (freeSpace && nowMs() - freeSpace.atMs < FREE_SPACE_CACHE_MS) return freeSpace.bytes;
    const bytes = await statfs(root).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => null,
    );
    freeSpace = { atMs: nowMs(), bytes };
    return bytes;
  }

  return {
    provider: 'local',
    async jobFolder(downloadId) {
      const folder = jobFolderOf(downloadId);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await checkedFolder(folder);
      return folder;
    },
    async removeJobFolder(downloadId) {
      await rm(jobFolderOf(downloadId), { recursive: true, force: true, maxRetries: 3 });
    },
    async sweepJobFolders(known, busy, idleMs) {
      const names = await readdir(jobsDir).catch(() => []);
      for (const name of names.filter((entry) => !busy.has(entry))) {
        const path = join(jobsDir, name);
        const found = await lstat(path).catch(() => null);
        const isOld = found !== null && nowMs() - found.mtimeMs > idleMs;
        if (!known.has(name) || isOld) await rm(path, { recursive: true, force: true });
      }
    },
    verifiedOutcome: (downloadId) => options.readOutcome(jobFolderOf(downloadId)),
    async publish(downloadId, files, name) {
      const artifacts: Artifact[] = [];
      for (const file of files) {
        artifacts.push(artifactOf(file, await publishOne(downloadId, file, name)));
      }
      return artifacts;
    },
    async open(artifact): Promise<OpenedFile | null> {
      const path = artifact.storage_path.slice(STORAGE_ROOT.length);
      if (!artifact.storage_path.startsWith(STORAGE_ROOT) || !index.get(path)) return null;
      let handle;
      try {
        await checkedFolder(dirname(join(root, path)));
        handle = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
      } catch {
        return null;
      }
      const found = await handle.stat();
      if (!found.isFile() || found.size !== artifact.size) {
        await handle.close();
        return null;
      }
      return {
        sizeBytes: found.size,
        etag: `"${found.ino.toString(36)}-${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`,
        modifiedAt: found.mtime,
        stream: (range) =>
          handle.createReadStream({ highWaterMark: READ_BLOCK_BYTES, ...(range ?? {}) }),
        close: () => handle.close(),
      };
    },
    async remove(artifacts) {
      await removePublished(
        artifacts.flatMap(
          ({ storage_path: path }) => index.get(path.slice(STORAGE_ROOT.length)) ?? [],
        ),
      );
    },
    async removePublishedBefore(beforeMs) {
      const old = [...index.all()].filter(({ publishedAtMs }) => publishedAtMs < beforeMs);
      await removePublished(old);
      return new Set(old.map(({ downloadId }) => downloadId));
    },
    async usage(): Promise<StorageUsage> {
      return { usedBytes: index.totalBytes(), files: index.count(), freeBytes: await freeBytes() };
    },
    async health() {
      try {
        await access(root, constants.W_OK | constants.X_OK);
        return { state: 'ok', message: 'The downloads folder can be written.', remedy: null };
      } catch {
        return {
          state: 'fail',
          message: 'The downloads folder is missing or cannot be written.',
          remedy: `Create ${root} or give this user the right to write it.`,
        };
      }
    },
    close: () => index.close(),
  };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * False when the name is taken. A hard link fails on a taken name in one step; where the file system knows no
 * links (exFAT, some network shares) the name is claimed by an exclusive create and then renamed over.
 */
async function moveWithoutReplacing(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target);
    await unlink(source);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
    try {
      await (await open(target, 'wx')).close();
    } catch (claimError) {
      if ((claimError as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw claimError;
    }
    await rename(source, target);
  }
  // Job folders are private; a stored file gets the rights that any new file of this user has.
  const { mode } = await stat(target);
  await chmod(target, (mode & 0o700) | (0o666 & ~process.umask()));
  return true;
}
