import { lstatSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { say, saidAs } from '@artemis/contracts';
import { codeOf } from '../../error-code.ts';
import type { StoreHealth } from '../../domain/ports.ts';
import { FolderInUseError, takeLock, type FileLock } from './folder-lock.ts';
import {
  isRunning,
  ownIdentity,
  processNamespace,
  type ProcessIdentity,
} from './process-identity.ts';

/** Folder below the downloads folder for the partial files of running downloads. */
export const JOBS_FOLDER = '.artemis-jobs';
const LOCK_FILE = '.lock';

/** The owner that a lock names; it may run on another computer or in a container. */
export interface DownloadsOwner extends ProcessIdentity {
  readonly instance: string;
  readonly host: string;
  readonly namespace: string | null;
}

type LockedSetting = 'DOWNLOADS_DIR' | 'SCRATCH_DIR';
const LOCKED_FOLDERS: Readonly<Record<LockedSetting, string>> = {
  DOWNLOADS_DIR: 'downloads folder',
  SCRATCH_DIR: 'scratch folder',
};

/** Keeps a second server out of a downloads folder, or out of a scratch folder elsewhere. */
export interface DownloadsLock {
  readonly setting: LockedSetting;
  readonly instanceId: string;
  /**
   * Takes the lock unless it is held. Where no lock can be made, does nothing; `state` is then `none`.
   * @throws {FolderInUseError} when another server has taken the folder
   */
  hold(): void;
  /** `none`: the folder cannot be locked, so that nothing keeps another server out. `lost`: another server has the lock. */
  state(): 'held' | 'none' | 'lost';
  release(): void;
}

/**
 * Locks the downloads folder for this instance. Two data folders must not share a downloads folder, because each server would
 * delete the other's partial files as left-overs.
 * @throws {FolderInUseError}
 */
export function lockDownloadsFolder(
  downloadsDir: string,
  instanceId: string,
  owner = ownerNow(instanceId),
): DownloadsLock {
  makeDownloadsFolder(downloadsDir);
  return lockFolder('DOWNLOADS_DIR', join(downloadsDir, JOBS_FOLDER), owner);
}

/** The same for a folder of work folders that is not in the downloads folder; its parent must be there. */
export function lockScratchFolder(
  scratchDir: string,
  instanceId: string,
  owner = ownerNow(instanceId),
): DownloadsLock {
  return lockFolder('SCRATCH_DIR', scratchDir, owner);
}

function lockFolder(setting: LockedSetting, folder: string, owner: DownloadsOwner): DownloadsLock {
  const path = join(folder, LOCK_FILE);
  let lock: FileLock | null = null;
  let state: ReturnType<DownloadsLock['state']> = 'none';

  function hold(): void {
    if (lock?.isHeld() === true) return;
    lock = null;
    state = 'none';
    try {
      makeFolder(folder);
      // Somebody has put a link there; nothing is written to its target.
      if (!lstatSync(folder).isDirectory()) return;
      lock = takeLock(path, owner, (other) => refusal(setting, other, owner, path));
      state = 'held';
    } catch (error) {
      if (!(error instanceof FolderInUseError)) return;
      state = 'lost';
      throw error;
    }
  }

  function release(): void {
    process.off('exit', release);
    lock?.release();
    lock = null;
  }

  hold();
  // Released even after a failed start: another computer could not tell a left-over lock from a valid one.
  process.on('exit', release);
  return { setting, instanceId: owner.instance, hold, release, state: () => state };
}

export function ownerNow(instanceId: string): DownloadsOwner {
  return {
    ...ownIdentity(),
    instance: instanceId,
    host: hostname(),
    namespace: processNamespace(),
  };
}

/** What `/readyz` says about the lock; null when all is well. */
export function lockProblem(lock: Pick<DownloadsLock, 'setting' | 'state'>): StoreHealth | null {
  const state = lock.state();
  const folder = lock.setting === 'DOWNLOADS_DIR' ? 'downloads' : 'scratch';
  if (state === 'held') return null;
  if (state === 'lost') {
    return {
      state: 'fail',
      ...say('FOLDER_TAKEN', { folder }),
      ...saidAs('remedy', say('STOP_ONE_OF_TWO', { setting: lock.setting })),
    };
  }
  return {
    state: 'warn',
    ...say('FOLDER_NOT_LOCKED', { folder }),
    ...saidAs(
      'remedy',
      lock.setting === 'DOWNLOADS_DIR'
        ? say('KEEP_OTHERS_OUT_OF_DOWNLOADS', { folder: JOBS_FOLDER })
        : say('KEEP_OTHERS_OUT'),
    ),
  };
}

/** Why the lock of another owner is valid, for people; null when that owner is gone. */
function refusal(
  setting: LockedSetting,
  other: DownloadsOwner,
  own: DownloadsOwner,
  path: string,
): string | null {
  const name = LOCKED_FOLDERS[setting];
  const state = stateOf(other, own);
  if (state === 'gone') return null;
  if (state === 'running') {
    return `The ${name} is in use by another Artemis (process ${other.pid}). Stop that one, or set ${setting} to another place. If this folder is a copy of its folder, delete ${path}.`;
  }
  // The lock of the data folder ensures that an instance has one server, which is this one.
  if (other.instance === own.instance) return null;
  return `The ${name} is in use by another Artemis on ${other.host} (process ${other.pid} there), which cannot be asked from here. Stop that one, or set ${setting} to another place. If it is gone for good, delete ${path}.`;
}

/** A process number is meaningful only under the same kernel and in the same container. */
function stateOf(other: DownloadsOwner, own: DownloadsOwner): 'running' | 'gone' | 'unknown' {
  const isSameBoot = other.bootId !== null && other.bootId === own.bootId;
  const isHere = isSameBoot ? other.namespace === own.namespace : other.host === own.host;
  if (!isHere) return 'unknown';
  return other.pid !== own.pid && isRunning(other) ? 'running' : 'gone';
}

/** Does not make parents: when the disk of the downloads folder is unmounted, the folder must not be made in its mount point. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Ignores errors: opening the file store reports them. */
function makeDownloadsFolder(downloadsDir: string): void {
  try {
    mkdirSync(downloadsDir, { recursive: true });
  } catch {
    return;
  }
}
