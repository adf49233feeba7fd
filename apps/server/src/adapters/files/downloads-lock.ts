import { lstatSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { StoreHealth } from '../../domain/ports.ts';
import { FolderInUseError, takeLock, type FileLock } from './folder-lock.ts';
import {
  isRunning,
  ownIdentity,
  processNamespace,
  type ProcessIdentity,
} from './process-identity.ts';

/** Where the partial files of running downloads are, below the downloads folder. */
export const JOBS_FOLDER = '.artemis-jobs';
const LOCK_FILE = '.lock';

/** What the lock says of the server that has it: it may run on another computer, or in a container. */
export interface DownloadsOwner extends ProcessIdentity {
  readonly instance: string;
  readonly host: string;
  readonly namespace: string | null;
}

/** Keeps a second server out of a downloads folder. */
export interface DownloadsLock {
  readonly instanceId: string;
  /**
   * Takes the lock when we do not have it (any more). Where no lock can be made it does nothing, and `state` says so.
   * @throws {FolderInUseError} when another server has taken the folder
   */
  hold(): void;
  /** `none`: it cannot be locked, so nothing keeps another server out. `lost`: another server has it. */
  state(): 'held' | 'none' | 'lost';
  release(): void;
}

/**
 * Marks the folder as ours. Two data folders must not share it: each server would take the other's partial files for
 * left-overs.
 * @throws {FolderInUseError}
 */
export function lockDownloadsFolder(
  downloadsDir: string,
  instanceId: string,
  owner = ownerNow(instanceId),
): DownloadsLock {
  const folder = join(downloadsDir, JOBS_FOLDER);
  const path = join(folder, LOCK_FILE);
  let lock: FileLock | null = null;
  let state: ReturnType<DownloadsLock['state']> = 'none';

  function hold(): void {
    if (lock?.isHeld() === true) return;
    lock = null;
    state = 'none';
    try {
      makeFolder(folder);
      // A link that somebody put there: nothing is written to where it leads.
      if (!lstatSync(folder).isDirectory()) return;
      lock = takeLock(path, owner, (other) => refusal(other, owner, path));
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

  makeDownloadsFolder(downloadsDir);
  hold();
  // Also after a start that fails: what another computer finds here it could not tell from a living one.
  process.on('exit', release);
  return { instanceId, hold, release, state: () => state };
}

export function ownerNow(instanceId: string): DownloadsOwner {
  return {
    ...ownIdentity(),
    instance: instanceId,
    host: hostname(),
    namespace: processNamespace(),
  };
}

/** What `/readyz` says of it; null when all is well. */
export function lockProblem(state: ReturnType<DownloadsLock['state']>): StoreHealth | null {
  if (state === 'held') return null;
  if (state === 'lost') {
    return {
      state: 'fail',
      message: 'Another Artemis has taken the downloads folder, so nothing can be downloaded here.',
      remedy: 'Stop one of the two, or set DOWNLOADS_DIR of one to another place.',
    };
  }
  return {
    state: 'warn',
    message: 'The downloads folder cannot be locked: nothing keeps a second Artemis out of it.',
    remedy: `Make sure that only one server uses it, or put it on a file system that can make files exclusively. ${JOBS_FOLDER} in it must be a folder.`,
  };
}

/** Null when that owner is gone. */
function refusal(other: DownloadsOwner, own: DownloadsOwner, path: string): string | null {
  const state = stateOf(other, own);
  if (state === 'gone') return null;
  if (state === 'running') {
    return `The downloads folder is in use by another Artemis (process ${other.pid}). Stop that one, or set DOWNLOADS_DIR to another place. If this folder is a copy of its folder, delete ${path}.`;
  }
  // One data folder has one server at a time, which is us.
  if (other.instance === own.instance) return null;
  return `The downloads folder is in use by another Artemis on ${other.host} (process ${other.pid} there), which cannot be asked from here. Stop that one, or set DOWNLOADS_DIR to another place. If it is gone for good, delete ${path}.`;
}

/** A number of a process means something only under the same kernel and in the same container. */
function stateOf(other: DownloadsOwner, own: DownloadsOwner): 'running' | 'gone' | 'unknown' {
  const isSameBoot = other.bootId !== null && other.bootId === own.bootId;
  const isHere = isSameBoot ? other.namespace === own.namespace : other.host === own.host;
  if (!isHere) return 'unknown';
  return other.pid !== own.pid && isRunning(other) ? 'running' : 'gone';
}

/** Never its parent: a downloads folder that is gone while the server runs is not made anew where it was mounted. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Whoever opens the file store is told why it cannot be made. */
function makeDownloadsFolder(downloadsDir: string): void {
  try {
    mkdirSync(downloadsDir, { recursive: true });
  } catch {
    return;
  }
}
