import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LeftOutError } from './scenario.ts';

const run = promisify(execFile);

/** A file system of a few MiB in memory. */
export interface SmallDisk {
  readonly path: string;
  grow(mib: number): Promise<void>;
  /** Writes to it fail from then on, or no longer. */
  setReadOnly(isReadOnly: boolean): Promise<void>;
  /** Mounts it a second time; returns what unmounts it there. */
  mountAt(other: string): Promise<() => Promise<void>>;
  remove(): Promise<void>;
}

/** @throws {LeftOutError} where mounting is not allowed: it needs Linux and root. */
export async function mountSmallDisk(path: string, mib: number): Promise<SmallDisk> {
  await mkdir(path, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=0755`, 'artemis-torture', path]);
  } catch {
    throw new LeftOutError('no small disk can be mounted here: that needs Linux and root');
  }
  return {
    path,
    grow: async (next) => void (await run('mount', ['-o', `remount,size=${next}m`, path])),
    setReadOnly: async (isReadOnly) =>
      void (await run('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path])),
    async mountAt(other) {
      await mkdir(other, { recursive: true });
      await run('mount', ['--bind', path, other]);
      return () => unmount(other);
    },
    remove: () => unmount(path),
  };
}

async function unmount(path: string): Promise<void> {
  await run('umount', ['-l', path]).catch(() => undefined);
}
