import type { DiskGate } from './disk-gate.ts';
import type { LiveDownload } from './live-downloads.ts';
import type { QueueEntry } from './ports.ts';

/** How a download waits in the queue. */
export function queueEntryOf(
  { download, order, host }: LiveDownload,
  disk: Pick<DiskGate, 'neededBytes'>,
): QueueEntry {
  const { id, priority, retry_at: retryAt, waiting_for: waitingFor } = download;
  return {
    id,
    priority,
    order,
    host,
    notBeforeMs: retryAt === null ? null : Date.parse(retryAt),
    isForRelease: waitingFor === 'release',
    neededBytes: disk.neededBytes(id),
  };
}
