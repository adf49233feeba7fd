import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';

/** Another server works in this data folder. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
}

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same number; null where the system does not say. */
  readonly startTicks: string | null;
  readonly bootId: string | null;
}

/**
 * Takes the folder for this process; a lock of a process that is gone is taken over.
 * @returns releases the lock
 * @throws {DataFolderInUseError}
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'lock');
  const mine: Owner = { pid: process.pid, startTicks: startTicks(process.pid), bootId: bootId() };
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readOwner(path);
    if (owner && isAlive(owner, mine)) {
      throw new DataFolderInUseError(
        `The data folder is in use by another Artemis (process ${owner.pid}). Stop that one, or set DATA_DIR and HISTORY_FILE to other places.`,
      );
    }
    rmSync(path, { force: true });
  }
  throw new DataFolderInUseError('The data folder is being taken by another Artemis.');
}

function readOwner(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

function isAlive(owner: Owner, mine: Owner): boolean {
  if (owner.bootId !== mine.bootId || owner.pid === mine.pid) return false;
  if (mine.startTicks !== null) return startTicks(owner.pid) === owner.startTicks;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the 22nd field counts from after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
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
