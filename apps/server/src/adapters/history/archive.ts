import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { say, type Download, type Said } from '@artemis/contracts';
import { codeOf } from '../../error-code.ts';
import type { HistoryChange } from '../../domain/ports.ts';
import { syncFolder, type FileCalls } from '../files/durable-file.ts';
import { archiveLine, readArchiveLines, type ArchiveChange } from './archive-text.ts';
import type { Content } from './content.ts';
import { setAside } from './set-aside.ts';
import { FileGoneError, openTail } from './tail.ts';

/** Fewer entries are not worth a file that is written anew. */
const LEAST_ENTRIES = 500;
const PIECE_CHARACTERS = 128 * 1024;

export interface FoundArchive {
  readonly records: Map<string, Download>;
  readonly damages: readonly Said[];
}

/**
 * The file of the records that have left the history file and are still stored. A line belongs to a change of the history:
 * it is written before that, and counts when that does. No calls at the same time.
 */
export interface Archive {
  /**
   * What earlier runs have left. A last line whose change the history does not have never came to be. Never rejects: an
   * archive that cannot be read is told.
   */
  load(historySeq: number, now: Date): Promise<FoundArchive>;
  /** Durable when resolved; the change of the history follows. */
  append(seq: number, change: ArchiveChange): Promise<void>;
  /** The change of the history is durable. */
  commit(change: ArchiveChange): void;
  /**
   * Before the history is written: a line whose change was refused is cut off, since the next change has its number. Until then
   * it stays, because whether a change that failed is on the disk is only known at the next start. Writes the file anew, with
   * these records, when more than half of it counts no more, or it is stale.
   */
  makeReady(records: ReadonlyMap<string, Download>): Promise<void>;
  /** The file says something else than the records that were made of it. */
  setStale(): void;
  close(): Promise<void>;
}

/** What the changes of one turn mean for the archive; null when nothing. */
export function archiveChangeOf(
  changes: readonly HistoryChange[],
  { records, archived }: Content,
): ArchiveChange | null {
  const put = new Map<string, Download>();
  const remove = new Set<string>();
  const changed = new Map<string, Download>();
  const isArchived = (id: string) => put.has(id) || (archived.has(id) && !remove.has(id));
  for (const change of changes) {
    for (const download of change.put ?? [])
      (isArchived(download.id) ? put : changed).set(download.id, download);
    for (const id of change.archive ?? []) {
      const download = changed.get(id) ?? records.get(id);
      if (download && !isArchived(id)) put.set(id, download);
    }
    for (const id of change.remove ?? []) {
      if (isArchived(id)) remove.add(id);
      put.delete(id);
      changed.delete(id);
    }
  }
  if (put.size === 0 && remove.size === 0) return null;
  return { put: [...put.values()], remove: [...remove].filter((id) => !put.has(id)) };
}

export function openArchive(path: string, calls: FileCalls): Archive {
  let tail = openTail(path, 0, calls);
  let committedBytes = 0;
  /** Records and removals in the file. */
  let entries = 0;
  let isOpenEnded = false;
  let isStale = false;
  let isReadable = true;

  async function writeAnew(records: ReadonlyMap<string, Download>): Promise<void> {
    const temporary = `${path}.tmp`;
    const file = await calls.open(temporary, 'w', 0o600);
    let bytes = 0;
    try {
      let text = '';
      const write = async () => {
        await calls.write(file, text);
        bytes += Buffer.byteLength(text);
        text = '';
      };
      for (const download of records.values()) {
        text += archiveLine(0, { put: [download], remove: [] });
        if (text.length >= PIECE_CHARACTERS) await write();
      }
      await write();
      await calls.sync(file);
    } finally {
      await file.close();
    }
    await calls.rename(temporary, path);
    await tail.close();
    tail = openTail(path, bytes, calls);
    committedBytes = bytes;
    entries = records.size;
    isOpenEnded = false;
    isStale = false;
    await syncFolder(dirname(path), calls);
  }

  async function read(historySeq: number, now: Date): Promise<FoundArchive> {
    const records = new Map<string, Download>();
    const bytes = await readFile(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (bytes === null) return { records, damages: [] };
    const { lines, wholeBytes, damaged } = readArchiveLines(bytes);
    const hasOpenLine = lines.at(-1)?.seq === historySeq + 1;
    for (const { put, remove } of hasOpenLine ? lines.slice(0, -1) : lines) {
      for (const download of put) records.set(download.id, download);
      for (const id of remove) records.delete(id);
      entries += put.length + remove.length;
    }
    committedBytes = hasOpenLine ? bytes.lastIndexOf(0x0a, wholeBytes - 2) + 1 : wholeBytes;
    tail = openTail(path, committedBytes, calls);
    isOpenEnded = bytes.length > committedBytes;
    if (damaged === 0) return { records, damages: [] };
    const aside = await setAside(path, now);
    isStale = true;
    return { records, damages: [say('ARCHIVE_ENTRIES_LOST', { count: damaged, aside })] };
  }

  return {
    async load(historySeq, now) {
      try {
        return await read(historySeq, now);
      } catch (error) {
        // What could not be read must not be replaced by less.
        isReadable = false;
        const said = say('ARCHIVE_NOT_READABLE', { path, reason: String(error) });
        return { records: new Map(), damages: [said] };
      }
    },
    async append(seq, change) {
      if (!isReadable) throw new Error('the archive of the history could not be read');
      isOpenEnded = true;
      await tail.append(archiveLine(seq, change));
      if (committedBytes === 0) await syncFolder(dirname(path), calls);
    },
    commit({ put, remove }) {
      committedBytes = tail.bytes;
      entries += put.length + remove.length;
      isOpenEnded = false;
    },
    async makeReady(records) {
      if (!isReadable) return;
      if (isStale) await writeAnew(records);
      // What is not done now is done before the next change.
      else if (entries >= LEAST_ENTRIES && entries > 2 * records.size)
        await writeAnew(records).catch(() => undefined);
      if (!isOpenEnded) return;
      try {
        await tail.cutTo(committedBytes).catch(() => undefined);
        await tail.requireWhole();
      } catch (error) {
        if (!(error instanceof FileGoneError)) throw error;
        await writeAnew(records);
      }
      isOpenEnded = false;
    },
    setStale() {
      isStale = true;
    },
    close: () => tail.close(),
  };
}
