import type { Download } from '@artemis/contracts';
import type { Change, StoredDownload } from './download-store.ts';
import type { Records } from './records.ts';

/** The attempt that a record names. It has lost the record once a person, or another attempt, has changed its status. */
export interface RunningAttempt {
  readonly id: string;
  readonly host: string;
  /** The record as it is now; null when it is not of this attempt any more. */
  current(): Promise<StoredDownload | null>;
  /** As `changeSurely` of the records; null also when the record is not of this attempt any more. */
  change(decide: (stored: StoredDownload) => Change): Promise<StoredDownload | null>;
  /** What is to be seen of it, and is not stored by itself. */
  progress(patch: Partial<Download>): void;
}

export function createRunningAttempt(
  { download: { id }, host }: StoredDownload,
  token: string,
  records: Pick<Records, 'get' | 'changeSurely' | 'progress'>,
): RunningAttempt {
  const isMine = (stored: StoredDownload) =>
    stored.token === token && stored.download.status === 'running';

  return {
    id,
    host,
    async current() {
      const stored = await records.get(id);
      return stored && isMine(stored) ? stored : null;
    },
    change: (decide) =>
      records.changeSurely(id, (stored) => (isMine(stored) ? decide(stored) : null)),
    progress: (patch) => records.progress(id, token, patch),
  };
}
