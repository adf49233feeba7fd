import { open, type FileHandle } from 'node:fs/promises';

/** Lines at the end of a file. */
export interface LineLog {
  /**
   * Durable when resolved, in the order of the calls; calls while a write is under way share the next one. A write that
   * fails may leave any part of its lines.
   */
  append(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface LineLogOptions {
  /** For tests that make writes fail half-way. */
  readonly append?: (file: FileHandle, content: string) => Promise<void>;
  /** Leaves out the wait for the disk: a power cut may take the last lines. */
  readonly isLossy?: boolean;
}

/** The file must end with a whole line, or be empty or missing. */
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
      // The disk may have gone and come back, where a file that was open before can never be written again.
      const old = file;
      file = null;
      await old?.close().catch(() => undefined);
    }
    file ??= await open(path, 'a', 0o600);
    // A write that failed may have left half a line, which must not swallow the next one.
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
