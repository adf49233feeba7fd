import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';
import { takeLock } from './folder-lock.ts';
import { isRunning, ownIdentity } from './process-identity.ts';

/**
 * Locks the folder for this process, and takes over the lock of a process that is gone.
 * @returns releases the lock
 * @throws {FolderInUseError}
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = takeLock(join(dataDir, 'lock'), ownIdentity(), (owner) =>
    owner.pid !== process.pid && isRunning(owner)
      ? `The data folder is in use by another Artemis (process ${owner.pid}). Stop that Artemis, or set DATA_DIR and HISTORY_FILE to other places.`
      : null,
  );
  return lock.release;
}

export interface Identity {
  /** Signs file links. */
  readonly secret: Buffer;
  /** Stays the same as long as the data folder exists; a browser learns from a new id that the server was set up anew. */
  readonly instanceId: string;
}

/** Reads the secret and the instance id, or creates them. A configured key takes precedence over the stored secret. */
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
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // A file that exists but cannot be read must not be replaced: file links and marks of work folders depend on it.
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (existing.trim().length >= 32) return existing.trim();
  const value = create();
  await writeDurably(path, value, 0o600);
  return value;
}
