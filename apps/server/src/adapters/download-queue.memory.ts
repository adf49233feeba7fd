import type { DownloadQueue, QueueEntry } from '../domain/ports.ts';

/** No caller asks for more; a longer wait comes from a clock that was set back. */
const LONGEST_WAIT_MS = 3_600_000;
const LONGEST_RELEASE_MS = 31 * 86_400_000;
/** Node's timers overflow after 24 days. */
const LONGEST_TIMER_MS = 3_600_000;

export interface MemoryQueueOptions {
  readonly slots: number;
  readonly maxPerHost: number;
  /** Monotonic clock. */
  readonly nowMs?: () => number;
  /** Clock of `notBeforeMs` and `untilMs`. */
  readonly wallMs?: () => number;
  /** Calls `run` later and returns a function that cancels the call. Must not keep the process alive. */
  readonly wakeAfter?: (run: () => void, ms: number) => () => void;
}

interface Waiting {
  readonly entry: QueueEntry;
  /** By the monotonic clock. */
  readonly startsAtMs: number;
}

/**
 * The queue of a single process. Higher priority comes first, then the older download. A site that is at its limit or parked
 * does not hold up others. After parking, one download of the site starts alone; the others follow when it ended well.
 */
export function createMemoryQueue(options: MemoryQueueOptions): DownloadQueue {
  const nowMs = options.nowMs ?? (() => performance.now());
  const wallMs = options.wallMs ?? options.nowMs ?? Date.now;
  const waiting = new Map<string, Waiting>();
  const slots: (string | null)[] = Array.from({ length: options.slots }, () => null);
  const runningByHost = new Map<string, number>();
  /** For each parked site, the end of its parking by the monotonic clock. */
  const parked = new Map<string, number>();
  let sorted: Waiting[] | null = null;
  let handler: ((id: string) => Promise<void>) | null = null;
  let diskSpaceBytes = Infinity;
  let isDispatching = false;
  let isDispatchScheduled = false;
  const wakeAfter = options.wakeAfter ?? wakeByTimer;
  let callOff: (() => void) | null = null;

  function inOrder(): Waiting[] {
    sorted ??= [...waiting.values()].sort(
      ({ entry: a }, { entry: b }) => b.priority - a.priority || a.order - b.order,
    );
    return sorted;
  }

  function steady(atWallMs: number, longestMs = LONGEST_WAIT_MS): number {
    return nowMs() + Math.min(atWallMs - wallMs(), longestMs);
  }

  function hasSpace(entry: Pick<QueueEntry, 'neededBytes'> | undefined): boolean {
    return diskSpaceBytes >= (entry?.neededBytes ?? 0);
  }

  function hostLimit(host: string): number {
    return parked.has(host) ? 1 : options.maxPerHost;
  }

  function isHostFree(host: string): boolean {
    if ((parked.get(host) ?? -Infinity) > nowMs()) return false;
    return (runningByHost.get(host) ?? 0) < hostLimit(host);
  }

  /** Removes the next download that may start; the queue stays sorted. */
  function takeNext(): QueueEntry | null {
    const now = nowMs();
    const entries = inOrder();
    const index = entries.findIndex(
      ({ entry, startsAtMs }) =>
        startsAtMs <= now && isHostFree(entry.host) && hasSpace(entry) && !slots.includes(entry.id),
    );
    const [found] = index === -1 ? [] : entries.splice(index, 1);
    if (!found) return null;
    waiting.delete(found.entry.id);
    return found.entry;
  }

  function dispatch(): void {
    if (!handler || isDispatching) return;
    isDispatching = true;
    try {
      for (;;) {
        const slot = slots.indexOf(null);
        if (slot === -1 || diskSpaceBytes < 0) break;
        const entry = takeNext();
        if (!entry) break;
        occupy(slot, entry, handler);
      }
    } finally {
      isDispatching = false;
    }
    wakeLater();
  }

  /** Sorts only once when many downloads are queued together. */
  function dispatchSoon(): void {
    if (isDispatchScheduled) return;
    isDispatchScheduled = true;
    queueMicrotask(() => {
      isDispatchScheduled = false;
      dispatch();
    });
  }

  function occupy(slot: number, entry: QueueEntry, run: (id: string) => Promise<void>): void {
    slots[slot] = entry.id;
    runningByHost.set(entry.host, (runningByHost.get(entry.host) ?? 0) + 1);
    const parkedBefore = parked.get(entry.host);
    void run(entry.id).finally(() => {
      slots[slot] = null;
      const left = (runningByHost.get(entry.host) ?? 1) - 1;
      if (left > 0) runningByHost.set(entry.host, left);
      else runningByHost.delete(entry.host);
      // The first download after the parking did not park the site again, so the site is open.
      if (parkedBefore !== undefined && parked.get(entry.host) === parkedBefore) {
        parked.delete(entry.host);
      }
      dispatch();
    });
  }

  /** Sets a timer for the next download that may start without any other event. */
  function wakeLater(): void {
    callOff?.();
    callOff = null;
    // Without a free slot, the end of a download triggers the next dispatch.
    if (!handler || waiting.size === 0 || !slots.includes(null)) return;
    const now = nowMs();
    let soonest = Infinity;
    for (const { entry, startsAtMs } of waiting.values()) {
      const at = Math.max(startsAtMs, parked.get(entry.host) ?? -Infinity);
      if (at > now && at < soonest) soonest = at;
    }
    if (soonest === Infinity) return;
    callOff = wakeAfter(dispatch, Math.min(soonest - now + 1, LONGEST_TIMER_MS));
  }

  return {
    start(run) {
      handler = run;
      dispatch();
    },
    enqueue(entry) {
      const longestMs = entry.isForRelease === true ? LONGEST_RELEASE_MS : LONGEST_WAIT_MS;
      const startsAtMs =
        entry.notBeforeMs === null ? -Infinity : steady(entry.notBeforeMs, longestMs);
      waiting.set(entry.id, { entry, startsAtMs });
      sorted = null;
      dispatchSoon();
      return Promise.resolve();
    },
    remove(id) {
      const isRemoved = waiting.delete(id);
      if (isRemoved) sorted = null;
      return Promise.resolve(isRemoved);
    },
    park(host, untilMs) {
      parked.set(host, Math.max(steady(untilMs), parked.get(host) ?? -Infinity));
      wakeLater();
      return Promise.resolve();
    },
    unpark(host, untilMs) {
      const before = parked.get(host);
      if (before === undefined) return Promise.resolve();
      if (untilMs === null) parked.delete(host);
      else parked.set(host, Math.min(before, steady(untilMs)));
      dispatchSoon();
      return Promise.resolve();
    },
    parkedUntilMs(host) {
      const atMs = parked.get(host);
      return atMs === undefined ? null : wallMs() + atMs - nowMs();
    },
    setDiskSpace(bytes) {
      diskSpaceBytes = bytes;
      dispatch();
    },
    waitingReason({ id, host }) {
      const found = waiting.get(id);
      if (found && found.startsAtMs > nowMs()) return 'retry';
      if (!isHostFree(host)) return 'host';
      return hasSpace(found?.entry) ? 'slot' : 'disk';
    },
    slots: () => slots,
    hosts() {
      const queued = new Map<string, number>();
      for (const { entry } of waiting.values()) {
        queued.set(entry.host, (queued.get(entry.host) ?? 0) + 1);
      }
      return [...new Set([...runningByHost.keys(), ...queued.keys()])]
        .map((host) => {
          const leftMs = (parked.get(host) ?? -Infinity) - nowMs();
          return {
            host,
            running: runningByHost.get(host) ?? 0,
            queued: queued.get(host) ?? 0,
            parkedUntilMs: leftMs > 0 ? wallMs() + leftMs : null,
          };
        })
        .sort((a, b) => b.running - a.running || b.queued - a.queued);
    },
    close() {
      handler = null;
      callOff?.();
      return Promise.resolve();
    },
  };
}

function wakeByTimer(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
