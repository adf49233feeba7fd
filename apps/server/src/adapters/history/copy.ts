import { copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../../domain/records.ts';
import { syncFolder, type FileCalls } from '../files/durable-file.ts';

const DELAY_MS = 1000;

/** The last good copy of the history file. Never two writers; what fails is told in the log alone. */
export interface HistoryCopy {
  /** Written about a second later; of several the last. */
  later(text: string): void;
  /** A copy of the file as it lies there now, without its text in memory. Durable when resolved. */
  takeFile(): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface HistoryCopyOptions {
  readonly path: string;
  readonly copyPath: string;
  /** Durable when resolved, or nothing is changed. */
  readonly write: (path: string, text: string) => Promise<void>;
  readonly calls: FileCalls;
  readonly logger: Logger;
}

export function createHistoryCopy(options: HistoryCopyOptions): HistoryCopy {
  const { path, copyPath, write, calls, logger } = options;
  let waiting: { text: string; timer: NodeJS.Timeout } | null = null;
  let last: Promise<void> = Promise.resolve();

  /** One copy at a time, even when the disk is slower than the pause between two copies. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    last = last.then(work).catch((error: unknown) => {
      logger.warn({ err: error }, 'the copy of the history could not be written');
    });
    return last;
  }

  function takeWaiting(): string | null {
    if (!waiting) return null;
    clearTimeout(waiting.timer);
    const { text } = waiting;
    waiting = null;
    return text;
  }

  function writeWaiting(): Promise<void> {
    return inTurn(async () => {
      const text = takeWaiting();
      if (text !== null) await write(copyPath, text);
    });
  }

  return {
    later(text) {
      if (waiting) {
        waiting.text = text;
        return;
      }
      waiting = { text, timer: setTimeout(() => void writeWaiting(), DELAY_MS).unref() };
    },
    takeFile() {
      return inTurn(async () => {
        takeWaiting();
        const temporary = `${copyPath}.tmp`;
        await copyFile(path, temporary);
        const file = await calls.open(temporary, 'r+');
        try {
          await calls.sync(file);
        } finally {
          await file.close();
        }
        await calls.rename(temporary, copyPath);
        await syncFolder(dirname(copyPath), calls);
      });
    },
    close: writeWaiting,
  };
}
