import { constants } from 'node:fs';
import { copyFile, link, mkdir, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../error-code.ts';
import type {
  HistoryChange,
  HistoryStore,
  IdempotencyEntry,
  StoreHealth,
} from '../domain/ports.ts';
import type { Logger } from '../domain/records.ts';
import { IDEMPOTENCY_MS } from '../domain/submit.ts';
import { writeDurably } from './files/durable-file.ts';
import {
  HISTORY_VERSION,
  NewerHistoryError,
  parseHistory,
  type ParsedHistory,
} from './history-document.ts';

const BACKUP_DELAY_MS = 1000;

export interface JsonFileHistoryOptions {
  readonly path: string;
  /** Folder for the last good copy. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** The time by which idempotency keys age. */
  readonly now?: () => Date;
  /** For tests that make writes fail. */
  readonly write?: typeof writeDurably;
}

interface Content {
  /** Serialised records by id, oldest first. */
  readonly records: ReadonlyMap<string, string>;
  readonly idempotency: readonly IdempotencyEntry[];
}

interface PendingSave {
  readonly change: HistoryChange;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `downloads-history.json`: one document that is replaced as a whole. Each record is serialised once per change, so that a
 * save costs a join and a write. A copy in the data folder, at most a second behind, is used when something has damaged the
 * file from outside.
 */
export function createJsonFileHistory(options: JsonFileHistoryOptions): HistoryStore {
  const { path, dataDir, logger } = options;
  const now = options.now ?? (() => new Date());
  const write = options.write ?? writeDurably;
  const backupPath = join(dataDir, 'history-backup.json');
  let content: Content = { records: new Map(), idempotency: [] };
  const keyTexts = new WeakMap<IdempotencyEntry, string>();
  let seq = 0;
  let pending: PendingSave[] = [];
  let flushing: Promise<void> | null = null;
  let backup: { text: string; timer: NodeJS.Timeout } | null = null;
  let backingUp: Promise<void> = Promise.resolve();
  let damage: string | null = null;
  let isWritable = true;

  function applied(changes: readonly HistoryChange[]): Content {
    const records = new Map(content.records);
    let idempotency = [...content.idempotency];
    for (const change of changes) {
      for (const download of change.put ?? []) records.set(download.id, JSON.stringify(download));
      for (const id of change.remove ?? []) records.delete(id);
      const { remember, forgetKeys = [] } = change;
      if (!remember) continue;
      const gone = new Set([remember.key, ...forgetKeys]);
      idempotency = [...idempotency.filter(({ key }) => !gone.has(key)), remember];
    }
    const limit = now().getTime() - IDEMPOTENCY_MS;
    return { records, idempotency: idempotency.filter(({ at }) => Date.parse(at) > limit) };
  }

  function serialised(next: Content): string {
    const downloads = [...next.records.values()].reverse().join(',\n');
    const idempotency = next.idempotency.map(serialisedKey).join(',\n');
    return `{"version":${HISTORY_VERSION},"seq":${seq},"downloads":[\n${downloads}\n],"idempotency":[${idempotency}]}\n`;
  }

  /** Serialises each entry once: entries never change, and there may be many. */
  function serialisedKey(entry: IdempotencyEntry): string {
    const known = keyTexts.get(entry);
    if (known !== undefined) return known;
    const text = JSON.stringify(entry);
    keyTexts.set(entry, text);
    return text;
  }

  async function flush(): Promise<void> {
    while (pending.length > 0) {
      // Requests that arrive in this turn of the event loop share the write.
      await new Promise((resolve) => setImmediate(resolve));
      const group = pending;
      pending = [];
      try {
        const next = applied(group.map(({ change }) => change));
        seq += 1;
        const text = serialised(next);
        await write(path, text);
        content = next;
        isWritable = true;
        scheduleBackup(text);
        for (const { resolve } of group) resolve();
      } catch (error) {
        isWritable = false;
        for (const { reject } of group) reject(error);
      }
    }
    // No `await` since the last check of `pending`: any later save starts its own flush.
    flushing = null;
  }

  function save(change: HistoryChange): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      pending.push({ change, resolve, reject });
      flushing ??= flush();
    });
  }

  function scheduleBackup(text: string): void {
    if (backup) {
      backup.text = text;
      return;
    }
    const timer = setTimeout(() => void writeBackup(), BACKUP_DELAY_MS);
    timer.unref();
    backup = { text, timer };
  }

  /** Writes one copy at a time, even when the disk is slower than the pause between two copies. */
  function writeBackup(): Promise<void> {
    backingUp = backingUp.then(async () => {
      if (!backup) return;
      clearTimeout(backup.timer);
      const { text } = backup;
      backup = null;
      try {
        await write(backupPath, text);
      } catch (error) {
        logger.warn({ err: error }, 'the copy of the history could not be written');
      }
    });
    return backingUp;
  }

  async function read(file: string): Promise<string | null> {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  /** Gives the file a second, unused name, which needs no space on a full disk. */
  async function setAside(): Promise<string> {
    const time = now().toISOString().replaceAll(/[:.]/g, '-');
    for (let number = 1; ; number += 1) {
      const suffix = number === 1 ? '' : `-${number}`;
      const aside = join(dirname(path), `downloads-history.corrupt-${time}${suffix}.json`);
      try {
        await link(path, aside);
        return aside;
      } catch (error) {
        const code = codeOf(error);
        if (code === 'EEXIST') continue;
        // The file system has no hard links.
        await copyFile(path, aside, constants.COPYFILE_EXCL);
        return aside;
      }
    }
  }

  async function readBackup(): Promise<ParsedHistory | null> {
    try {
      const text = await read(backupPath);
      return text === null ? null : parseHistory(text);
    } catch (error) {
      logger.error({ err: error }, 'the copy of the history is damaged too');
      return null;
    }
  }

  async function loadMain(): Promise<ParsedHistory | null> {
    const text = await read(path);
    if (text === null) return null;
    let parsed: ParsedHistory;
    try {
      parsed = parseHistory(text);
    } catch (error) {
      if (error instanceof NewerHistoryError) throw error;
      const aside = await setAside();
      // If the write below fails, the next start must not set the same file aside again.
      await unlink(path);
      const copy = await readBackup();
      const source = copy ? 'the last good copy is in use' : 'no good copy was found';
      damage = `The history file was damaged. It was kept as ${aside}; ${source}.`;
      return copy;
    }
    if (parsed.unreadable > 0) {
      const aside = await setAside();
      damage = `${parsed.unreadable} entries of the history could not be read. The whole file was kept as ${aside}.`;
    }
    return parsed;
  }

  return {
    async load() {
      await mkdir(dirname(path), { recursive: true });
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const parsed = await loadMain();
      if (damage) logger.error({}, damage);
      if (parsed) {
        seq = parsed.seq;
        content = {
          records: new Map(
            [...parsed.downloads]
              .reverse()
              .map((download) => [download.id, JSON.stringify(download)]),
          ),
          idempotency: parsed.idempotency,
        };
      }
      // Creates the file at the first start, updates an older format, and tests whether the file can be written.
      await save({}).catch((error: unknown) => {
        logger.error({ err: error }, 'the history cannot be written');
      });
      return { downloads: parsed?.downloads ?? [], idempotency: parsed?.idempotency ?? [] };
    },
    save,
    health(): StoreHealth {
      if (!isWritable) {
        return {
          state: 'fail',
          message: 'The history file cannot be written.',
          remedy: 'Free space on its disk, or allow the user of the server to write the file.',
        };
      }
      if (damage) {
        return {
          state: 'warn',
          message: damage,
          remedy: 'Look for missing records in that file.',
        };
      }
      return { state: 'ok', message: 'The history file can be read and written.', remedy: null };
    },
    async close() {
      while (flushing) await flushing;
      await writeBackup();
    },
  };
}
