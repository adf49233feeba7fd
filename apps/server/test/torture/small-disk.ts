import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LeftOutError } from './scenario.ts';

const run = promisify(execFile);

/** A file system of a few MiB in memory. */
export interface SmallDisk {
  readonly path: string;
  grow(mib: number): Promise<void>;
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
    remove: async () => void (await run('umount', ['-l', path]).catch(() => undefined)),
  };
}
