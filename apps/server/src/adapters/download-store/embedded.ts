import { isTerminal, type Download } from '@artemis/contracts';
import {
  type Change,
  type DownloadStore,
  type Idempotency,
  type NewDownload,
  type StoredDownload,
  type Submission,
  type Submitted,
  type Transition,
  type TransitionOptions,
} from '../../domain/download-store.ts';
import type { HistoryChange, HistoryStore } from '../../domain/ports.ts';
import type { Logger } from '../../domain/records.ts';
import { createActiveSelections } from './active-selections.ts';
import { byEnd, createEndedRecords, inOrderOfAge } from './ended-records.ts';
import { createIdempotencyKeys, type Remembered } from './idempotency-keys.ts';
import { listPage, matches } from './memory-list.ts';
import { createMemoryTable } from './memory-table.ts';
import { changed, countsInQueue, recordOf, requireMove } from './record-change.ts';
import { createSoonWrites } from './soon-writes.ts';

export interface EmbeddedStoreOptions {
  readonly history: HistoryStore;
  readonly logger: Logger;
  /** Terminal records that are kept. */
  readonly historyLimit: number;
  readonly now?: () => Date;
  /** The clock as far as it can be believed. */
  readonly believedNow?: () => Date;
}

interface Leaving {
  readonly archive: readonly string[];
  readonly remove: readonly string[];
}

const NOBODY: Leaving = { archive: [], remove: [] };

/**
 * All records in memory, and durable in the history file: for one server. A change is to be seen once it is durable, so
 * that nothing has to be taken back.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<DownloadStore> {
  const { history, logger, historyLimit, now = () => new Date() } = options;
  const table = createMemoryTable();
  const selections = createActiveSelections(table);
  const keys = createIdempotencyKeys({ now, believedNow: options.believedNow ?? now });
  /** The last call for each record that is being changed. */
  const busy = new Map<string, Promise<unknown>>();
  /** About to be stored with their end. */
  const ending = new Map<string, StoredDownload>();
  const soon = createSoonWrites({ history, table, logger, isBusy: (id) => busy.has(id) });
  /** Ends whose calls have not answered yet. */
  const unanswered = new Set<string>();
  /** Ends that are being written could not make room for each other. */
  let isRoomOwed = false;
  let isProtected: (id: string) => boolean = () => false;
  /** Places in the queue of requests that are being written. */
  let reserved = 0;

  const content = await history.load();
  /** Stored, but not in the history file any more, and not counted for its limit. */
  const archived = new Set((content.archived ?? []).map(({ id }) => id));
  const ended = createEndedRecords(table, (id) => archived.has(id));
  for (const { tally, ...download } of inOrderOfAge(content)) table.add(download, tally);
  keys.recover(content.idempotency);

  /** One call at a time for each record, in their order; begins within this turn when there is no other. */
  function inTurn<T>(ids: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = ids.flatMap((id) => busy.get(id) ?? []);
    const mine = before.length > 0 ? Promise.allSettled(before).then(work) : work();
    occupy(ids, mine);
    return mine;
  }

  /** Later calls for these records wait for it. */
  function occupy(ids: readonly string[], work: Promise<unknown>): void {
    for (const id of ids) busy.set(id, work);
    const done = () => {
      for (const id of ids) if (busy.get(id) === work) busy.delete(id);
    };
    work.then(done, done);
  }

  /**
   * What is to leave the history file: terminal records beyond the limit, the oldest end first, without those that are being
   * changed. Other ends that are being written take a place and stay: when that write fails, they have not ended. Those that are protected take nobody's place: as many as are kept may be protected, and then every record would
   * go as it ends. One that has a file is archived; one of the archive that has none any more is forgotten.
   */
  function leaving(endingId: string | null): Leaving {
    const emptied = ended.emptied();
    if (ended.count() + ending.size <= historyLimit && emptied.length === 0) {
      return NOBODY;
    }
    const isFree = (id: string) => !busy.has(id) && !isProtected(id);
    const candidates = ended.counted().filter(({ download }) => isFree(download.id));
    for (const stored of ending.values()) {
      const { id } = stored.download;
      if (!isProtected(id) && !archived.has(id)) candidates.push(stored);
    }
    const surplus = candidates
      .sort(byEnd)
      .slice(0, Math.max(0, candidates.length - historyLimit))
      .map(({ download }) => download)
      .filter(({ id }) => id === endingId || !ending.has(id));
    if (surplus.length < candidates.length - historyLimit) isRoomOwed = true;
    return {
      archive: surplus.flatMap(({ id, artifacts }) => (artifacts.length > 0 ? [id] : [])),
      remove: [
        ...surplus.flatMap(({ id, artifacts }) => (artifacts.length > 0 ? [] : [id])),
        ...emptied.filter(isFree),
      ],
    };
  }

  /** Takes over what `leaving` has said, once it is durable. */
  function left({ archive, remove }: Leaving): void {
    for (const id of archive) {
      archived.add(id);
      ended.archived(id);
    }
    for (const id of remove) {
      archived.delete(id);
      soon.written(id);
      table.remove(id);
    }
  }

  /** Writes this value of a record, and what leaves the file by it: also that one itself. */
  async function save(next: StoredDownload): Promise<Leaving> {
    const { id } = next.download;
    const gone = ending.has(id) ? leaving(id) : NOBODY;
    const { archive, remove } = gone;
    const saved = history.save({
      put: remove.includes(id) ? [] : [recordOf(next)],
      archive,
      remove,
    });
    for (const other of [...archive, ...remove]) {
      if (other !== id) occupy([other], Promise.allSettled([busy.get(other), saved]));
    }
    await saved;
    return gone;
  }

  async function transition(
    id: string,
    version: number,
    change: Change,
    { isSoon = false, mostActive = Infinity }: TransitionOptions,
  ): Promise<Transition> {
    const current = table.get(id);
    if (!current) return { kind: 'missing' };
    if (current.version !== version) return { kind: 'conflict' };
    const next = changed(current, change);
    requireMove(current, next);
    const isNewInQueue = countsInQueue(next.download) && !countsInQueue(current.download);
    if (isNewInQueue && table.counts().active + reserved + 1 > mostActive) return { kind: 'full' };
    if (isSoon) {
      table.put(next, false);
      soon.add(id);
      return { kind: 'stored', stored: next };
    }
    const place = isNewInQueue ? 1 : 0;
    const isEnding = isTerminal(next.download.status) && !isTerminal(current.download.status);
    reserved += place;
    if (isEnding) {
      ending.set(id, next);
      unanswered.add(id);
    }
    try {
      const gone = await save(next);
      soon.written(id);
      // Progress may have come meanwhile.
      const stored = changed(table.get(id) ?? current, change);
      left({ ...gone, remove: gone.remove.filter((other) => other !== id) });
      table.put(stored, false);
      if (gone.remove.includes(id)) table.remove(id);
      return { kind: 'stored', stored };
    } finally {
      // In the step that puts the record: between the two the queue would have a place too many.
      reserved -= place;
      ending.delete(id);
    }
  }

  /** The last one of the ends that are being written makes room for all. */
  async function makeRoom(id: string): Promise<void> {
    if (!unanswered.delete(id) || unanswered.size > 0 || !isRoomOwed) return;
    isRoomOwed = false;
    // At the next end it is tried again.
    await forgetSurplus().catch(() => undefined);
  }

  async function add(
    downloads: readonly Download[],
    rest: HistoryChange = {},
    beforeAdding: () => void = () => undefined,
  ): Promise<StoredDownload[]> {
    await history.save({ put: downloads, ...rest });
    beforeAdding();
    return downloads.map((download) => table.add(download));
  }

  /** New ones, and those that are asked for already. */
  function sorted(submission: Submission) {
    const fresh: NewDownload[] = [];
    const downloadIds: string[] = [];
    const duplicateIds = new Set<string>();
    const twinsWriting: Promise<unknown>[] = [];
    const freshIds = new Map<string, string>();
    for (const asked of submission.downloads) {
      const { selectionKey: key, download } = asked;
      const twin = submission.isForced ? null : selections.find(key);
      const sibling = submission.isForced ? undefined : freshIds.get(key);
      const knownId = twin?.id ?? sibling;
      if (knownId === undefined) {
        fresh.push(asked);
        freshIds.set(key, download.id);
        downloadIds.push(download.id);
        continue;
      }
      duplicateIds.add(knownId);
      downloadIds.push(knownId);
      if (twin?.writing) twinsWriting.push(twin.writing);
    }
    return { fresh, downloadIds, duplicateIds: [...duplicateIds], twinsWriting };
  }

  type Accepted = { readonly remembered: Remembered; readonly fresh: readonly StoredDownload[] };

  /** Null: it would not fit into the queue. */
  async function accept(
    submission: Submission,
    remember: { at: string; surplus: readonly string[] } | null,
  ): Promise<Accepted | { readonly refused: number }> {
    const { fresh, downloadIds, duplicateIds, twinsWriting } = sorted(submission);
    if (table.counts().active + reserved + fresh.length > submission.mostActive) {
      return { refused: fresh.length };
    }
    const remembered: Remembered = { downloadIds, duplicateIds };
    const { idempotency } = submission;
    const rest: HistoryChange =
      remember && idempotency
        ? {
            remember: { ...remembered, ...idempotency, at: remember.at },
            forgetKeys: remember.surplus,
          }
        : {};
    let places = fresh.length;
    reserved += places;
    const giveBack = () => {
      reserved -= places;
      places = 0;
    };
    const downloads = fresh.map(({ download }) => download);
    const writing = (async () => {
      // Nothing is kept or answered before the first request for a duplicate is durable.
      if (twinsWriting.length > 0) await Promise.all(twinsWriting);
      if (downloads.length === 0 && !remember) return [];
      return add(downloads, rest, giveBack);
    })();
    for (const { selectionKey, download } of fresh) {
      selections.reserve(selectionKey, download.id, writing);
    }
    try {
      const added = await writing;
      for (const { selectionKey, download } of fresh) selections.written(selectionKey, download.id);
      return { remembered, fresh: added };
    } catch (error) {
      for (const { selectionKey, download } of fresh) selections.giveUp(selectionKey, download.id);
      throw error;
    } finally {
      giveBack();
    }
  }

  function taken({ remembered, fresh }: Accepted): Submitted {
    const found = remembered.downloadIds.map((id) => table.get(id)?.download ?? id);
    return {
      kind: 'taken',
      downloads: found.filter((entry) => typeof entry !== 'string'),
      fresh,
      duplicates: remembered.duplicateIds,
      removed: found.filter((entry) => typeof entry === 'string'),
    };
  }

  async function recall({ key, bodyHash }: Idempotency): Promise<Submitted | null> {
    const known = keys.find(key);
    if (!known) return null;
    if (known.bodyHash !== bodyHash) return { kind: 'key-conflict' };
    // Only what was taken is remembered.
    const remembered = await known.answer.catch(() => null);
    return remembered && taken({ remembered, fresh: [] });
  }

  async function submit(submission: Submission): Promise<Submitted> {
    const { idempotency } = submission;
    if (idempotency === null) {
      const accepted = await accept(submission, null);
      return 'refused' in accepted ? { kind: 'full', count: accepted.refused } : taken(accepted);
    }
    const { key, bodyHash } = idempotency;
    while (keys.find(key)) {
      const recalled = await recall(idempotency);
      if (recalled) return recalled;
    }
    let accepted: Accepted | { readonly refused: number } = { refused: 0 };
    await keys.answer(key, bodyHash, submission.downloads.length, async (at, surplus) => {
      accepted = await accept(submission, { at, surplus });
      return 'refused' in accepted ? null : accepted.remembered;
    });
    return 'refused' in accepted ? { kind: 'full', count: accepted.refused } : taken(accepted);
  }

  function remove(ids: readonly string[]): Promise<void> {
    return inTurn(ids, async () => {
      if (ids.length > 0) await history.save({ remove: ids });
      left({ archive: [], remove: [...ids] });
    });
  }

  function forgetSurplus(): Promise<void> {
    const gone = leaving(null);
    const ids = [...gone.archive, ...gone.remove];
    return inTurn(ids, async () => {
      if (ids.length > 0) await history.save(gone);
      left(gone);
    });
  }

  return {
    recall: (_workspace, idempotency) => recall(idempotency),
    submit: (_workspace, submission) => submit(submission),
    add: (_workspace, downloads) => add(downloads),
    get: (_workspace, id) => Promise.resolve(table.get(id)),
    list: (_workspace, query) => Promise.resolve().then(() => listPage(table, query)),
    find: (_workspace, filter) =>
      Promise.resolve([...table.all()].filter((stored) => matches(stored, filter))),
    counts: () => Promise.resolve(table.counts()),
    changesSince: (_workspace, rev, limit) => Promise.resolve(table.changesSince(rev, limit)),
    transition: (_workspace, id, version, change, transitionOptions = {}) =>
      inTurn([id], () => transition(id, version, change, transitionOptions)).finally(() =>
        makeRoom(id),
      ),
    progress(_workspace, id, token, patch) {
      const current = table.get(id);
      const isWanted = Object.keys(patch).length === 0 || current?.token === token;
      if (current && isWanted) {
        table.put({ ...current, download: { ...current.download, ...patch } }, true);
      }
      return Promise.resolve();
    },
    remove: (_workspace, ids) => remove(ids),
    protect: (says) => void (isProtected = says),
    forgetSurplus,
    watch: (listener) => table.watch(listener),
    async check() {
      await history.save({}).catch(() => undefined);
      return history.health();
    },
    health: () => history.health(),
    async close() {
      // A change that fails leaves what was to be stored soon.
      await Promise.allSettled(busy.values());
      await soon.close();
      await history.close();
    },
  };
}
