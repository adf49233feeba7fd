import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ProcessIdentity } from './process-identity.ts';

/** Another server works in this folder. The message is for people. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export interface FileLock {
  /** False when somebody removed the lock, or put another in its place. */
  isHeld(): boolean;
  /** Leaves a lock that is not ours (any more) alone. */
  release(): void;
}

/** Who comes at the same moment sees a dead lock too, and must be done with it before we trust ours. */
const TAKEOVER_PAUSE_MS = 50;
const MOST_TRIES = 5;

/**
 * Takes a lock that is a file with its owner in it; one whose owner is gone is taken over. Of several that try at the
 * same moment one gets it. Needs links or exclusive creation, which network file systems have, and no locks of the kernel.
 * @param refusal why the lock of that owner is respected, for people; null when the owner is gone
 * @throws {FolderInUseError} with the refusal, or a system error where such a file cannot be made
 */
export function takeLock<T extends ProcessIdentity>(
  path: string,
  owner: T,
  refusal: (owner: T) => string | null,
): FileLock {
  // Not the number of the process: two containers may have the same.
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  const text = JSON.stringify(owner);
  let hasSeenDead = false;
  let hasSeenHalf = false;
  try {
    // Linked under its name, so that nobody ever reads half of it.
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
        // Without links somebody may be writing it at this moment.
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
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // A file system without links.
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (writeError) {
      if ((writeError as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw writeError;
    }
  }
}

/** Only one of several gets it by the rename; who gets a lock that is new meanwhile gives it back. */
function removeDead(path: string, expected: string): void {
  const taken = `${path}.dead-${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, taken);
    if (read(taken) !== expected) linkSync(taken, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Null for what a server that was killed in the middle of the write has left. */
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
