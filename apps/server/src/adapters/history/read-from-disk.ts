import { readFile, stat, unlink } from 'node:fs/promises';
import { say, type Said } from '@artemis/contracts';
import { codeOf } from '../../error-code.ts';
import type { Logger } from '../../domain/records.ts';
import type { Archive } from './archive.ts';
import { applyChange, contentOf, emptyContent, type Content } from './content.ts';
import { NewerHistoryError, parseHistory, type ParsedHistory } from './document.ts';
import type { Journal, StoredJournal } from './journal.ts';
import { replayFor, type Base } from './journal-text.ts';
import { readByLine, type ReadHistory } from './read-by-line.ts';
import { setAside } from './set-aside.ts';
import { baseOf } from './write-by-line.ts';

export interface DiskSources {
  readonly path: string;
  /** Of the last good copy. */
  readonly copyPath: string;
  readonly journal: Pick<Journal, 'read'>;
  readonly archive: Pick<Archive, 'load' | 'setStale'>;
  readonly now: () => Date;
  readonly logger: Logger;
}

export interface FoundOnDisk {
  readonly content: Content;
  readonly seq: number;
  /** The file as it lies there, if a journal may follow it as it is. */
  readonly base: Base | null;
  readonly fileBytes: number;
  /** To go on with; empty when there is none that is whole and belongs to the file. */
  readonly journals: readonly StoredJournal[];
  /** What was damaged, as whole sentences. */
  readonly damages: readonly Said[];
}

/**
 * What earlier runs have left. What cannot be read is set aside beside the file and told.
 * @throws {NewerHistoryError}
 */
export async function readFromDisk(sources: DiskSources): Promise<FoundOnDisk> {
  const { path, copyPath, now, logger } = sources;
  const damages: Said[] = [];

  async function readMain(): Promise<ReadHistory | null> {
    let found: ReadHistory | null;
    try {
      found = await read(path);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      const aside = await setAside(path, now());
      const copy = await readCopy();
      damages.push(say(copy ? 'HISTORY_RESTORED' : 'HISTORY_LOST', { aside }));
      return copy && { ...copy, isComplete: false };
    }
    const unreadable = found?.parsed.unreadable ?? 0;
    if (unreadable > 0) {
      const aside = await setAside(path, now());
      damages.push(say('HISTORY_ENTRIES_LOST', { count: unreadable, aside }));
    }
    return found;
  }

  async function readCopy(): Promise<ReadHistory | null> {
    try {
      return await read(copyPath);
    } catch (error) {
      logger.error({ err: error }, 'the copy of the history is damaged too');
      return null;
    }
  }

  async function setJournalsAside(journals: readonly StoredJournal[]): Promise<string> {
    const names: string[] = [];
    for (const journal of journals) names.push(await setAside(journal.path, now()));
    return names.join(' and ');
  }

  /** Also when nothing is in it: the next journal must not be taken for a part of this one. */
  async function giveUp(journals: readonly StoredJournal[]): Promise<void> {
    if (journals.some(({ entries }) => entries.some((entry) => 'seq' in entry))) {
      const names = await setJournalsAside(journals);
      damages.push(say('HISTORY_OF_OTHER_JOURNAL', { names }));
    }
    for (const journal of journals) {
      await unlink(journal.path).catch((error: unknown) => {
        logger.error({ err: error }, 'the journal of another history file could not be removed');
      });
    }
  }

  /** As after a restore of an older file: the file decides, and its removal of a record must not bring back the archived one. */
  function dropRepeated({ records, archived }: Content): void {
    for (const id of archived.keys()) {
      if (!records.has(id)) continue;
      archived.delete(id);
      sources.archive.setStale();
    }
  }

  const main = await readMain();
  const journals = await sources.journal.read();
  const content = main ? contentOf(main.parsed.downloads, main.parsed.idempotency) : emptyContent();
  const found = {
    content,
    seq: main?.parsed.seq ?? 0,
    base: main?.isComplete ? main.base : null,
    fileBytes: main?.base.bytes ?? 0,
    journals,
    damages,
  };
  const replay = main && replayFor(main.base, journals);
  const lastSeq = replay?.groups.at(-1)?.seq ?? found.seq;
  const { records, damages: ofArchive } = await sources.archive.load(lastSeq, now());
  for (const [id, download] of records) content.archived.set(id, download);
  damages.push(...ofArchive);
  if (!replay) {
    await giveUp(journals);
    dropRepeated(content);
    return { ...found, journals: [] };
  }
  for (const { changes } of replay.groups) {
    for (const change of changes) applyChange(content, change);
  }
  // A record that left the file with a change of the journal is in the archive, unless its disk refused to keep that.
  for (const [id, download] of content.archived)
    if (records.get(id) !== download) sources.archive.setStale();
  dropRepeated(content);
  const seq = lastSeq;
  if (replay.damaged === 0) return { ...found, seq };
  const names = await setJournalsAside(journals);
  damages.push(say('JOURNAL_ENTRIES_LOST', { count: replay.damaged, names }));
  return { ...found, seq, base: null, journals: [] };
}

class DamagedError extends Error {}

function parsedOrDamaged(text: string): ParsedHistory {
  try {
    return parseHistory(text);
  } catch (cause) {
    throw cause instanceof NewerHistoryError ? cause : new DamagedError('no history', { cause });
  }
}

/**
 * Null when there is none.
 * @throws {NewerHistoryError}
 * @throws {DamagedError}
 */
async function read(path: string): Promise<ReadHistory | null> {
  const size = await stat(path).then(
    (found) => found.size,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    },
  );
  if (size === null) return null;
  const byLine = await readByLine(path);
  if (byLine) return byLine;
  const text = await readFile(path, 'utf8');
  const parsed = parsedOrDamaged(text);
  return { parsed, base: baseOf(parsed.seq, text), isComplete: false };
}
