import type { Download, FailureCode } from '@artemis/contracts';
import type { StoredDownload } from './download-store.ts';
import { NO_TALLY, type Tally } from './tally.ts';

/** Since a person asked for the download, whatever each of them has brought. */
export const MOST_AUTOMATIC_RUNS = 50;

/** Failures after which the partial file stays, and the next run continues it. */
const CONTINUED: ReadonlySet<FailureCode> = new Set(['NETWORK', 'STALLED']);

/** A person asks for it again: nothing that was counts any more. */
export function begunAnew({ attempt }: Pick<Download, 'attempt'>): Tally {
  return { ...NO_TALLY, begun_at: attempt, counts_from: attempt };
}

/**
 * Of a run that has just failed, how many count towards `MAX_ATTEMPTS`, with itself, from 1; and the tally with it. One that has
 * brought more of the file than any before is the first again, so that a long download over a bad line ends well.
 */
export function countFailure(
  { download, tally }: Pick<StoredDownload, 'download' | 'tally'>,
  code: FailureCode,
): { readonly runs: number; readonly tally: Tally } {
  const { attempt, downloaded_bytes: bytes } = download;
  const got = bytes ?? 0;
  const isFurther = got > tally.furthest_bytes && CONTINUED.has(code);
  const after = isFurther ? { ...tally, counts_from: attempt - 1, furthest_bytes: got } : tally;
  const isOver = attempt - after.begun_at >= MOST_AUTOMATIC_RUNS;
  return { runs: isOver ? Infinity : attempt - after.counts_from, tally: after };
}
