import { readFile, unlink } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { codeOf } from '../../error-code.ts';
import { syncFolder, type FileCalls } from '../files/durable-file.ts';
import { baseLine, readJournalLines, type Base, type JournalLines } from './journal-text.ts';
import { openTail, type Tail } from './tail.ts';

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
  /**
   * Durable when resolved. On rejection nothing of it is kept: it is cut off before anything else is written.
   * @throws {FileGoneError}
   */
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
  let tail: Tail | null = null;
  let isRotated = false;
  let olderBytes = 0;

  /** Not emptied: what is kept of an old file may be the same one under another name. */
  async function drop(at: string): Promise<void> {
    await unlink(at).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  }

  async function make(at: string, text: string): Promise<Tail> {
    await drop(at);
    const made = openTail(at, 0, calls);
    try {
      await (text === '' ? made.requireWhole() : made.append(text));
      await syncFolder(dirname(path), calls);
    } catch (error) {
      await made.close();
      throw error;
    }
    return made;
  }

  /** The older one first: without it, the newer one still says to which file it belongs. */
  async function remove(): Promise<void> {
    await tail?.close();
    tail = null;
    await drop(path);
    await drop(nextPath);
    isRotated = false;
    olderBytes = 0;
  }

  function begun(): Tail {
    if (!tail) throw new Error('the journal has not begun');
    return tail;
  }

  return {
    get hasBegun() {
      return tail !== null;
    },
    get bytes() {
      return olderBytes + (tail?.bytes ?? 0);
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
      tail = openTail(last.path, last.wholeBytes, calls);
      await tail.requireWhole();
    },
    async begin(base) {
      await remove();
      tail = await make(path, baseLine(base));
    },
    append: (line) => begun().append(line),
    async rotate() {
      if (isRotated) return;
      const older = begun();
      // What was refused at its end must not be found behind it.
      await older.requireWhole();
      tail = await make(nextPath, '');
      isRotated = true;
      olderBytes = older.bytes;
      await older.close();
    },
    async settle() {
      if (!isRotated) return;
      await calls.rename(nextPath, path);
      begun().renamedTo(path);
      isRotated = false;
      olderBytes = 0;
      await syncFolder(dirname(path), calls);
    },
    remove,
    async close() {
      await tail?.close();
    },
  };
}
