import { appendFile, open, rename, stat, writeFile } from 'node:fs/promises';
import { LogLine } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import type { KeptLine, LogArchive } from '../domain/activity-log.ts';
import type { Logger } from '../domain/records.ts';
import { readStoredLines } from '../stored.ts';
import { writeDurably } from './files/durable-file.ts';

/** One write takes all lines of a burst. */
const FLUSH_MS = 1000;
/** There are at most two files of this size: the current one and the previous one. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

const StoredLine = Type.Composite([LogLine, Type.Object({ is_for_console: Type.Boolean() })]);

export interface FileLogArchiveOptions {
  readonly path: string;
  readonly logger: Logger;
}

export interface FileLogArchive extends LogArchive {
  /**
   * The newest lines of earlier runs, oldest first: those of the console, and those of downloads that are known. Drops all
   * others from the files. Call once, at the start.
   */
  load(isKnown: (downloadId: string) => Promise<boolean>): Promise<readonly KeptLine[]>;
  /** Writes the remaining lines. */
  close(): Promise<void>;
}

/** The activity log as JSON lines, without fsync: a power cut may lose the last lines. */
export function createFileLogArchive({ path, logger }: FileLogArchiveOptions): FileLogArchive {
  const olderPath = `${path}.1`;
  let pending: string[] = [];
  let sizeBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(text: string): Promise<void> {
    try {
      if (sizeBytes > MAX_FILE_BYTES) {
        await rename(path, olderPath);
        sizeBytes = 0;
      }
      await appendFile(path, text, { mode: 0o600 });
      sizeBytes += Buffer.byteLength(text);
    } catch (error) {
      logger.warn({ err: error }, 'lines of the activity log could not be saved');
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const text = pending.join('');
    pending = [];
    if (text !== '') writing = writing.then(() => write(text));
    return writing;
  }

  return {
    append(line) {
      pending.push(`${JSON.stringify(line)}\n`);
      timer ??= setTimeout(() => void flush(), FLUSH_MS).unref();
    },
    async load(isKnown) {
      let wanted: readonly KeptLine[] = [];
      try {
        const texts = await Promise.all([olderPath, path].map(readEnd));
        const lines = texts.flatMap((text) => text.split('\n'));
        wanted = await knownLines(
          withoutRepeats(await readStoredLines(StoredLine, lines)),
          isKnown,
        );
        const kept = wanted.map((line) => `${JSON.stringify(line)}\n`).join('');
        // Written before the other file is emptied: a stop in between repeats lines instead of losing them.
        await writeDurably(olderPath, kept, 0o600);
        await writeFile(path, '', { mode: 0o600 });
      } catch (error) {
        logger.warn({ err: error }, 'the activity log of earlier runs could not be cleaned up');
        sizeBytes = await stat(path).then(
          ({ size }) => size,
          () => 0,
        );
      }
      return wanted;
    },
    close: flush,
  };
}

/**
 * The last 8 MiB of the file, whatever its size, without an incomplete first line. Empty when the file is missing.
 */
async function readEnd(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - MAX_FILE_BYTES);
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(Math.min(size, MAX_FILE_BYTES)),
      position: start,
    });
    const text = buffer.toString('utf8', 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}

async function knownLines(
  lines: readonly KeptLine[],
  isKnown: (downloadId: string) => Promise<boolean>,
): Promise<readonly KeptLine[]> {
  const known = new Map<string, boolean>();
  for (const { download_id: id } of lines) {
    if (id !== undefined && !known.has(id)) known.set(id, await isKnown(id));
  }
  return lines.filter(({ download_id: id, is_for_console: isForConsole }) =>
    id === undefined ? isForConsole : known.get(id),
  );
}

function withoutRepeats(lines: readonly KeptLine[]): readonly KeptLine[] {
  const seen = new Set<number>();
  return lines.filter(({ seq }) => !seen.has(seq) && seen.add(seq));
}
