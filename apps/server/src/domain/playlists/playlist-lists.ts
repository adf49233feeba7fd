import { isTerminal, type Download, type Metadata, type Status } from '@artemis/contracts';
import type { ListedEntry } from '../attempt.ts';
import { createEntryList, type EntryList } from './entry-list.ts';
import { downloadWarning } from '../errors.ts';
import type { EntryEnd, PlaylistStore } from '../ports.ts';
import type { Logger, Records } from '../records.ts';

export interface PlaylistListsDependencies {
  readonly records: Pick<Records, 'get' | 'find' | 'changeSurely' | 'progress' | 'watch'>;
  readonly store: PlaylistStore;
  readonly logger: Logger;
  /** Something about the children of this parent has changed. */
  readonly onChange: (parentId: string) => void;
}

/** Which downloads have a list, which records are children of which, and how their ends get into the lists. */
export interface PlaylistLists {
  /** Finds the lists of an earlier run, and opens those of parents that go on. */
  recover(): Promise<void>;
  /** From now on every end of a child counts, and not only those that are beyond doubt. */
  recovered(): void;
  has(id: string): boolean;
  /** Of all downloads that have one. */
  ids(): readonly string[];
  /** Keeps what a run has read; durable when resolved. */
  keep(id: string, metadata: Metadata, entries: readonly ListedEntry[]): Promise<void>;
  /** The list while it is open, as it is as long as its parent is active. */
  opened(id: string): EntryList | null;
  /** Opens the list, for as long as `work` takes or its parent is active; null: there is none. */
  use<T>(id: string, work: (list: EntryList | null) => Promise<T>): Promise<T>;
  /** Id of the newest record of that entry that is kept. */
  childOf(parentId: string, index: number): string | null;
  statusOf(childId: string | null): Status | null;
  /** Whether this child waits for its release. */
  isEarly(childId: string): boolean;
  /** Of a download that has a list; null for any other. */
  statusOfParent(id: string): Status | null;
  /** Ids of all children that are kept. */
  childrenOf(parentId: string): readonly string[];
  /** Takes the figures over into the record of the parent. */
  tell(id: string): void;
  /** A child whose end is not on the disk yet: its record must stay. */
  isHeld(childId: string): boolean;
  /** Removes the list of a record that is gone; resolves when no list is being removed any more. */
  forget(id: string): Promise<void>;
  /** Resolves when the ends that are known so far are on the disk. */
  saved(): Promise<void>;
  /** A write that fails is not tried again from now on. */
  stop(): void;
  close(): Promise<void>;
}

interface Family {
  /** By the index of the entry. */
  readonly children: Map<number, string>;
  list: EntryList | null;
  opening: Promise<EntryList | null> | null;
  closing: Promise<void> | null;
  users: number;
}

interface Child {
  readonly parentId: string;
  readonly index: number;
  readonly status: Status;
  readonly isEarly: boolean;
}

export function createPlaylistLists(dependencies: PlaylistListsDependencies): PlaylistLists {
  const { records, store, logger, onChange } = dependencies;
  const known = new Set<string>();
  const families = new Map<string, Family>();
  const children = new Map<string, Child>();
  /** Of those that have a list. */
  const statuses = new Map<string, Status>();
  const held = new Set<string>();
  const removing = new Set<Promise<void>>();
  let isRecovering = true;
  let isStopping = false;

  function familyOf(id: string): Family {
    let family = families.get(id);
    if (!family) {
      family = { children: new Map(), list: null, opening: null, closing: null, users: 0 };
      families.set(id, family);
    }
    return family;
  }

  async function open(id: string): Promise<EntryList | null> {
    const family = familyOf(id);
    await family.closing;
    const stored = known.has(id) ? await store.open(id) : null;
    if (!stored) forgetList(id);
    family.list =
      stored &&
      createEntryList({
        stored,
        onSaved: (childId) => held.delete(childId),
        isStopping: () => isStopping,
        logger,
      });
    return family.list;
  }

  function forgetList(id: string): boolean {
    statuses.delete(id);
    return known.delete(id);
  }

  async function use<T>(id: string, work: (list: EntryList | null) => Promise<T>): Promise<T> {
    const family = familyOf(id);
    family.users += 1;
    try {
      family.opening ??= open(id);
      const list = await family.opening.catch((error: unknown) => {
        family.opening = null;
        throw error;
      });
      return await work(list);
    } finally {
      family.users -= 1;
      release(id);
    }
  }

  /** Nobody needs the open list of a parent that has ended and has no active child. */
  function release(id: string): void {
    const family = families.get(id);
    const status = statuses.get(id);
    if (!family || family.users > 0) return;
    if (status !== undefined && !isTerminal(status)) return;
    if ([...family.children.values()].some((child) => isActive(child))) return;
    const { list } = family;
    family.list = null;
    family.opening = null;
    if (list) family.closing = list.close().finally(() => (family.closing = null));
    else if (family.children.size === 0 && !family.closing) families.delete(id);
  }

  function isActive(childId: string): boolean {
    const status = children.get(childId)?.status;
    return status !== undefined && !isTerminal(status);
  }

  /** Its end may be written at this moment, and is told only then. */
  function isAboutToEnd(childId: string): boolean {
    const child = children.get(childId);
    return child !== undefined && !isTerminal(child.status) && known.has(child.parentId);
  }

  function takeChange(download: Download): void {
    const { id, parent_id: parentId, status, metadata, waiting_for: waitingFor } = download;
    if (known.has(id)) {
      statuses.set(id, status);
      if (isTerminal(status)) release(id);
    }
    const index = metadata.playlist_index;
    if (parentId === null || typeof index !== 'number') return;
    const isSame = children.get(id)?.status === status;
    children.set(id, { parentId, index, status, isEarly: waitingFor === 'release' });
    if (isSame) return;
    const family = familyOf(parentId);
    family.children.set(index, id);
    if (isTerminal(status)) takeEnd(download, parentId, index);
    else family.list?.reopen(index);
    release(parentId);
    onChange(parentId);
  }

  function takeEnd({ id, status }: Download, parentId: string, index: number): void {
    // Those that were cancelled with their parent wait for its retry.
    if (status === 'cancelled' && statuses.get(parentId) === 'cancelled') return;
    const end: EntryEnd =
      status === 'completed' ? 'done' : status === 'failed' ? 'failed' : 'skipped';
    const { list } = familyOf(parentId);
    // In a history one that failed or was cancelled may be about to run again, with its parent.
    if (!known.has(parentId) || (isRecovering && (end !== 'done' || !list))) return;
    held.add(id);
    const note = (from: EntryList | null) => {
      if (from?.end(index, end, id) !== true) held.delete(id);
      tell(parentId);
    };
    if (list) return note(list);
    use(parentId, async (opened) => note(opened)).catch((error: unknown) => {
      held.delete(id);
      logger.error({ err: error, downloadId: parentId }, 'the end of an entry is not noted');
    });
  }

  function tell(id: string): void {
    const status = statuses.get(id);
    if (status === undefined || !families.get(id)?.list) return;
    void (isTerminal(status) ? storeFigures(id) : showFigures(id));
  }

  async function showFigures(id: string): Promise<void> {
    const stored = await records.get(id);
    const entries = families.get(id)?.list?.counts();
    if (!stored || !entries) return;
    const progress = Math.max(stored.download.progress, progressOf(entries));
    records.progress(id, null, { entries, progress });
  }

  /** Of a parent that has ended, since nothing else would. */
  async function storeFigures(id: string): Promise<void> {
    await records.changeSurely(id, ({ download: { status, warnings } }) => {
      const entries = families.get(id)?.list?.counts();
      if (!entries || !isTerminal(status)) return null;
      return {
        patch: { entries, warnings: status === 'completed' ? warningsOf(entries) : warnings },
      };
    });
  }

  function forget(id: string): Promise<void> {
    if (forgetList(id)) {
      const gone = remove(id).finally(() => removing.delete(gone));
      removing.add(gone);
    }
    return Promise.all(removing).then(() => undefined);
  }

  async function remove(id: string): Promise<void> {
    try {
      const family = families.get(id);
      await family?.closing;
      await family?.list?.close();
      await store.remove(id);
    } catch (error) {
      // The next start finds a list without a record and removes it.
      logger.warn({ err: error, downloadId: id }, 'the list of a playlist could not be removed');
    }
  }

  records.watch((change) => {
    if (change.kind === 'changed') {
      if (!change.isProgress) takeChange(change.stored.download);
      return;
    }
    const child = children.get(change.id);
    if (child) {
      const siblings = families.get(child.parentId)?.children;
      if (siblings?.get(child.index) === change.id) siblings.delete(child.index);
      children.delete(change.id);
      release(child.parentId);
    }
    void forget(change.id);
  });

  return {
    async recover() {
      for (const id of await store.ids()) {
        const download = (await records.get(id))?.download;
        if (!download) {
          await store.remove(id);
          continue;
        }
        known.add(id);
        statuses.set(id, download.status);
        if (isTerminal(download.status)) continue;
        familyOf(id).opening = open(id);
        await familyOf(id).opening;
      }
      for (const { download } of await records.find({ isEntry: true })) takeChange(download);
    },
    recovered() {
      isRecovering = false;
    },
    has: (id) => known.has(id),
    ids: () => [...known],
    async keep(id, metadata, entries) {
      const family = familyOf(id);
      await family.list?.close();
      family.list = null;
      family.opening = null;
      await store.create(id, metadata, entries);
      const stored = await records.get(id);
      if (!stored) return store.remove(id);
      known.add(id);
      statuses.set(id, stored.download.status);
    },
    opened: (id) => families.get(id)?.list ?? null,
    use,
    childOf: (parentId, index) => families.get(parentId)?.children.get(index) ?? null,
    isEarly: (childId) => children.get(childId)?.isEarly ?? false,
    statusOfParent: (id) => statuses.get(id) ?? null,
    statusOf: (childId) => children.get(childId ?? '')?.status ?? null,
    childrenOf: (parentId) => [...(families.get(parentId)?.children.values() ?? [])],
    tell,
    isHeld: (childId) => held.has(childId) || isAboutToEnd(childId),
    forget,
    async saved() {
      await Promise.all([...families.values()].flatMap(({ list }) => list?.saved() ?? []));
    },
    stop() {
      isStopping = true;
    },
    async close() {
      const all = [...families.values()];
      await Promise.all(all.flatMap(({ list, closing }) => closing ?? list?.close() ?? []));
      await Promise.all(removing);
    },
  };
}

export function progressOf(entries: NonNullable<Download['entries']>): number {
  const { total, done, failed, skipped } = entries;
  return total === 0 ? 100 : Math.floor(((done + failed + skipped) / total) * 10_000) / 100;
}

export function warningsOf({ failed }: NonNullable<Download['entries']>): Download['warnings'] {
  return failed > 0 ? [downloadWarning('ENTRIES_FAILED')] : [];
}
