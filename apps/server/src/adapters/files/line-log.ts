import { open, type FileHandle } from 'node:fs/promises';

/** Appends lines to a file. */
export interface LineLog {
  /**
   * Durable when resolved, in the order of the calls. Calls during a write share the next write. A failed write may leave any
   * part of its lines.
   */
  append(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface LineLogOptions {
  /** For tests in which a write fails half-way. */
  readonly append?: (file: FileHandle, content: string) => Promise<void>;
  /** Does not sync: a power cut may lose the last lines. */
  readonly isLossy?: boolean;
}

/** The file must end with a complete line, or be empty or missing. */
export function openLineLog(path: string, options: LineLogOptions = {}): LineLog {
  const write = options.append ?? ((handle, content) => handle.appendFile(content));
  let file: FileHandle | null = null;
  let waiting: string[] = [];
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  let isTorn = false;

  async function flush(): Promise<void> {
    const content = waiting.map((line) => `${line}\n`).join('');
    waiting = [];
    next = null;
    if (isTorn) {
      // After a remount of the disk, a file that was open before can never be written again.
      const old = file;
      file = null;
      await old?.close().catch(() => undefined);
    }
    file ??= await open(path, 'a', 0o600);
    // A failed write may have left half a line; a line end keeps it apart from the next line.
    const start = isTorn ? '\n' : '';
    isTorn = true;
    await write(file, start + content);
    if (options.isLossy !== true) await file.datasync();
    isTorn = false;
  }

  return {
    append(lines) {
      waiting.push(...lines);
      if (!next) {
        next = last.then(flush);
        last = next.catch(() => undefined);
      }
      return next;
    },
    async close() {
      await last;
      await file?.close();
      file = null;
    },
  };
}
