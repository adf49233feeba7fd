import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The system calls that make a file durable; tests let single calls fail. */
export interface FileCalls {
  readonly open: (path: string, flags: string, mode?: number) => Promise<FileHandle>;
  readonly write: (file: FileHandle, content: string | Buffer) => Promise<void>;
  readonly sync: (file: FileHandle) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly truncate: (file: FileHandle, length: number) => Promise<void>;
}

export const systemCalls: FileCalls = {
  open,
  rename,
  write: (file, content) => file.writeFile(content),
  sync: (file) => file.sync(),
  truncate: (file, length) => file.truncate(length),
};

/**
 * Replaces a file so that a crash or a power cut leaves either the complete old or the complete new content: temporary file,
 * fsync, rename, fsync of the folder. A path must have one writer at a time.
 */
export async function writeDurably(
  path: string,
  content: string | Buffer,
  mode = 0o644,
  calls = systemCalls,
): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await calls.open(temporary, 'w', mode);
  try {
    await calls.write(file, content);
    await calls.sync(file);
  } finally {
    await file.close();
  }
  await calls.rename(temporary, path);
  await syncFolder(dirname(path), calls);
}

/** Makes creations, renames and removals in a folder durable. */
export async function syncFolder(path: string, calls = systemCalls): Promise<void> {
  const folder = await calls.open(path, 'r');
  try {
    await calls.sync(folder);
  } finally {
    await folder.close();
  }
}
