import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { say, saidAs, type Said } from '@artemis/contracts';
import type { HistoryChange, HistoryStore, StoreHealth } from '../domain/ports.ts';
import type { Logger } from '../domain/records.ts';
import { systemCalls, writeDurably, type FileCalls } from './files/durable-file.ts';
import { archiveChangeOf, openArchive } from './history/archive.ts';
import {
  applyChange,
  copyOf,
  emptyContent,
  forgetOldKeys,
  type Content,
} from './history/content.ts';
import { createHistoryCopy } from './history/copy.ts';
import { HEADS } from './history/document.ts';
import { journalPathOf, openJournal } from './history/journal.ts';
import { baseLine, groupLine, type Base } from './history/journal-text.ts';
import { readFromDisk } from './history/read-from-disk.ts';
import { FileGoneError } from './history/tail.ts';
import {
  baseOf,
  endOfHistory,
  startOfHistory,
  writeDraft,
  writeHead,
  type Head,
  type Snapshot,
} from './history/write-by-line.ts';

/** Up to this size the file is written whole at each change. */
const SMALL_BYTES = 256 * 1024;
/** A larger one is written anew after a pause of changes, and soon after the first of them when there is none. */
const QUIET_MS = 1500;
const MOST_BEHIND_MS = 3000;
/** So often, and whenever the journal has grown to an eighth of the file, the copy is written too and the journal cut. */
const CUT_EVERY_MS = 60_000;
const CUT_BYTES = 1024 * 1024;
/** Beyond, the changes of one turn are written in several steps, so that their text does not fill the memory. */
const GROUP_RECORDS = 2000;

export interface JsonFileHistoryOptions {
  readonly path: string;
  /** Folder for the last good copy. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** The time by which idempotency keys age. */
  readonly now?: () => Date;
  /** For tests that make writes fail: of a file as a whole. */
  readonly write?: (path: string, content: string) => Promise<void>;
  /** The same for the steps of each write. */
  readonly calls?: FileCalls;
  /** For tests of a large history with few records. */
  readonly smallBytes?: number;
}

interface PendingSave {
  readonly change: HistoryChange;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `downloads-history.json`, one record a line. A small file is replaced as a whole at each change. Beside a large one lies a
 * journal, to which changes are added; the file is written anew seconds later. A copy in the data folder is used when something has
 * damaged the file from outside; the journal belongs to it as well.
 */
export function createJsonFileHistory(options: JsonFileHistoryOptions): HistoryStore {
  const { path, dataDir, logger, calls = systemCalls, smallBytes = SMALL_BYTES } = options;
  const write =
    options.write ?? ((to: string, text: string) => writeDurably(to, text, 0o644, calls));
  const now = options.now ?? (() => new Date());
  const copyPath = join(dataDir, 'history-backup.json');
  const copy = createHistoryCopy({ path, copyPath, write, calls, logger });
  const journal = openJournal(journalPathOf(path), calls);
  const archive = openArchive(join(dataDir, 'history-archive.jsonl'), calls);
  let content: Content = emptyContent();
  /** Of a small history: each record is serialised once. A large one would be in memory twice. */
  let texts = new WeakMap<object, string>();
  let seq = 0;
  let pending: PendingSave[] = [];
  let isGroupDue = false;
  let lastTurn: Promise<unknown> = Promise.resolve();

  let isBig = false;
  /** The large file on the disk; null when it must be written anew before a journal can follow it. */
  let base: Base | null = null;
  let isMarked = false;
  let isDrafting = false;
  let rewriting: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let changedAtMs = 0;
  let behindSinceMs: number | null = null;
  let cutAtMs = -Infinity;
  /** Of which the copy is one; that of an earlier run is one of what was found. */
  let copied: Base | null = null;
  let isClosing = false;

  let damages: readonly Said[] = [];
  let isWritable = true;
  let isBehind = false;

  /** The files have one writer, and `content` is what is on the disk at the end of each turn. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = lastTurn.then(work);
    lastTurn = turn.catch(() => undefined);
    return turn;
  }

  function textOf(entry: object): string {
    const known = texts.get(entry);
    if (known !== undefined) return known;
    const text = JSON.stringify(entry);
    texts.set(entry, text);
    return text;
  }

  function wholeText(head: Head, of: Content, seqOf: number): string {
    const records = [...of.records.values()].reverse().map(textOf).join(',\n');
    return startOfHistory(head, seqOf) + records + endOfHistory([...of.keys.values()].map(textOf));
  }

  async function saveWhole(changes: readonly HistoryChange[]): Promise<void> {
    const next = copyOf(content);
    for (const change of changes) applyChange(next, change);
    forgetOldKeys(next, now());
    let text = wholeText(HEADS.plain, next, seq + 1);
    const isTooBig = text.length > smallBytes;
    if (isTooBig) text = HEADS.journaled + text.slice(HEADS.plain.length);
    await write(path, text);
    content = next;
    seq += 1;
    copy.later(text);
    if (!isTooBig) return;
    isBig = true;
    base = baseOf(seq, text);
    copied = base;
    isMarked = true;
    texts = new WeakMap();
  }

  async function saveToJournal(changes: readonly HistoryChange[]): Promise<void> {
    await makeReady();
    const line = groupLine(
      seq + 1,
      changes.map((change) => JSON.stringify(change)),
    );
    try {
      await journal.append(line);
    } catch (error) {
      if (!(error instanceof FileGoneError)) throw error;
      // What was in it is in memory.
      base = null;
      await makeReady();
      await journal.append(line);
    }
    seq += 1;
    for (const change of changes) applyChange(content, change);
    changedAtMs = performance.now();
    behindSinceMs ??= changedAtMs;
    rewriteLater();
  }

  /** A file, and a journal that belongs to it. */
  async function makeReady(): Promise<void> {
    if (!base) {
      if (isDrafting) throw new Error('the history file is being written');
      const draft = await writeDraft(path, snapshot(), HEADS.journaled, calls);
      await draft.replace();
      base = draft.base;
      isMarked = true;
      await journal.begin(base);
    } else if (!journal.hasBegun) {
      await journal.begin(base);
    }
    if (isMarked) return;
    // One that is not written like ours is written anew at once, and until then only the journal says that it is there.
    if (!(await writeHead(path, HEADS.journaled, calls))) behindSinceMs ??= -Infinity;
    isMarked = true;
  }

  function snapshot(): Snapshot {
    forgetOldKeys(content, now());
    const { records, keys } = content;
    return { seq, records: [...records.values()], idempotency: [...keys.values()] };
  }

  /** What goes to the archive is there before it leaves the history, and counts with the change that takes it out. */
  async function saveWithArchive(changes: readonly HistoryChange[]): Promise<void> {
    await archive.makeReady(content.archived);
    const toArchive = archiveChangeOf(changes, content);
    if (toArchive) await archive.append(seq + 1, toArchive);
    await (isBig ? saveToJournal(changes) : saveWhole(changes));
    if (toArchive) archive.commit(toArchive);
  }

  function takeGroup(): PendingSave[] {
    let count = 0;
    let records = 0;
    while (count < pending.length && records < GROUP_RECORDS) {
      records += pending[count]?.change.put?.length ?? 0;
      count += 1;
    }
    const group = pending.slice(0, count);
    pending = pending.slice(count);
    return group;
  }

  async function saveGroup(): Promise<void> {
    // Requests that arrive in this turn of the event loop share the write.
    await new Promise((resolve) => setImmediate(resolve));
    const group = takeGroup();
    isGroupDue = pending.length > 0;
    if (isGroupDue) void inTurn(saveGroup);
    try {
      await saveWithArchive(group.map(({ change }) => change));
      isWritable = true;
      for (const { resolve } of group) resolve();
    } catch (error) {
      isWritable = false;
      for (const { reject } of group) reject(error);
    }
  }

  function save(change: HistoryChange): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      pending.push({ change, resolve, reject });
      if (isGroupDue) return;
      isGroupDue = true;
      void inTurn(saveGroup);
    });
  }

  function rewriteLater(): void {
    if (timer || rewriting || isClosing || behindSinceMs === null) return;
    const at = Math.min(changedAtMs + QUIET_MS, behindSinceMs + MOST_BEHIND_MS);
    timer = setTimeout(rewriteIfDue, Math.max(0, at - performance.now())).unref();
  }

  function rewriteIfDue(): void {
    timer = null;
    const atMs = performance.now();
    const isQuiet = atMs >= changedAtMs + QUIET_MS;
    if (!isQuiet && atMs < (behindSinceMs ?? atMs) + MOST_BEHIND_MS) {
      rewriteLater();
      return;
    }
    const cuts =
      atMs >= cutAtMs + CUT_EVERY_MS ||
      journal.bytes >= Math.max(CUT_BYTES, (base?.bytes ?? 0) / 8);
    rewriting = rewrite(HEADS.journaled, cuts).finally(() => {
      rewriting = null;
      rewriteLater();
    });
  }

  /** Writes the file anew; with `cuts` its copy too, after which the journal is needed for neither. Never rejects. */
  async function rewrite(head: Head, cuts: boolean): Promise<void> {
    try {
      const state = await inTurn(async () => {
        await archive.makeReady(content.archived);
        await makeReady();
        if (cuts) await journal.rotate();
        behindSinceMs = null;
        isDrafting = true;
        return snapshot();
      });
      const draft = await writeDraft(path, state, head, calls);
      await inTurn(async () => {
        // Before the file is in its place: whichever of both is found, the journal knows what it adds to it.
        await journal.append(baseLine(draft.base));
        await draft.replace();
        base = draft.base;
        isDrafting = false;
      });
      isBehind = false;
      if (cuts) {
        await takeCopy();
        await inTurn(() => journal.settle());
      }
      if (draft.base.bytes <= smallBytes) await inTurn(becomeSmall);
    } catch (error) {
      isDrafting = false;
      if (error instanceof FileGoneError) base = null;
      isBehind = true;
      changedAtMs = performance.now();
      behindSinceMs ??= changedAtMs;
      logger.error({ err: error }, 'the history file could not be written anew');
    }
  }

  async function takeCopy(): Promise<void> {
    copied = base;
    cutAtMs = performance.now();
    await copy.takeFile();
  }

  async function becomeSmall(): Promise<void> {
    if (seq !== base?.seq) return;
    const text = wholeText(HEADS.plain, content, seq);
    await journal.append(baseLine(baseOf(seq, text)));
    await write(path, text);
    isBig = false;
    copy.later(text);
    await journal.remove();
  }

  async function open(): Promise<readonly Said[]> {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const found = await readFromDisk({ path, copyPath, journal, archive, now, logger });
    ({ content, seq, base } = found);
    copied = base;
    forgetOldKeys(content, now());
    isBig = found.fileBytes > smallBytes || found.journals.length > 0;
    if (isBig) {
      await inTurn(async () => {
        if (base) await journal.resume(found.journals);
        await archive.makeReady(content.archived);
        await makeReady();
        if (seq > (base?.seq ?? seq)) behindSinceMs = -Infinity;
      }).catch((error: unknown) => {
        isWritable = false;
        logger.error({ err: error }, 'the history cannot be written');
      });
      rewriteLater();
    } else {
      // Creates the file at the first start, updates an older format, and tests whether the file can be written.
      await save({}).catch((error: unknown) => {
        logger.error({ err: error }, 'the history cannot be written');
      });
    }
    return found.damages;
  }

  /** Leaves one file that says all, for every Artemis and without a journal. */
  async function closeBig(): Promise<void> {
    if (seq !== base?.seq) await rewrite(HEADS.closed, true);
    // Its journal has gone: the file is written from memory.
    if (!base) await rewrite(HEADS.closed, true);
    if (!isBig || seq !== base?.seq) return;
    if (copied !== base) await takeCopy();
    await writeHead(path, HEADS.closed, calls);
    await journal.remove();
  }

  return {
    async load() {
      damages = await open();
      for (const damage of damages) logger.error({}, damage.message);
      return {
        downloads: [...content.records.values()].reverse(),
        idempotency: [...content.keys.values()],
        archived: [...content.archived.values()].reverse(),
      };
    },
    save,
    health(): StoreHealth {
      if (!isWritable) {
        return {
          state: 'fail',
          ...say('HISTORY_NOT_WRITABLE'),
          ...saidAs('remedy', say('FREE_SPACE_OR_ALLOW')),
        };
      }
      if (isBehind) {
        return {
          state: 'warn',
          ...say('HISTORY_NOT_WRITTEN_ANEW'),
          ...saidAs('remedy', say('FREE_SPACE_FOR_TWO')),
        };
      }
      const [first, ...others] = damages;
      if (first) {
        return {
          state: 'warn',
          ...(others.length === 0
            ? first
            : { message: damages.map((damage) => damage.message).join(' ') }),
          ...saidAs('remedy', say('LOOK_FOR_RECORDS')),
        };
      }
      return { state: 'ok', ...say('HISTORY_FINE'), remedy: null };
    },
    async close() {
      isClosing = true;
      if (timer) clearTimeout(timer);
      while (isGroupDue) await lastTurn;
      await lastTurn;
      await rewriting;
      if (isBig) {
        await closeBig().catch((error: unknown) => {
          logger.error({ err: error }, 'the journal of the history stays until the next start');
        });
      }
      await journal.close();
      await archive.close();
      await copy.close();
    },
  };
}
