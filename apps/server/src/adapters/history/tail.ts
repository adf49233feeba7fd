import { stat, type FileHandle } from 'node:fs/promises';
import { codeOf } from '../../error-code.ts';
import type { FileCalls } from '../files/durable-file.ts';

/** Somebody took the file away or put another one in its place: what was in it is on no disk any more, but in memory. */
export class FileGoneError extends Error {
  override readonly name = 'FileGoneError';
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
}

/** A file to which lines are added, of which all up to `bytes` count. No calls at the same time. */
export interface Tail {
  readonly bytes: number;
  /** Durable when resolved. On rejection nothing of it is kept: it is cut off before anything else is added. */
  append(text: string): Promise<void>;
  /** Cuts off what is behind `bytes`, which are as many or fewer. What cannot be cut off now is before anything is added. */
  cutTo(bytes: number): Promise<void>;
  /** @throws {FileGoneError} */
  requireWhole(): Promise<void>;
  /** It was given this name. */
  renamedTo(path: string): void;
  close(): Promise<void>;
}

/** The file is opened when it is needed, and made when nothing of it counts yet; whoever makes it syncs its folder. */
export function openTail(startPath: string, startBytes: number, calls: FileCalls): Tail {
  let path = startPath;
  let length = startBytes;
  let file: OpenFile | null = null;
  let isTorn = true;

  async function letGo(): Promise<void> {
    const old = file;
    file = null;
    await old?.handle.close().catch(() => undefined);
  }

  async function cut(handle: FileHandle): Promise<void> {
    await calls.truncate(handle, length);
    await calls.sync(handle);
    isTorn = false;
  }

  /** After a remount of the disk, a file that was open before can never be written again: it is opened anew. */
  async function openAndCut(): Promise<FileHandle> {
    isTorn = true;
    const handle = await calls.open(path, 'a', 0o644);
    const { ino: inode, size } = await handle.stat();
    const isOther = (file !== null && file.inode !== inode) || size < length;
    await letGo();
    file = { handle, inode };
    if (isOther) throw new FileGoneError(`${path} is another file`);
    await cut(handle);
    return handle;
  }

  async function requireInPlace(): Promise<void> {
    if (file === null && length === 0) return;
    const there = await stat(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    const isGone = !there || (file !== null && there.ino !== file.inode) || there.size < length;
    if (isGone) throw new FileGoneError(`${path} has gone`);
  }

  async function wholeFile(): Promise<FileHandle> {
    await requireInPlace();
    return isTorn || !file ? openAndCut() : file.handle;
  }

  return {
    get bytes() {
      return length;
    },
    async append(text) {
      const handle = await wholeFile();
      isTorn = true;
      try {
        await calls.write(handle, text);
        await calls.sync(handle);
      } catch (error) {
        // At once: after a stop before the next one, what was refused would be there.
        await cut(handle).catch(() => undefined);
        throw error;
      }
      length += Buffer.byteLength(text);
      isTorn = false;
    },
    async cutTo(bytes) {
      length = bytes;
      isTorn = true;
      if (file) await cut(file.handle);
    },
    async requireWhole() {
      await wholeFile();
    },
    renamedTo(newPath) {
      path = newPath;
    },
    close: letGo,
  };
}
