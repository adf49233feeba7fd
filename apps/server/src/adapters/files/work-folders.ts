import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { beginningOf, type PassedTime } from '../../domain/passed-time.ts';
import { readStored } from '../../stored.ts';
import { JOBS_FOLDER, type DownloadsLock } from './downloads-lock.ts';
import { writeDurably } from './durable-file.ts';
import { lstatOrNull } from './file-moves.ts';
import type { FolderSightings, Look } from './folder-sightings.ts';

/** Folders of unknown downloads stay this long: their history may be on a disk that is not mounted yet. */
const UNKNOWN_MS = 24 * 3_600_000;
/** Measured from the start of the server, whatever is known about the time before it. */
const FIRST_MINUTES_MS = 10 * 60_000;
/** More removals at once would occupy the threads that write the history. */
const REMOVALS_AT_ONCE = 2;
const FEW_FILES = 4;
/** The id of a download. Folders with other names are not work folders. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export interface WorkFoldersOptions {
  /** The downloads folder, without links. */
  readonly root: string;
  readonly lock: DownloadsLock;
  /** No download is known, as after a start without the history. */
  readonly isHistoryEmpty: boolean;
  readonly sightings: FolderSightings;
  /** The time by which folders age. */
  readonly passedTime: () => PassedTime;
  /** Time since the start of the server. */
  readonly upMs: () => number;
}

/** The folders of partial files, one per download, each marked with the instance that made it. */
export interface WorkFolders {
  /** Creates a missing folder and returns its absolute path. Rejects while another server has the downloads folder. */
  open(downloadId: string): Promise<string>;
  pathOf(downloadId: string): string;
  remove(downloadId: string): Promise<void>;
  /** See `FileStore`. Rejects while another server has the downloads folder. */
  sweep(keepMs: (downloadId: string) => number | null): Promise<number>;
}

/** A period in which one instance had this folder and its history without a break. */
const Reign = Type.Object({
  id: Type.String(),
  instance: Type.String(),
  /** The begin of the period, as `passedMs`. */
  sinceMs: Type.Number(),
});
type Reign = Static<typeof Reign>;

/** The marks lie beside the work folders and not in them: a job can write to its folder, and must not decide whose it is. */
export async function openWorkFolders(options: WorkFoldersOptions): Promise<WorkFolders> {
  const { root, lock, isHistoryEmpty, sightings, passedTime, upMs } = options;
  const { instanceId } = lock;
  const jobsDir = join(root, JOBS_FOLDER);
  const marksDir = join(jobsDir, '.marks');
  const reignPath = join(jobsDir, '.owner');
  const beganAtMs = beginningOf(passedTime());
  const before = isHistoryEmpty ? null : await readReign(reignPath, instanceId, beganAtMs);
  const { id: reignId, sinceMs } = before ?? (await beginReign());
  const mark = `${instanceId} ${reignId}`;

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
    keepMs: (downloadId: string) => number | null,
    look: Look,
  ): Promise<boolean> {
    if (keepMs(downloadId) === Infinity) return false;
    const found = await lstatOrNull(pathOf(downloadId));
    if (found?.isDirectory() !== true) return false;
    const isMarked = await isOurs(downloadId);
    const known = keepMs(downloadId);
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
    keepMs: (downloadId: string) => number | null,
  ): Promise<void> {
    for (const name of await readdir(marksDir).catch(() => [])) {
      if (!ID.test(name) || folders.has(name) || keepMs(name) !== null) continue;
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
    pathOf,
    async open(downloadId) {
      lock.hold();
      const folder = pathOf(downloadId);
      if (!(await isOwnFolder(jobsDir))) await makeOwnFolder(jobsDir);
      await Promise.all([makeOwnFolder(folder), setMark(downloadId)]);
      return folder;
    },
    remove,
    async sweep(keepMs) {
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

async function makeOwnFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (!(await isOwnFolder(path))) throw new Error('the place of a job folder is taken by a link');
}
