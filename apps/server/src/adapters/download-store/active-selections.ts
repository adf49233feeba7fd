import { isTerminal } from '@artemis/contracts';
import { selectionKey } from '../../domain/selection/presets.ts';
import type { MemoryTable } from './memory-table.ts';

/** An active download, or one that is about to be. */
export interface ActiveTwin {
  readonly id: string;
  /** Settles with the write of the record; null once that is done. */
  readonly writing: Promise<unknown> | null;
}

/** Which active downloads ask for what, so that the same is not queued twice. */
export interface ActiveSelections {
  find(key: string): ActiveTwin | null;
  /** It is being written: from now on another request for the same is a duplicate of it. */
  reserve(key: string, id: string, writing: Promise<unknown>): void;
  written(key: string, id: string): void;
  /** It could not be written. */
  giveUp(key: string, id: string): void;
}

export function createActiveSelections(table: MemoryTable): ActiveSelections {
  /** All of each key, since what was forced or retried must not hide another one; with their writes under way. */
  const twins = new Map<string, Map<string, Promise<unknown> | null>>();
  /** Of each active record, since a retry may change its selection. */
  const keys = new Map<string, string>();

  function set(key: string, id: string, writing: Promise<unknown> | null): void {
    const known = twins.get(key);
    if (known) known.set(id, writing);
    else twins.set(key, new Map([[id, writing]]));
  }

  function drop(key: string, id: string): void {
    const known = twins.get(key);
    known?.delete(id);
    if (known?.size === 0) twins.delete(key);
  }

  function forget(id: string): void {
    const key = keys.get(id);
    keys.delete(id);
    if (key !== undefined) drop(key, id);
  }

  table.watch((change) => {
    if (change.kind === 'removed') return forget(change.id);
    if (change.isProgress) return;
    const { download } = change.stored;
    if (isTerminal(download.status)) return forget(download.id);
    const key = selectionKey(download.url, download);
    if (keys.get(download.id) === key) return;
    forget(download.id);
    keys.set(download.id, key);
    set(key, download.id, null);
  });

  return {
    find(key) {
      for (const [id, writing] of twins.get(key) ?? []) return { id, writing };
      return null;
    },
    reserve: set,
    written(key, id) {
      if (keys.get(id) !== key) drop(key, id);
    },
    giveUp: drop,
  };
}
