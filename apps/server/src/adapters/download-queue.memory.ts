import type { DownloadQueue, QueueEntry } from '../domain/ports.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface MemoryQueueOptions {
  readonly slots: number;
  readonly maxPerHost: number;
  readonly nowMs?: () => number;
  /** Runs something later, and returns what calls it off. Must not keep the process alive. */
  readonly wakeAfter?: (run: () => void, ms: number) => () => void;
}

/**
 * The queue of one process. Higher priority first, then older; a site at its limit, or left alone for a while, does
 * not hold up others. After such a while one download asks first, and the others follow when it ended well.
 */
export function createMemoryQueue(options: MemoryQueueOptions): DownloadQueue {
  const nowMs = options.nowMs ?? Date.now;
  const waiting = new Map<string, QueueEntry>();
  const slots: (string | null)[] = Array.from({ length: options.slots }, () => null);
  const runningByHost = new Map<string, number>();
  const parked = new Map<string, number>();
  let sorted: QueueEntry[] | null = null;
  let handler: ((id: string) => Promise<void>) | null = null;
  let isDiskOpen = true;
  let isDispatching = false;
  let isDispatchScheduled = false;
  const wakeAfter = options.wakeAfter ?? wakeByTimer;
  let callOff: (() => void) | null = null;

  function inOrder(): QueueEntry[] {
    sorted ??= [...waiting.values()].sort((a, b) => b.priority - a.priority || a.order - b.order);
    return sorted;
  }

  function hostLimit(host: string): number {
    return parked.has(host) ? 1 : options.maxPerHost;
  }

  function isHostFree(host: string): boolean {
    if ((parked.get(host) ?? 0) > nowMs()) return false;
    return (runningByHost.get(host) ?? 0) < hostLimit(host);
  }

  /** Takes the next one out of the queue, which stays sorted. */
  function takeNext(): QueueEntry | null {
    const now = nowMs();
    const entries = inOrder();
    const index = entries.findIndex(
      ({ id, host, notBeforeMs }) =>
        (notBeforeMs ?? 0) <= now && isHostFree(host) && !slots.includes(id),
    );
    const [entry = null] = index === -1 ? [] : entries.splice(index, 1);
    if (entry) waiting.delete(entry.id);
    return entry;
  }

  function dispatch(): void {
    if (!handler || isDispatching) return;
    isDispatching = true;
    try {
      for (;;) {
        const slot = slots.indexOf(null);
        if (slot === -1 || !isDiskOpen) break;
        const entry = takeNext();
        if (!entry) break;
        occupy(slot, entry, handler);
      }
    } finally {
      isDispatching = false;
    }
    wakeLater();
  }

  /** Many downloads that are queued together are sorted once. */
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
      // The one that asked first was not sent away again, so the site is open.
      if (parkedBefore !== undefined && parked.get(entry.host) === parkedBefore) {
        parked.delete(entry.host);
      }
      dispatch();
    });
  }

  /** The next moment at which something may start though nothing happens before. */
  function wakeLater(): void {
    callOff?.();
    callOff = null;
    // Without a free slot the next end of a download is what wakes.
    if (!handler || waiting.size === 0 || !slots.includes(null)) return;
    const now = nowMs();
    let soonest = Infinity;
    for (const { notBeforeMs, host } of waiting.values()) {
      const at = Math.max(notBeforeMs ?? 0, parked.get(host) ?? 0);
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
      waiting.set(entry.id, entry);
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
      parked.set(host, Math.max(untilMs, parked.get(host) ?? 0));
      wakeLater();
      return Promise.resolve();
    },
    setDiskGate(isOpen) {
      isDiskOpen = isOpen;
      dispatch();
    },
    waitingReason({ id, host }) {
      const entry = waiting.get(id);
      if ((entry?.notBeforeMs ?? 0) > nowMs()) return 'retry';
      if (!isHostFree(host)) return 'host';
      return isDiskOpen ? 'slot' : 'disk';
    },
    slots: () => slots,
    hosts() {
      const queued = new Map<string, number>();
      for (const { host } of waiting.values()) queued.set(host, (queued.get(host) ?? 0) + 1);
      return [...new Set([...runningByHost.keys(), ...queued.keys()])]
        .map((host) => ({
          host,
          running: runningByHost.get(host) ?? 0,
          queued: queued.get(host) ?? 0,
          parkedUntilMs: (parked.get(host) ?? 0) > nowMs() ? (parked.get(host) ?? null) : null,
        }))
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
