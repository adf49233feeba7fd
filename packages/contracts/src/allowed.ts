import type { FailureCode } from './codes.ts';
import type { Download } from './download.ts';

/** Whether this is a live stream that is being recorded now, so that it can be finished with what it has. */
export function isRecording({
  status,
  phase,
  metadata,
}: Pick<Download, 'status' | 'phase' | 'metadata'>): boolean {
  return status === 'running' && phase === 'downloading' && metadata.is_live === true;
}

/** Failures after which there is a part of the media that a person may want to keep as it is. */
export const KEPT_INCOMPLETE: readonly FailureCode[] = ['TRUNCATED', 'FRAGMENTS_MISSING'];

/** Whether `accept_incomplete` may be asked of it. What was there may be gone by then: it is kept for a day. */
export function mayBeKeptIncomplete({
  status,
  error,
}: Pick<Download, 'status' | 'error'>): boolean {
  return status === 'failed' && error !== null && KEPT_INCOMPLETE.includes(error.code);
}
