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

/** What nobody knows stays this long: its history may be on a disk that is not mounted yet. */
const UNKNOWN_MS = 24 * 3_600_000;
/** By the time since the start alone, whatever is known of time before it. */
const FIRST_MINUTES_MS = 10 * 60_000;
/** More would keep the threads that write the history busy. */
const REMOVALS_AT_ONCE = 2;
const FEW_FILES = 4;
/** Ids of downloads. Whatever else lies here is not ours. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export interface WorkFoldersOptions {
  /** The downloads folder, without links. */
  readonly root: string;
  readonly lock: DownloadsLock;
  /** Nothing is known of any download, as after a start without the history. */
  readonly isHistoryEmpty: boolean;
  readonly sightings: FolderSightings;
  /** By which folders grow old. */
  readonly passedTime: () => PassedTime;
  /** Time since the start of the server. */
  readonly upMs: () => number;
}

/** The folders of partial files, one a download, each marked with the instance that made it. */
export interface WorkFolders {
  /** Creates it when it is missing. Absolute path. Rejects while another server has the downloads folder. */
  open(downloadId: string): Promise<string>;
  pathOf(downloadId: string): string;
  remove(downloadId: string): Promise<void>;
  /** See `FileStore`. Rejects while another server has the downloads folder. */
  sweep(keepMs: (downloadId: string) => number | null): Promise<number>;
}

/** Since when this instance has had this folder and this history without a break. */
const Reign = Type.Object({
  id: Type.String(),
  instance: Type.String(),
  /** As a `passedMs` of its time. */
  sinceMs: Type.Number(),
});
type Reign = Static<typeof Reign>;

/**
 * The marks lie beside the work folders: what runs in a folder may write there, and must not be able to say whose it is.
 */
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
    // Where it cannot be written, the next start begins anew, which keeps more and not less.
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
      // Without a mark it only stays longer once nobody knows it any more.
      return;
    }
  }

  /** Made by this instance under the history that it has now. */
  async function isOurs(downloadId: string): Promise<boolean> {
    const found = await readFile(join(marksDir, downloadId), 'utf8').catch(() => null);
    return found === mark;
  }

  /** What nobody knows and we did not make. */
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
    // Its look is left out, so that one in use is old only from when nobody uses it.
    if (limitMs === Infinity) return false;
    const untouchedMs = look.ageMs(downloadId, found.mtimeMs);
    const ageMs = isStrange ? Math.min(untouchedMs, look.passedMs - sinceMs) : untouchedMs;
    if (ageMs < limitMs) return false;
    await remove(downloadId);
    return true;
  }

  /** Of folders that somebody else removed. */
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

/** Null when another instance had the folder last, or nobody, or when it began in a time to come: what was known of time is lost. */
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

/** The folder of a usual download, in half the calls that `rm` makes. False when there is more to do, also when it is gone. */
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

/** False for a link that somebody put there, and for nothing at all. */
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
  if (!(await isOwnFolder(path))) throw new Error('a link stands in the place of a job folder');
}
