import { say, pickSelection, type Download, type RetryDownload } from '@artemis/contracts';
import type { ListedEntry } from '../attempt.ts';
import type { ActivityLog } from '../activity-log.ts';
import type { EntryList } from './entry-list.ts';
import { entrySelection, linkKey, newChild } from './playlist-entry.ts';
import { warningsOf, type PlaylistLists } from './playlist-lists.ts';
import type { DownloadedLinks, Notifier } from '../ports.ts';
import { canonicalJson } from '../selection/presets.ts';
import type { Logger, Records } from '../records.ts';
import { IDLE } from '../blank-record.ts';
import type { CheckUrl, UrlVerdict } from '../links/url-policy.ts';

const RETRY_MS = 1000;
/** Entries of one list that wait for their release at the same time. */
const MAX_EARLY = 50;

export interface PlaylistFeederDependencies {
  readonly records: Records;
  readonly links: DownloadedLinks;
  readonly notifier: Notifier;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly checkUrl: CheckUrl;
  /** Children of one parent that wait for a slot at the same time. */
  readonly maxWaiting: number;
  readonly now: () => Date;
}

/** What is done with a child as with any download. */
export interface ChildActions {
  /** Puts it into the queue. */
  admit(id: string): Promise<void>;
  retry(id: string, request: RetryDownload): Promise<unknown>;
  cancel(id: string): Promise<unknown>;
  pause(id: string): Promise<unknown>;
}

/** Makes children of the entries of running parents, in their order, as slots free. */
export interface PlaylistFeeder {
  /** Nothing is fed before. */
  begin(actions: ChildActions): void;
  /** The parent is running, or its children have changed: looks what can be done. */
  wake(id: string): void;
  /** Looks at all entries again, from the first. */
  rewind(id: string): void;
  /** Feeds nothing more. */
  stop(): void;
  /** Resolves when nothing is being fed. */
  ended(): Promise<void>;
}

interface Feeding {
  /** Place of the entry that is looked at next. */
  cursor: number;
  running: Promise<void> | null;
  isAwake: boolean;
}

interface NextEntry {
  readonly entry: ListedEntry;
  readonly url: string;
  /** Its failed or cancelled record, which runs again. */
  readonly childId: string | null;
}

export function createPlaylistFeeder(
  lists: PlaylistLists,
  dependencies: PlaylistFeederDependencies,
): PlaylistFeeder {
  const { records, links, log, logger, now } = dependencies;
  const feedings = new Map<string, Feeding>();
  let actions: ChildActions | null = null;
  let isStopping = false;

  function feedingOf(id: string): Feeding {
    const feeding = feedings.get(id) ?? {
      cursor: 0,
      running: null,
      isAwake: false,
    };
    feedings.set(id, feeding);
    return feeding;
  }

  function isRunning(id: string): boolean {
    return !isStopping && lists.statusOfParent(id) === 'running';
  }

  /** Not at once: what else happens in this turn, such as a cancel of everything, goes first. */
  function wake(id: string): void {
    if (actions === null || !isRunning(id) || !lists.has(id)) return;
    const feeding = feedingOf(id);
    feeding.isAwake = true;
    feeding.running ??= Promise.resolve().then(() => run(id, feeding, actions));
  }

  async function run(id: string, feeding: Feeding, given: ChildActions | null): Promise<void> {
    while (feeding.isAwake && given) {
      feeding.isAwake = false;
      try {
        await lists.use(id, async (list) => {
          if (list) await feed(id, feeding, list, given);
        });
      } catch (error) {
        logger.error({ err: error, downloadId: id }, 'a playlist cannot go on, will try again');
        setTimeout(() => wake(id), RETRY_MS).unref();
      }
    }
    feeding.running = null;
    if (!isRunning(id)) feedings.delete(id);
  }

  /** What is not out yet may wait for days, and does not hold up the rest of the list. */
  function capacityFor(queued: readonly string[]): number {
    const early = queued.filter(lists.isEarly).length;
    const waiting = queued.length - early;
    return Math.min(dependencies.maxWaiting - waiting, MAX_EARLY - early);
  }

  async function feed(
    id: string,
    feeding: Feeding,
    list: EntryList,
    given: ChildActions,
  ): Promise<void> {
    while (isRunning(id)) {
      const children = lists.childrenOf(id);
      const statuses = children.map((child) => lists.statusOf(child));
      const capacity = capacityFor(children.filter((child) => lists.statusOf(child) === 'queued'));
      if (capacity <= 0) return;
      const from = feeding.cursor;
      try {
        const next = await nextEntries(id, feeding, list, capacity);
        if (next.length > 0) await start(id, list, next, given);
        else if (statuses.some(isActive)) return;
        else if (await finish(id, list)) return;
        else feeding.cursor = 0;
      } catch (error) {
        feeding.cursor = from;
        throw error;
      }
    }
  }

  /** Entries that wait; those that cannot or need not be downloaded are ended on the way. */
  async function nextEntries(
    id: string,
    feeding: Feeding,
    list: EntryList,
    most: number,
  ): Promise<NextEntry[]> {
    const next: NextEntry[] = [];
    let hasEnded = false;
    while (next.length < most && feeding.cursor < list.total) {
      const place = feeding.cursor;
      const childId = lists.childOf(id, list.indexAt(place));
      const status = lists.statusOf(childId);
      feeding.cursor += 1;
      if (list.endAt(place) !== null || isActive(status)) continue;
      const entry = await list.entryAt(place);
      const parent = (await records.get(id))?.download;
      if (!parent) break;
      const verdict = dependencies.checkUrl(entry.url ?? '');
      if (!verdict.ok) {
        const name = entry.title ?? entry.id ?? '';
        const why = { reason: verdict.reason, ...reasonCodeOf(verdict) };
        log.write('warn', say('ENTRY_REFUSED', { index: entry.index, name, ...why }), id, false);
        list.end(entry.index, 'failed');
      } else if (status === 'completed') {
        list.end(entry.index, 'done');
      } else if (isDownloadedBefore(parent, entry, verdict.url)) {
        list.end(entry.index, 'skipped');
      } else {
        next.push({ entry, url: verdict.url, childId });
        continue;
      }
      hasEnded = true;
    }
    if (hasEnded) lists.tell(id);
    return next;
  }

  function isDownloadedBefore(parent: Download, entry: ListedEntry, url: string): boolean {
    if (parent.options.playlist?.skip_downloaded !== true) return false;
    const { format_preset: preset, options } = entrySelection(parent, entry);
    return links.has(linkKey(preset, url, options));
  }

  async function start(
    id: string,
    list: EntryList,
    next: readonly NextEntry[],
    given: ChildActions,
  ): Promise<void> {
    const parent = (await records.get(id))?.download;
    if (!parent) return;
    const at = now().toISOString();
    const fresh = next.flatMap(({ entry, url, childId }) =>
      childId === null ? [newChild(parent, list, entry, url, at)] : [],
    );
    const added = fresh.length > 0 ? await records.add(fresh) : [];
    for (const { download } of added) await admit(download, given);
    for (const { entry, childId } of next) {
      const child = childId === null ? null : (await records.get(childId))?.download;
      if (!child || !isRunning(id)) continue;
      const selection = entrySelection(parent, entry);
      const isSame = canonicalJson(pickSelection(child)) === canonicalJson(selection);
      await given.retry(child.id, isSame ? {} : selection);
    }
  }

  /** Into the queue, unless the parent was cancelled or paused while its child was being written. */
  async function admit({ id, parent_id: parentId }: Download, given: ChildActions): Promise<void> {
    const status = lists.statusOfParent(parentId ?? '');
    if (status === 'paused') await given.pause(id);
    else if (status !== 'running') await given.cancel(id);
    else await given.admit(id);
  }

  /** False when an entry is waiting all the same. */
  async function finish(id: string, list: EntryList): Promise<boolean> {
    await list.saved();
    const entries = list.counts();
    const { total, done, failed, skipped } = entries;
    if (!isRunning(id)) return true;
    if (done + failed + skipped < total) return false;
    const name = list.metadata.title ?? 'a playlist';
    log.write('info', say('LIST_COMPLETED', { name, done, total }), id, true);
    const completed = await records.changeSurely(id, ({ download: { status } }) =>
      status === 'running'
        ? {
            patch: {
              ...IDLE,
              status: 'completed',
              progress: 100,
              entries,
              warnings: warningsOf(entries),
              completed_at: now().toISOString(),
            },
          }
        : null,
    );
    if (completed) await dependencies.notifier.notify(completed.download);
    return true;
  }

  return {
    begin(given) {
      actions = given;
    },
    wake,
    rewind(id) {
      feedingOf(id).cursor = 0;
      wake(id);
    },
    stop() {
      isStopping = true;
    },
    async ended() {
      await Promise.all([...feedings.values()].flatMap(({ running }) => running ?? []));
    },
  };
}

function isActive(status: Download['status'] | null): boolean {
  return status === 'queued' || status === 'running' || status === 'paused';
}

function reasonCodeOf({ said }: Extract<UrlVerdict, { ok: false }>): object {
  return said === undefined ? {} : { ...said.values, reason_code: said.code };
}
