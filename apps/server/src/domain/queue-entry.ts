import type { DiskGate } from './disk-gate.ts';
import type { StoredDownload } from './download-store.ts';
import type { EngineWaits } from './engines/engine-waits.ts';
import type { QueueEntry } from './ports.ts';

/** More than there will ever be records: what has failed with its site lets those try first that have not. */
const BEHIND = 1e9;

/** How a download waits in the queue. */
export function queueEntryOf(
  stored: StoredDownload,
  disk: Pick<DiskGate, 'neededBytes'>,
  engineWaits: Pick<EngineWaits, 'heldUntilMs'>,
): QueueEntry {
  const { download, order, host } = stored;
  const { id, priority, retry_at: retryAt, waiting_for: waitingFor } = download;
  const ownMs = retryAt === null ? null : Date.parse(retryAt);
  const heldMs = engineWaits.heldUntilMs(stored);
  const isBehind = heldMs !== null && waitingFor === 'engine';
  return {
    id,
    priority,
    order: isBehind ? order + BEHIND : order,
    host,
    notBeforeMs: heldMs === null ? ownMs : Math.max(heldMs, ownMs ?? heldMs),
    isForRelease: waitingFor === 'release',
    neededBytes: disk.neededBytes(id),
  };
}
