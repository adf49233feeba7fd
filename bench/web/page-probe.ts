/** What the page itself records from its first moment on. Times are of its own clock, in ms. */
export interface Probe {
  readonly longTasks: { readonly atMs: number; readonly ms: number }[];
  readonly frames: number[];
  readonly presses: Map<number, number>;
  readonly draws: number[];
  isTimingDraws: boolean;
  shift: number;
  lcpMs: number;
  writes: number;
}

declare global {
  interface Window {
    bench: Probe;
  }
  /** Entries that the DOM types of TypeScript lack. */
  interface PerformanceEntry {
    readonly value?: number;
    readonly hadRecentInput?: boolean;
    readonly interactionId?: number;
  }
}

/** Runs in the page before its own code. Nothing from outside this function exists there. */
export function installProbe(): void {
  const probe: Probe = {
    longTasks: [],
    frames: [],
    presses: new Map(),
    draws: [],
    isTimingDraws: false,
    shift: 0,
    lcpMs: 0,
    writes: 0,
  };
  window.bench = probe;
  const watch = (
    type: string,
    take: (entry: PerformanceEntry) => void,
    options: { durationThreshold?: number } = {},
  ): void => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    observer.observe({ type, buffered: true, ...options });
  };
  watch('longtask', (entry) => {
    probe.longTasks.push({ atMs: entry.startTime, ms: entry.duration });
  });
  watch('largest-contentful-paint', (entry) => (probe.lcpMs = entry.startTime));
  watch('layout-shift', (entry) => {
    if (entry.hadRecentInput !== true) probe.shift += entry.value ?? 0;
  });
  watch(
    'event',
    (entry) => {
      const id = entry.interactionId ?? 0;
      if (id > 0) probe.presses.set(id, Math.max(probe.presses.get(id) ?? 0, entry.duration));
    },
    { durationThreshold: 16 },
  );
  // All that the page draws for an event of the stream begins in a frame of its own: its script, what Svelte then
  // does in a microtask, and the layout.
  const original = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    original((time) => {
      if (!probe.isTimingDraws) return callback(time);
      const startedMs = performance.now();
      callback(time);
      queueMicrotask(() => {
        void document.body.offsetHeight;
        probe.draws.push(performance.now() - startedMs);
      });
    });
  new MutationObserver((records) => {
    // The clock of the strip moves each second by itself.
    const isClock = ({ target }: MutationRecord): boolean =>
      ((target instanceof Element ? target : target.parentElement)?.closest('.clock') ?? null) !==
      null;
    probe.writes += records.filter((record) => !isClock(record)).length;
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}
