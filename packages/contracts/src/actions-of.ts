import { isRecording, mayBeKeptIncomplete } from './allowed.ts';
import type { Download } from './download.ts';
import { isTerminal } from './vocabulary.ts';

/** What can be asked of one download. `keep_incomplete` is a retry with `accept_incomplete`, `purge` forgets a record. */
export const DOWNLOAD_ACTIONS = [
  'pause',
  'resume',
  'cancel',
  'finish',
  'retry',
  'keep_incomplete',
  'purge',
] as const;
export type DownloadAction = (typeof DOWNLOAD_ACTIONS)[number];

type Judged = Pick<Download, 'status' | 'phase' | 'metadata' | 'error' | 'entries'>;

/**
 * What may be done with a download as it is now: server and page ask here. The server may still refuse for what a record
 * does not tell, such as a full queue.
 */
export function actionsOf(download: Judged): ReadonlySet<DownloadAction> {
  return new Set(DOWNLOAD_ACTIONS.filter((action) => RULES[action](download)));
}

const RULES: Readonly<Record<DownloadAction, (download: Judged) => boolean>> = {
  pause: isPausable,
  resume: ({ status }) => status === 'paused',
  cancel: ({ status }) => !isTerminal(status),
  finish: isRecording,
  retry: ({ status, entries }) =>
    status === 'failed' ||
    status === 'cancelled' ||
    // Of a list, those of its entries that failed.
    (status === 'completed' && (entries?.failed ?? 0) > 0),
  keep_incomplete: mayBeKeptIncomplete,
  purge: ({ status }) => isTerminal(status),
};

/** Not while a file is being finished, and not when what is missed could not be read later. */
function isPausable({ status, phase, metadata }: Judged): boolean {
  if (status === 'queued') return true;
  return (
    status === 'running' &&
    (phase === 'extracting' || phase === 'downloading') &&
    metadata.is_live !== true
  );
}
