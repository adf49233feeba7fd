import { appendFile, chmod, readFile, rename, stat, writeFile } from 'node:fs/promises';
import type { KeptLine, LogArchive } from '../domain/activity-log.ts';
import type { Logger } from '../domain/records.ts';

/** Lines come in bursts; one write takes them all. */
const FLUSH_MS = 1000;
/** Two files of this size at most: the current one and the one before. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

export interface FileLogArchiveOptions {
  readonly path: string;
  readonly logger: Logger;
}

export interface FileLogArchive extends LogArchive {
  /** The lines of earlier runs that `isWanted`, oldest first; the others are dropped from the file. Once, at the start. */
  load(isWanted: (line: KeptLine) => boolean): Promise<readonly KeptLine[]>;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** The activity log as JSON lines. Not durable: a log is worth no fsync. */
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
      logger.warn({ err: error }, 'lines of the activity log are not kept');
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
    async load(isWanted) {
      const texts = await Promise.all([olderPath, path].map(readIfThere));
      const lines = texts.flatMap((text) => text.split('\n').flatMap(parseLine)).filter(isWanted);
      try {
        await writeFile(olderPath, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
        await chmod(olderPath, 0o600);
        await writeFile(path, '', { mode: 0o600 });
      } catch (error) {
        logger.warn({ err: error }, 'the activity log of earlier runs is not tidied up');
        sizeBytes = await stat(path).then(
          ({ size }) => size,
          () => 0,
        );
      }
      return lines;
    },
    close: flush,
  };
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** A line that was cut by a kill is left out. */
function parseLine(text: string): readonly KeptLine[] {
  try {
    const line = JSON.parse(text) as Partial<KeptLine> | null;
    const isWhole =
      typeof line?.seq === 'number' &&
      typeof line.at === 'string' &&
      typeof line.level === 'string' &&
      typeof line.text === 'string' &&
      typeof line.is_for_console === 'boolean';
    return isWhole ? [line as KeptLine] : [];
  } catch {
    return [];
  }
}
