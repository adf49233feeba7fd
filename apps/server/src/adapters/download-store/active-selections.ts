import { isTerminal } from '@artemis/contracts';
import { selectionKey } from '../../domain/selection/presets.ts';
import type { MemoryTable } from './memory-table.ts';

/** An active download, or one that is about to be. */
export interface ActiveTwin {
  readonly id: string;
  /** Settles with the write of the record; null once that is done. */
  readonly writing: Promise<unknown> | null;
}

/** Which active download asks for what, so that the same is not queued twice. */
export interface ActiveSelections {
  find(key: string): ActiveTwin | null;
  /** It is being written: from now on another request for the same is a duplicate of it. */
  reserve(key: string, id: string, writing: Promise<unknown>): void;
  written(key: string, id: string): void;
  /** It could not be written. */
  giveUp(key: string, id: string): void;
}

export function createActiveSelections(table: MemoryTable): ActiveSelections {
  const twins = new Map<string, ActiveTwin>();
  /** Of each active record, since a retry may change its selection. */
  const keys = new Map<string, string>();

  function forget(id: string): void {
    const key = keys.get(id);
    keys.delete(id);
    if (key !== undefined && twins.get(key)?.id === id) twins.delete(key);
  }

  table.watch((change) => {
    if (change.kind === 'removed') return forget(change.id);
    if (change.isProgress) return;
    const { download } = change.stored;
    if (isTerminal(download.status)) return forget(download.id);
    const key = selectionKey(download.url, download);
    if (keys.get(download.id) === key && twins.has(key)) return;
    forget(download.id);
    keys.set(download.id, key);
    if (!twins.has(key)) twins.set(key, { id: download.id, writing: null });
  });

  return {
    find: (key) => twins.get(key) ?? null,
    reserve: (key, id, writing) => void twins.set(key, { id, writing }),
    written(key, id) {
      if (twins.get(key)?.id === id) twins.set(key, { id, writing: null });
    },
    giveUp(key, id) {
      if (twins.get(key)?.id === id) twins.delete(key);
    },
  };
}
