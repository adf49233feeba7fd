import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf } from '../../error-code.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** Another server uses this folder. The message is for people. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export interface FileLock {
  /** False when the lock was removed or replaced. */
  isHeld(): boolean;
  /** Does nothing when the lock is not ours any more. */
  release(): void;
}

/** Servers that start at the same moment see the same dead lock; they must have finished with it before we trust our lock. */
const TAKEOVER_PAUSE_MS = 50;
const MOST_TRIES = 5;

/**
 * Takes a lock: a file that names its owner. The lock of an owner that is gone is taken over; when several processes try at the
 * same moment, one gets it. Needs hard links or exclusive creation, which network file systems have, and no kernel locks.
 * @param refusal why the lock of that owner is valid, for people; null when the owner is gone
 * @throws {FolderInUseError} with the refusal, or a system error where such a file cannot be made
 */
export function takeLock<T extends ProcessIdentity>(
  path: string,
  owner: T,
  refusal: (owner: T) => string | null,
): FileLock {
  // A random name, because two containers may have the same process number.
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  const text = JSON.stringify(owner);
  let hasSeenDead = false;
  let hasSeenHalf = false;
  try {
    // Written under a name of its own and then linked, so that nobody reads half a lock.
    writeFileSync(own, text, { mode: 0o600, flag: 'wx' });
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      if (claim(own, path, text)) {
        if (hasSeenDead) sleep(TAKEOVER_PAUSE_MS);
        if (read(path) === text) {
          return { isHeld: () => isText(path, text), release: () => release(path, text) };
        }
      }
      const found = read(path);
      if (found === null) continue;
      const other = parse<T>(found);
      if (other === null && !hasSeenHalf) {
        // On a file system without links, its owner may be writing it at this moment.
        hasSeenHalf = true;
        sleep(TAKEOVER_PAUSE_MS);
        continue;
      }
      const reason = other && refusal(other);
      if (reason !== null) throw new FolderInUseError(reason);
      hasSeenDead = true;
      removeDead(path, found);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new FolderInUseError('Another Artemis is starting in the same folder at this moment.');
}

function claim(own: string, path: string, text: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    // The file system has no hard links.
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (writeError) {
      if (codeOf(writeError) === 'EEXIST') return false;
      throw writeError;
    }
  }
}

/** The rename lets only one process get the dead lock. When that process gets a new lock instead, it puts it back. */
function removeDead(path: string, expected: string): void {
  const taken = `${path}.dead-${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, taken);
    if (read(taken) !== expected) linkSync(taken, path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(taken, { force: true });
  }
}

function release(path: string, text: string): void {
  if (isText(path, text)) rmSync(path, { force: true });
}

function isText(path: string, text: string): boolean {
  try {
    return read(path) === text;
  } catch {
    return false;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Null for a file that a killed server has left half written. */
function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
