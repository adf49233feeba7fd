import { aborted, ApiError } from './api-error.ts';

/** Statuses of a server that is stopping or not there yet, and of a proxy before it. */
const PASSING_STATUSES: readonly number[] = [0, 429, 502, 503, 504];
const PATIENCE_MS = 120_000;

/** Tries again while the server cannot answer, for at most `patienceMs`. */
export async function patiently<T>(
  {
    signal,
    patienceMs = PATIENCE_MS,
  }: { readonly signal?: AbortSignal; readonly patienceMs?: number },
  intervalMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const since = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isPassing = error instanceof ApiError && PASSING_STATUSES.includes(error.status);
      const isOver = signal?.aborted === true || performance.now() - since >= patienceMs;
      if (!isPassing || isOver) throw error;
      await pause(Math.max(intervalMs, 1000 * (error.retryAfterSeconds ?? 0)), signal);
      if (signal?.aborted) throw aborted(signal);
    }
  }
}

/** Resolves early when the signal aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}
