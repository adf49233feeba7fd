import { isTerminal } from '@artemis/contracts';
import type { StoredDownload } from '../../domain/download-store.ts';
import type { HistoryContent } from '../../domain/ports.ts';
import type { KeptRecord } from '../../domain/tally.ts';
import type { MemoryTable } from './memory-table.ts';

/** Which terminal records count for the limit of the history, so that an end costs nothing for what waits or is archived. */
export interface EndedRecords {
  /** Those that are in the history file. */
  counted(): StoredDownload[];
  count(): number;
  /** Ids of those that are archived, and have no file any more. */
  emptied(): string[];
  /** It has left the history file for the archive. */
  archived(id: string): void;
}

export function createEndedRecords(
  table: MemoryTable,
  isArchived: (id: string) => boolean,
): EndedRecords {
  const counted = new Set<string>();
  const emptied = new Set<string>();

  table.watch((change) => {
    if (change.kind === 'removed') {
      counted.delete(change.id);
      emptied.delete(change.id);
      return;
    }
    if (change.isProgress) return;
    const { id, status, artifacts } = change.stored.download;
    const isEnded = isTerminal(status);
    set(counted, id, isEnded && !isArchived(id));
    set(emptied, id, isEnded && isArchived(id) && artifacts.length === 0);
  });

  return {
    counted: () => [...counted].flatMap((id) => table.get(id) ?? []),
    count: () => counted.size,
    emptied: () => [...emptied],
    archived: (id) => void counted.delete(id),
  };
}

function set(ids: Set<string>, id: string, isMember: boolean): void {
  if (isMember) ids.add(id);
  else ids.delete(id);
}

/** The oldest end first. A playlist is older than its entries, but ends after them: in the same millisecond as the last one when that is quick. */
export function byEnd(a: StoredDownload, b: StoredDownload): number {
  return endedAt(a) - endedAt(b) || generation(b) - generation(a) || a.order - b.order;
}

/** 1 for an entry of a playlist. */
function generation({ download }: StoredDownload): 0 | 1 {
  return download.parent_id === null ? 0 : 1;
}

function endedAt({ download }: StoredDownload): number {
  return Date.parse(download.completed_at ?? download.updated_at);
}

/** The oldest first. Those of the file keep their order, also when a clock was set back; those of the archive come between them by their time. */
export function inOrderOfAge({ downloads, archived = [] }: HistoryContent): KeptRecord[] {
  const early = [...archived].reverse().sort((a, b) => compareTexts(a.created_at, b.created_at));
  const all: KeptRecord[] = [];
  let next = 0;
  for (let index = downloads.length - 1; index >= 0; index -= 1) {
    const download = downloads[index];
    if (!download) continue;
    for (; next < early.length; next += 1) {
      const older = early[next];
      if (!older || older.created_at > download.created_at) break;
      all.push(older);
    }
    all.push(download);
  }
  return [...all, ...early.slice(next)];
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
