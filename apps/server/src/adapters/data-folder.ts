import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** Another server works in this data folder. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
}

/** Who comes at the same moment sees a dead lock too, and must be done with it before we trust ours. */
const TAKEOVER_PAUSE_MS = 50;
const MOST_TRIES = 5;

/**
 * Takes the folder for this process; a lock of a process that is gone is taken over. Of several that try at the same
 * moment one gets it.
 * @returns releases the lock
 * @throws {DataFolderInUseError}
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'lock');
  const own = `${path}.${process.pid}`;
  const text = JSON.stringify(ownIdentity());
  let hasSeenDead = false;
  try {
    // Linked under its name, so that nobody ever reads half of it.
    writeFileSync(own, text, { mode: 0o600 });
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      if (claim(own, path, text)) {
        if (hasSeenDead) sleep(TAKEOVER_PAUSE_MS);
        if (read(path) === text) return () => release(path, text);
      }
      const found = read(path);
      if (found === null) continue;
      const owner = parse(found);
      if (owner && owner.pid !== process.pid && isRunning(owner)) {
        throw new DataFolderInUseError(
          `The data folder is in use by another Artemis (process ${owner.pid}). Stop that one, or set DATA_DIR and HISTORY_FILE to other places.`,
        );
      }
      hasSeenDead = true;
      removeDead(path, found);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new DataFolderInUseError('The data folder is being taken by another Artemis.');
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
  const taken = `${path}.dead-${process.pid}`;
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
  if (read(path) === text) rmSync(path, { force: true });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parse(text: string): ProcessIdentity | null {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return null;
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export interface Identity {
  /** Signs file links. */
  readonly secret: Buffer;
  /** Lasts as long as the data folder: tells a browser that the server was set up anew. */
  readonly instanceId: string;
}

/** Reads the secret and the instance id, or makes them. A configured key goes before the stored one. */
export async function readIdentity(
  dataDir: string,
  configuredKey: string | null,
): Promise<Identity> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const stored = await readOrCreate(join(dataDir, 'secret'), () => randomBytes(32).toString('hex'));
  const instanceId = await readOrCreate(join(dataDir, 'instance-id'), randomUUID);
  return {
    secret: configuredKey === null ? Buffer.from(stored, 'hex') : Buffer.from(configuredKey),
    instanceId,
  };
}

async function readOrCreate(path: string, create: () => string): Promise<string> {
  const existing = await readFile(path, 'utf8').catch(() => '');
  if (existing.trim().length >= 32) return existing.trim();
  const value = create();
  await writeDurably(path, value, 0o600);
  return value;
}
