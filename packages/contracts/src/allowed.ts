import type { FailureCode } from './codes.ts';
import type { Download } from './download.ts';

/** Whether this download is recording a live stream now, so that `finish` can end it and keep what it has. */
export function isRecording({
  status,
  phase,
  metadata,
}: Pick<Download, 'status' | 'phase' | 'metadata'>): boolean {
  return status === 'running' && phase === 'downloading' && metadata.is_live === true;
}

/** Failures that leave a part of the media, which a person may want to keep. */
export const KEPT_INCOMPLETE: readonly FailureCode[] = ['TRUNCATED', 'FRAGMENTS_MISSING'];

/** Whether a retry may ask for `accept_incomplete`. The partial media is kept for a day only. */
export function mayBeKeptIncomplete({
  status,
  error,
}: Pick<Download, 'status' | 'error'>): boolean {
  return status === 'failed' && error !== null && KEPT_INCOMPLETE.includes(error.code);
}
