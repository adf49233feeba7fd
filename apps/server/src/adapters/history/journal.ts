import { readFile, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { codeOf } from '../../error-code.ts';
import { syncFolder, type FileCalls } from '../files/durable-file.ts';
import { baseLine, readJournalLines, type Base, type JournalLines } from './journal-text.ts';

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
}

/** Somebody took the file away: what was in it is on no disk any more, but in memory. */
export class JournalGoneError extends Error {
  override readonly name = 'JournalGoneError';
}

export interface StoredJournal extends JournalLines {
  readonly path: string;
}

/**
 * Lines that are added to a history file, in one or two files. The second one takes the lines while the history file and its
 * copy are written; then it takes the place of the first, and with that the lines that both have are dropped.
 * No calls at the same time.
 */
export interface Journal {
  readonly hasBegun: boolean;
  /** Of both files. */
  readonly bytes: number;
  /** What an earlier run has left, oldest first. */
  read(): Promise<readonly StoredJournal[]>;
  /** Goes on behind what was read, of which the incomplete end is cut off. */
  resume(stored: readonly StoredJournal[]): Promise<void>;
  /** A new one for this file in the place of any other. Durable when resolved. */
  begin(base: Base): Promise<void>;
  /** Durable when resolved. On rejection nothing of it is kept: it is cut off before anything else is written. */
  append(line: string): Promise<void>;
  /** New lines go to the second file. */
  rotate(): Promise<void>;
  /** The first file is dropped. */
  settle(): Promise<void>;
  /** Nothing is in a journal any more. */
  remove(): Promise<void>;
  close(): Promise<void>;
}

export function journalPathOf(historyPath: string): string {
  const type = extname(historyPath);
  return `${type === '' ? historyPath : historyPath.slice(0, -type.length)}.journal`;
}

export function openJournal(path: string, calls: FileCalls): Journal {
  const nextPath = `${path}.new`;
  const folder = dirname(path);
  let hasBegun = false;
  /** Null while it could not be opened again after a failure. */
  let file: OpenFile | null = null;
  let isTorn = false;
  let isRotated = false;
  let length = 0;
  let olderBytes = 0;
  const target = () => (isRotated ? nextPath : path);

  async function open(at: string, flags: string): Promise<OpenFile> {
    const handle = await calls.open(at, flags, 0o644);
    return { handle, inode: (await handle.stat()).ino };
  }

  async function letGo(): Promise<void> {
    const old = file;
    file = null;
    await old?.handle.close().catch(() => undefined);
  }

  /** After a remount of the disk, a file that was open before can never be written again: it is opened anew. */
  async function cut(): Promise<void> {
    isTorn = true;
    const opened = await open(target(), 'a');
    const { size } = await opened.handle.stat();
    const isOther = (file !== null && file.inode !== opened.inode) || size < length;
    await letGo();
    file = opened;
    if (isOther) throw new JournalGoneError(`${target()} is another file`);
    await takeBack(opened.handle);
  }

  async function requireInPlace(): Promise<void> {
    const there = await stat(target()).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    const isGone = !there || (file !== null && there.ino !== file.inode) || there.size < length;
    if (isGone) throw new JournalGoneError(`${target()} has gone`);
  }

  async function requireWhole(): Promise<FileHandle> {
    if (!hasBegun) throw new Error('the journal has not begun');
    await requireInPlace();
    if (isTorn || !file) await cut();
    if (!file) throw new Error('the journal is not open');
    return file.handle;
  }

  async function takeBack(handle: FileHandle): Promise<void> {
    await calls.truncate(handle, length);
    await calls.sync(handle);
    isTorn = false;
  }

  async function append(line: string): Promise<void> {
    const handle = await requireWhole();
    isTorn = true;
    try {
      await calls.write(handle, line);
      await calls.sync(handle);
    } catch (error) {
      // At once: after a stop before the next append, what was refused would be there.
      await takeBack(handle).catch(() => undefined);
      throw error;
    }
    length += Buffer.byteLength(line);
    isTorn = false;
  }

  async function drop(at: string): Promise<void> {
    await unlink(at).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  }

  /** The older one first: without it, the newer one still says to which file it belongs. */
  async function removeAll(): Promise<void> {
    hasBegun = false;
    await letGo();
    isTorn = false;
    await drop(path);
    await drop(nextPath);
    isRotated = false;
    length = 0;
    olderBytes = 0;
  }

  return {
    get hasBegun() {
      return hasBegun;
    },
    get bytes() {
      return olderBytes + length;
    },
    async read() {
      const found: StoredJournal[] = [];
      for (const at of [path, nextPath]) {
        const bytes = await readFile(at).catch((error: unknown) => {
          if (codeOf(error) === 'ENOENT') return null;
          throw error;
        });
        if (bytes) found.push({ path: at, ...readJournalLines(bytes) });
      }
      return found;
    },
    async resume(stored) {
      const last = stored.at(-1);
      if (!last) return;
      isRotated = last.path === nextPath;
      olderBytes = stored.length > 1 ? (stored[0]?.wholeBytes ?? 0) : 0;
      length = last.wholeBytes;
      hasBegun = true;
      await cut();
    },
    async begin(base) {
      // Not emptied: what is kept of an old one may be the same file under another name.
      await removeAll();
      const opened = await open(path, 'ax');
      try {
        const line = baseLine(base);
        await calls.write(opened.handle, line);
        await calls.sync(opened.handle);
        await syncFolder(folder, calls);
        length = line.length;
        file = opened;
        hasBegun = true;
      } catch (error) {
        await opened.handle.close();
        throw error;
      }
    },
    append,
    async rotate() {
      if (isRotated) return;
      await requireWhole();
      await drop(nextPath);
      const opened = await open(nextPath, 'ax');
      try {
        await syncFolder(folder, calls);
      } catch (error) {
        await opened.handle.close();
        throw error;
      }
      await letGo();
      file = opened;
      isRotated = true;
      isTorn = false;
      olderBytes = length;
      length = 0;
    },
    async settle() {
      if (!isRotated) return;
      await calls.rename(nextPath, path);
      isRotated = false;
      olderBytes = 0;
      await syncFolder(folder, calls);
    },
    remove: removeAll,
    close: letGo,
  };
}
