import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import type { VerifiedOutcome } from '../domain/attempt.ts';
import { beginningOf, type PassedTime } from '../domain/passed-time.ts';
import type { StoreHealth, WorkFolders } from '../domain/ports.ts';
import { readStored } from '../stored.ts';
import { JOBS_FOLDER, lockProblem, type DownloadsLock } from './files/downloads-lock.ts';
import { writeDurably } from './files/durable-file.ts';
import { lstatOrNull } from './files/file-moves.ts';
import { openFolderSightings, type Look } from './files/folder-sightings.ts';
import { createFreeSpace } from './files/free-space.ts';
import { createStorageFolders } from './files/storage-folders.ts';
import { watchFolder } from './files/watched-folder.ts';

/** Folders of unknown downloads stay this long: their history may be on a disk that is not mounted yet. */
const UNKNOWN_MS = 24 * 3_600_000;
/** Measured from the start of the server, whatever is known about the time before it. */
const FIRST_MINUTES_MS = 10 * 60_000;
/** More removals at once would occupy the threads that write the history. */
const REMOVALS_AT_ONCE = 2;
const FEW_FILES = 4;
/** The id of a download. Folders with other names are not work folders. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const OWNER_FILE = '.owner';
const INSTANCE_FILE = 'instance-id';

export interface DiskWorkFoldersOptions {
  readonly downloadsDir: string;
  /** Null: they are in `.artemis-jobs` in the downloads folder. */
  readonly scratchDir: string | null;
  /** Folder for what is remembered of the age of work folders. */
  readonly dataDir: string;
  /** Lock of the scratch folder; `close` releases it. */
  readonly lock: DownloadsLock;
  /** Files are stored in the downloads folder, and so need space there too. */
  readonly isStoredInDownloads: boolean;
  readonly readOutcome: (workFolder: string) => Promise<VerifiedOutcome | null>;
  /** No download is known, as after a start without the history. */
  readonly isHistoryEmpty: boolean;
  /** The time by which folders age. */
  readonly passedTime: () => PassedTime;
  /** Time since the start of the server. */
  readonly upMs?: () => number;
}

/** `folder` and `sweep` reject while another server has the scratch folder. */
export interface DiskWorkFolders extends WorkFolders {
  /** Looks at the scratch folder at each call, and writes nothing. Never rejects. */
  health(): Promise<StoreHealth | null>;
  close(): void;
}

/** A period in which one instance had this folder and its history without a break. */
const Reign = Type.Object({
  id: Type.String(),
  instance: Type.String(),
  /** The begin of the period, as `passedMs`. */
  sinceMs: Type.Number(),
});
type Reign = Static<typeof Reign>;

/** Each folder is marked with the instance that made it. The marks lie beside the work folders and not in them: a job can write to its folder, and must not decide whose it is. */
export async function createDiskWorkFolders(
  options: DiskWorkFoldersOptions,
): Promise<DiskWorkFolders> {
  const { lock, dataDir, isHistoryEmpty, passedTime } = options;
  const upMs = options.upMs ?? (() => performance.now());
  const { instanceId } = lock;
  await mkdir(options.downloadsDir, { recursive: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const downloadsDir = await realpath(options.downloadsDir);
  const scratchDir = options.scratchDir === null ? null : await madeFolder(options.scratchDir);
  const jobsDir = scratchDir ?? join(downloadsDir, JOBS_FOLDER);
  const sightings = await openFolderSightings(join(dataDir, 'partial-folders.json'));
  const marksDir = join(jobsDir, '.marks');
  const reignPath = join(jobsDir, OWNER_FILE);
  const beganAtMs = beginningOf(passedTime());
  const before = isHistoryEmpty ? null : await readReign(reignPath, instanceId, beganAtMs);
  const { id: reignId, sinceMs } = before ?? (await beginReign());
  const mark = `${instanceId} ${reignId}`;
  const places = createStorageFolders(
    scratchDir === null ? 'downloads' : 'scratch',
    scratchDir === null
      ? await watchFolder(downloadsDir, JOBS_FOLDER)
      : await watchFolder(scratchDir, OWNER_FILE),
    await watchFolder(dataDir, INSTANCE_FILE),
  );
  const disks = [
    ...(scratchDir === null || options.isStoredInDownloads ? [downloadsDir] : []),
    ...(scratchDir === null ? [] : [scratchDir]),
  ].map((path) => createFreeSpace(path, upMs));

  async function beginReign(): Promise<Reign> {
    const reign: Reign = { id: randomUUID(), instance: instanceId, sinceMs: beganAtMs };
    // If the write fails, the next start begins a new period, which keeps folders longer.
    if (lock.state() === 'held') {
      await writeDurably(reignPath, JSON.stringify(reign), 0o600).catch(() => undefined);
    }
    return reign;
  }

  function pathOf(downloadId: string): string {
    return join(jobsDir, downloadId);
  }

  async function setMark(downloadId: string): Promise<void> {
    const path = join(marksDir, downloadId);
    const write = () => writeFile(path, mark, { mode: 0o600 });
    try {
      await write().catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await makeOwnFolder(marksDir);
        await write();
      });
    } catch {
      // Without a mark, an unknown folder only stays longer.
      return;
    }
  }

  /** Whether this instance made the folder under its current history. */
  async function isOurs(downloadId: string): Promise<boolean> {
    const found = await readFile(join(marksDir, downloadId), 'utf8').catch(() => null);
    return found === mark;
  }

  /** How long to keep a folder of an unknown download that this instance did not make. */
  function keepStrangeMs(): number {
    const isFirstMinutes = before === null && upMs() < FIRST_MINUTES_MS;
    return isFirstMinutes || lock.state() !== 'held' ? Infinity : UNKNOWN_MS;
  }

  async function sweepOne(
    downloadId: string,
    keepMs: (downloadId: string) => number | null | Promise<number | null>,
    look: Look,
  ): Promise<boolean> {
    if ((await keepMs(downloadId)) === Infinity) return false;
    const found = await lstatOrNull(pathOf(downloadId));
    if (found?.isDirectory() !== true) return false;
    const isMarked = await isOurs(downloadId);
    const known = await keepMs(downloadId);
    const isStrange = known === null && !isMarked;
    const limitMs = isStrange ? keepStrangeMs() : (known ?? UNKNOWN_MS);
    // A folder in use is not asked for in this look, so that it ages only from its last use on.
    if (limitMs === Infinity) return false;
    const untouchedMs = look.ageMs(downloadId, found.mtimeMs);
    const ageMs = isStrange ? Math.min(untouchedMs, look.passedMs - sinceMs) : untouchedMs;
    if (ageMs < limitMs) return false;
    await remove(downloadId);
    return true;
  }

  /** Removes the marks of folders that somebody else has removed. */
  async function removeLooseMarks(
    folders: ReadonlySet<string>,
    keepMs: (downloadId: string) => number | null | Promise<number | null>,
  ): Promise<void> {
    for (const name of await readdir(marksDir).catch(() => [])) {
      if (!ID.test(name) || folders.has(name) || (await keepMs(name)) !== null) continue;
      await unlink(join(marksDir, name)).catch(() => undefined);
    }
  }

  async function remove(downloadId: string): Promise<void> {
    const path = pathOf(downloadId);
    if (!(await removeFew(path))) {
      if (!(await isOwnFolder(jobsDir))) return;
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    }
    await unlink(join(marksDir, downloadId)).catch(() => undefined);
  }

  return {
    async folder(downloadId) {
      await places.require();
      lock.hold();
      const folder = pathOf(downloadId);
      if (!(await isOwnFolder(jobsDir))) await makeOwnFolder(jobsDir);
      await Promise.all([makeOwnFolder(folder), setMark(downloadId)]);
      return folder;
    },
    async remove(downloadId) {
      if (await places.isInPlace()) await remove(downloadId);
    },
    async sweep(keepMs) {
      if (!(await places.isInPlace())) return 0;
      lock.hold();
      if (!(await isOwnFolder(jobsDir))) return 0;
      const names = (await readdir(jobsDir)).filter((name) => ID.test(name));
      const queue = names.values();
      const look = sightings.begin(passedTime().passedMs);
      const errors: unknown[] = [];
      let removed = 0;
      const work = async () => {
        for (const name of queue) {
          try {
            if (await sweepOne(name, keepMs, look)) removed += 1;
          } catch (error) {
            errors.push(error);
          }
        }
      };
      await Promise.all(Array.from({ length: REMOVALS_AT_ONCE }, work));
      await look.end();
      await removeLooseMarks(new Set(names), keepMs);
      if (errors.length > 0) throw errors[0];
      return removed;
    },
    verifiedOutcome: (downloadId) => options.readOutcome(pathOf(downloadId)),
    async freeBytes() {
      const known = (await Promise.all(disks.map((free) => free()))).filter(
        (free) => free !== null,
      );
      return known.length === 0 ? null : Math.min(...known);
    },
    health: async () => (await places.firstProblem()) ?? lockProblem(lock),
    close: lock.release,
  };
}

/**
 * Null when no instance or another one had the folder last. Also null for a begin in the future, which means that the count of
 * passed time was lost.
 */
async function readReign(
  path: string,
  instanceId: string,
  latestMs: number,
): Promise<Reign | null> {
  try {
    const reign = await readStored(Reign, await readFile(path, 'utf8'));
    return reign?.instance === instanceId && reign.sinceMs <= latestMs ? reign : null;
  } catch {
    return null;
  }
}

/** Removes the folder of a usual download with half the calls of `rm`. False when the folder is larger, or gone. */
async function removeFew(path: string): Promise<boolean> {
  try {
    if (!(await isOwnFolder(path))) return false;
    const names = await readdir(path);
    if (names.length > FEW_FILES) return false;
    await Promise.all(names.map((name) => unlink(join(path, name))));
    await rmdir(path);
    return true;
  } catch {
    return false;
  }
}

/** False when the folder is missing or a link. */
async function isOwnFolder(path: string): Promise<boolean> {
  return realpath(path).then(
    (real) => real === path,
    () => false,
  );
}

async function madeFolder(scratchDir: string): Promise<string> {
  await mkdir(scratchDir, { recursive: true, mode: 0o700 });
  return realpath(scratchDir);
}

async function makeOwnFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (!(await isOwnFolder(path))) throw new Error('the place of a work folder is taken by a link');
}
