import { isTerminal, type Download } from '@artemis/contracts';
import type { Change, StoredDownload } from '../../domain/download-store.ts';
import { canMove } from '../../domain/status.ts';
import { NO_TALLY, type KeptRecord, type Tally } from '../../domain/tally.ts';

/** A tally that says nothing is not written. */
export function recordOf({ download, tally }: StoredDownload): KeptRecord {
  const keys = Object.keys(NO_TALLY) as (keyof Tally)[];
  return keys.some((key) => tally[key] !== NO_TALLY[key]) ? { ...download, tally } : download;
}

export function changed(current: StoredDownload, { patch, tally, token }: Change): StoredDownload {
  const download = { ...current.download, ...patch };
  const kept = download.status === 'running' ? current.token : null;
  return {
    ...current,
    download,
    tally: tally ? { ...current.tally, ...tally } : current.tally,
    token: token === undefined ? kept : token,
    version: current.version + 1,
  };
}

export function requireMove(
  { download: { status: from } }: StoredDownload,
  next: StoredDownload,
): void {
  const to = next.download.status;
  if (from !== to && !canMove(from, to)) throw new Error(`no move from ${from} to ${to}`);
}

export function countsInQueue({ status, parent_id: parentId }: Download): boolean {
  return parentId === null && !isTerminal(status);
}
