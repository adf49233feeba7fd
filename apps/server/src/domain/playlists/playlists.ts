import {
  ACTIVE_STATUSES,
  areEntriesWanted,
  type Download,
  isTerminal,
  LIMITS,
  type Metadata,
  type PlaylistEntry,
  type Selection,
  type Status,
} from '@artemis/contracts';
import type { ListedEntry } from '../attempt.ts';
import { RequestError } from '../errors.ts';
import { linkKey, linkKeysOf } from './playlist-entry.ts';
import {
  createPlaylistFeeder,
  type ChildActions,
  type PlaylistFeederDependencies,
} from './playlist-feeder.ts';
import { createPlaylistLists, progressOf } from './playlist-lists.ts';
import type { PlaylistStore } from '../ports.ts';
import { canonicalJson } from '../selection/presets.ts';
import { IDLE } from '../blank-record.ts';

export interface PlaylistsDependencies extends PlaylistFeederDependencies {
  readonly store: PlaylistStore;
}

/**
 * Downloads of whole playlists. The parent has read a list, which is on the disk; its entries become children, few at a
 * time, so that neither the queue nor the history depends on how long the list is. That an entry is being downloaded
 * is said by the record of its child, that it has ended by the list: a kill at any moment leaves one of the two, or an
 * entry that waits.
 */
export interface Playlists {
  /** Finds the lists of an earlier run. Call once, before the records are taken over. */
  recover(): Promise<void>;
  /** All records are taken over: the feeding begins. */
  begin(actions: ChildActions): Promise<void>;
  /** Keeps the entries that a run has read; durable when resolved. */
  keep(id: string, metadata: Metadata, entries: readonly ListedEntry[]): Promise<void>;
  /**
   * A queued or running parent whose list is there goes on with its entries, which takes no slot.
   * @returns false: it has no list, or only one to look at, and needs a run
   */
  feed(id: string): Promise<boolean>;
  /** Whether its list is there. */
  has(id: string): boolean;
  /** A child whose end is not in its list yet: its record must stay. */
  isHeld(id: string): boolean;
  /** Resolves when the lists know of all ends until now. */
  saved(): Promise<void>;
  /** Of these statuses, and without any of all that are active. */
  activeChildren(id: string, statuses?: readonly Status[]): readonly string[];
  /** @throws {RequestError} VALIDATION_FAILED: other entries cannot be chosen once the list is read */
  requireSameList(download: Download, selection: Selection): void;
  /** The first entries of a list, and how far they have come; null when there is none. */
  entriesOf(id: string): Promise<PlaylistEntry[] | null>;
  /** Whether `skip_downloaded` would leave out an entry with this link, which has passed the rules for links. */
  isDownloaded(selection: Selection, url: string): boolean;
  /** Resolves when nothing is left of lists whose records are gone. */
  removed(): Promise<void>;
  /** Feeds nothing more. */
  stop(): void;
  /** Once the history is closed: writes what is not written yet, without trying again. */
  close(): Promise<void>;
}

export function createPlaylists(dependencies: PlaylistsDependencies): Playlists {
  const { records, links, now } = dependencies;
  const lists = createPlaylistLists({ ...dependencies, onChange: (id) => feeder.wake(id) });
  const feeder = createPlaylistFeeder(lists, dependencies);
  /** Active children of parents that were cancelled or paused after them, as a kill between the two leaves them. */
  let leftBehind: { readonly id: string; readonly isPaused: boolean }[] = [];

  function remember(download: Download): void {
    if (download.status !== 'completed' || download.storage_path === null) return;
    links.add(linkKeysOf(download));
  }

  records.watch((change) => {
    if (change.kind === 'changed' && !change.isProgress) remember(change.stored.download);
  });

  function activeChildren(
    id: string,
    statuses: readonly Status[] = ACTIVE_STATUSES,
  ): readonly string[] {
    return lists.childrenOf(id).filter((child) => {
      const status = lists.statusOf(child);
      return status !== null && statuses.includes(status);
    });
  }

  return {
    async recover() {
      const completed = await records.find({ statuses: new Set(['completed']) });
      for (const { download } of completed) remember(download);
      const active = await records.find({ statuses: new Set(ACTIVE_STATUSES), isEntry: true });
      leftBehind = [];
      for (const { download } of active) {
        const parent = (await records.get(download.parent_id ?? ''))?.download;
        if (!parent || parent.updated_at < download.updated_at) continue;
        const isPaused = parent.status === 'paused';
        if (isPaused || parent.status === 'cancelled')
          leftBehind.push({ id: download.id, isPaused });
      }
      await lists.recover();
    },
    async begin(actions) {
      lists.recovered();
      feeder.begin(actions);
      for (const { id, isPaused } of leftBehind) {
        // It may be paused already, or have ended in the meantime.
        await (isPaused ? actions.pause(id) : actions.cancel(id)).catch(() => undefined);
      }
      leftBehind = [];
      for (const id of lists.ids()) feeder.wake(id);
    },
    has: (id) => lists.has(id),
    keep: (id, metadata, entries) => lists.keep(id, metadata, entries),
    async feed(id) {
      const asked = (await records.get(id))?.download;
      if (!asked || !lists.has(id)) return false;
      if (!areEntriesWanted(asked.format_preset, asked.options)) return false;
      return lists.use(id, async (list) => {
        if (!list) return false;
        const isRetry = asked.retry_at !== null;
        if (isRetry) {
          list.reopenFailed();
          // Before the record forgets that it is a retry.
          await list.saved();
        }
        const at = now().toISOString();
        await records.changeSurely(
          id,
          ({ download }) => {
            if (download.status !== 'queued' && download.status !== 'running') return null;
            const entries = list.counts();
            return {
              patch: {
                ...IDLE,
                status: 'running',
                phase: 'downloading',
                title: list.metadata.title ?? download.title,
                metadata: list.metadata,
                entries,
                progress: progressOf(entries),
                downloaded_bytes: null,
                total_bytes: null,
                error: null,
                warnings: [],
                attempt: download.attempt + (isRetry ? 1 : 0),
                retry_at: null,
                started_at: isRetry ? at : (download.started_at ?? at),
                completed_at: null,
              },
              // The list has been read: no attempt runs it any more.
              token: null,
            };
          },
          { isSoon: true },
        );
        feeder.rewind(id);
        return true;
      });
    },
    isHeld: (id) => lists.isHeld(id),
    saved: () => lists.saved(),
    activeChildren,
    requireSameList(download, selection) {
      if (!lists.has(download.id) || listChoice(download) === listChoice(selection)) return;
      throw new RequestError(
        'VALIDATION_FAILED',
        'options.playlist cannot be changed once the list is read: queue the link again for other entries.',
        { details: [{ path: '/options/playlist', message: 'cannot be changed any more' }] },
      );
    },
    async entriesOf(id) {
      const download = lists.has(id) ? (await records.get(id))?.download : null;
      if (!download) return null;
      const isFed = areEntriesWanted(download.format_preset, download.options);
      return lists.use(id, async (list) => {
        const first = (await list?.first(LIMITS.entriesInDetail)) ?? null;
        return (
          first?.map(({ position, ...entry }, place) => {
            if (!isFed) return entry;
            const child = lists.childOf(id, entry.index);
            const status = lists.statusOf(child);
            const isActive = status !== null && !isTerminal(status);
            const state = isActive ? 'active' : (list?.endAt(place) ?? 'waiting');
            return { ...entry, state, download_id: child };
          }) ?? null
        );
      });
    },
    isDownloaded: ({ format_preset: preset }, url) => links.has(linkKey(preset, url, {})),
    removed: () => lists.forget(''),
    stop() {
      lists.stop();
      feeder.stop();
    },
    async close() {
      await feeder.ended();
      await lists.close();
      await links.close();
    },
  };
}

/** Which entries are meant; whether some are left out is no part of it. */
function listChoice({ format_preset: preset, options }: Selection): string {
  const { mode, items, entry_ids: ids, max_items: most } = options.playlist ?? {};
  return canonicalJson([areEntriesWanted(preset, options), mode, items, ids, most]);
}
