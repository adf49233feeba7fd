import { mkdtempSync, writeFileSync } from 'node:fs';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nullable } from '@artemis/contracts';
import { Type, type Static } from '@sinclair/typebox';
import { readStored } from '../../stored.ts';
import { isRunning, ownIdentity, processNamespace } from '../files/process-identity.ts';

const PREFIX = 'artemis-engine-';
const OWNER_FILE = 'owner';
/** `sockaddr_un` holds 104 bytes on macOS. */
const MAX_FOLDER_LENGTH = 80;

const Owner = Type.Object({
  pid: Type.Integer(),
  startTicks: nullable(Type.String()),
  bootId: nullable(Type.String()),
  namespace: nullable(Type.String()),
});

/**
 * Makes a folder for the sockets of the engine hosts. mkdtemp gives it mode 0700: whoever can reach a socket in it can run
 * yt-dlp as this user.
 */
export function createEngineFolder(base = engineFolderBase()): string {
  const folder = mkdtempSync(join(base, PREFIX));
  const owner: Static<typeof Owner> = { ...ownIdentity(), namespace: processNamespace() };
  writeFileSync(join(folder, OWNER_FILE), JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
  return folder;
}

/** Removes socket folders of killed servers: those that belong to this user and name a process that has ended. Never rejects. */
export async function sweepEngineFolders(base = engineFolderBase()): Promise<void> {
  for (const name of await readdir(base).catch(() => [])) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(base, name);
    if (await isAbandoned(folder)) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  try {
    const found = await lstat(folder);
    const isOurs = found.isDirectory() && found.uid === process.getuid?.();
    if (!isOurs || (found.mode & 0o077) !== 0) return false;
    const owner = await readStored(Owner, await readFile(join(folder, OWNER_FILE), 'utf8'));
    return owner?.namespace === processNamespace() && !isRunning(owner);
  } catch {
    return false;
  }
}

function engineFolderBase(): string {
  return tmpdir().length <= MAX_FOLDER_LENGTH - 20 ? tmpdir() : '/tmp';
}
