import type { HistoryStore } from '../../domain/ports.ts';
import type { Logger } from '../../domain/records.ts';
import type { MemoryTable } from './memory-table.ts';
import { recordOf } from './record-change.ts';

/** Most small downloads have ended by then, and the record is written once with that. */
const SAVE_SOON_MS = 250;
const RETRY_SAVE_MS = 1000;

/** Records that were changed in memory alone. */
export interface SoonWrites {
  add(id: string): void;
  /** All of it is stored by now, or it is gone. */
  written(id: string): void;
  /** Writes what is left, once. Never rejects. */
  close(): Promise<void>;
}

export interface SoonWritesOptions {
  readonly history: HistoryStore;
  readonly table: MemoryTable;
  readonly logger: Logger;
  /** A call is changing it. */
  readonly isBusy: (id: string) => boolean;
}

/**
 * Records that a call is changing are left for later: what is in memory must not come after what that call writes, and
 * one that is being removed must not come back.
 */
export function createSoonWrites(options: SoonWritesOptions): SoonWrites {
  const { history, table, logger, isBusy } = options;
  const soon = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let lastWrite: Promise<void> = Promise.resolve();
  let isClosing = false;

  function writeIn(ms: number): void {
    if (isClosing) return;
    timer ??= setTimeout(() => {
      timer = null;
      lastWrite = lastWrite.then(write);
    }, ms).unref();
  }

  async function write(): Promise<void> {
    const ids = [...soon].filter((id) => !isBusy(id));
    const put = ids.flatMap((id) => {
      soon.delete(id);
      const stored = table.get(id);
      return stored ? [recordOf(stored)] : [];
    });
    try {
      if (put.length > 0) await history.save({ put });
    } catch (error) {
      logger.warn({ err: error }, 'the history cannot be written, will try again');
      for (const { id } of put) if (table.get(id)) soon.add(id);
    }
    if (soon.size > 0) writeIn(RETRY_SAVE_MS);
  }

  return {
    add(id) {
      soon.add(id);
      writeIn(SAVE_SOON_MS);
    },
    written: (id) => void soon.delete(id),
    async close() {
      isClosing = true;
      if (timer) clearTimeout(timer);
      timer = null;
      await lastWrite;
      await write();
    },
  };
}
