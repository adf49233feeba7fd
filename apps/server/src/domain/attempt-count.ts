import type { Download, FailureCode } from '@artemis/contracts';

/** Since a person asked for the download, whatever each of them has brought. */
export const MOST_AUTOMATIC_RUNS = 50;

/** Failures after which the partial file stays, and the next run continues it. */
const CONTINUED: ReadonlySet<FailureCode> = new Set(['NETWORK', 'STALLED']);

/** Which automatic runs of a download count towards `MAX_ATTEMPTS`. In memory only. */
export interface AttemptCount {
  /** A person asks for it again: nothing that was counts any more. */
  beginAnew(download: Download): void;
  /**
   * Of a run that has just failed, how many count, with itself, from 1. One that has brought more of the file than any before
   * is the first again, so that a long download over a bad line ends well. To be called once a run.
   */
  afterFailure(download: Download, code: FailureCode): number;
  forget(id: string): void;
}

interface Count {
  readonly begunAt: number;
  readonly countsFrom: number;
  readonly furthestBytes: number;
}

export function createAttemptCount(): AttemptCount {
  const counts = new Map<string, Count>();
  const unknown: Count = { begunAt: 0, countsFrom: 0, furthestBytes: 0 };

  return {
    beginAnew({ id, attempt }) {
      counts.set(id, { begunAt: attempt, countsFrom: attempt, furthestBytes: 0 });
    },
    afterFailure({ id, attempt, downloaded_bytes: bytes }, code) {
      const before = counts.get(id) ?? unknown;
      const got = bytes ?? 0;
      if (got > before.furthestBytes && CONTINUED.has(code)) {
        counts.set(id, { ...before, countsFrom: attempt - 1, furthestBytes: got });
      }
      const { begunAt, countsFrom } = counts.get(id) ?? before;
      return attempt - begunAt >= MOST_AUTOMATIC_RUNS ? Infinity : attempt - countsFrom;
    },
    forget: (id) => void counts.delete(id),
  };
}
