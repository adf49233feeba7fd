import {
  areEntriesWanted,
  type Download,
  isTerminal,
  LIMITS,
  type Metadata,
  type PlaylistEntry,
  type Selection,
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
  recover(downloads: readonly Download[]): Promise<void>;
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
  activeChildren(id: string): readonly string[];
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
  const { live, records, links, now } = dependencies;
  const lists = createPlaylistLists({ ...dependencies, onChange: (id) => feeder.wake(id) });
  const feeder = createPlaylistFeeder(lists, dependencies);
  /** Active children of parents that were cancelled or paused after them, as a kill between the two leaves them. */
  let leftBehind: readonly Download[] = [];

  live.subscribe((change) => {
    if (change.kind === 'removed' || change.isProgress) return;
    const { download } = change;
    if (download.status !== 'completed' || download.storage_path === null) return;
    links.add(linkKeysOf(download));
  });

  function activeChildren(id: string): readonly string[] {
    return lists.childrenOf(id).filter((child) => {
      const status = lists.statusOf(child);
      return status !== null && !isTerminal(status);
    });
  }

  return {
    async recover(downloads) {
      const byId = new Map(downloads.map((download) => [download.id, download]));
      leftBehind = downloads.filter(({ status, parent_id: parentId, updated_at: updatedAt }) => {
        const parent = byId.get(parentId ?? '');
        if (isTerminal(status) || !parent || parent.updated_at < updatedAt) return false;
        return parent.status === 'cancelled' || parent.status === 'paused';
      });
      await lists.recover(downloads);
    },
    async begin(actions) {
      lists.recovered();
      feeder.begin(actions);
      for (const { id, parent_id: parentId } of leftBehind) {
        const isPaused = live.get(parentId ?? '')?.download.status === 'paused';
        // It may be paused already, or have ended in the meantime.
        await (isPaused ? actions.pause(id) : actions.cancel(id)).catch(() => undefined);
      }
      leftBehind = [];
      for (const { download } of live.all()) feeder.wake(download.id);
    },
    has: (id) => lists.has(id),
    keep: (id, metadata, entries) => lists.keep(id, metadata, entries),
    async feed(id) {
      const asked = live.get(id)?.download;
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
        const download = live.get(id)?.download;
        if (download?.status !== 'queued' && download?.status !== 'running') return true;
        const entries = list.counts();
        const at = now().toISOString();
        records.moveSoon(id, 'running', {
          ...IDLE,
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
        });
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
    entriesOf(id) {
      const download = live.get(id)?.download;
      if (!download || !lists.has(id)) return Promise.resolve(null);
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
