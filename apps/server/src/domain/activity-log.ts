import { LIMITS, type LogLevel, type LogLine } from '@artemis/contracts';

const LINES_PER_DOWNLOAD = 500;
const LINE_CHARACTERS = 2000;
const RESTART_GAP = 10_000;

/** A line, and whether it is one of the console's. */
export interface KeptLine extends LogLine {
  readonly is_for_console: boolean;
}

/** Keeps lines beyond the end of the process. Best effort: takes at once, never throws, may lose the last second. */
export interface LogArchive {
  append(line: KeptLine): void;
}

/** A sentence, with its code if it has one. */
export type Words = string | (Pick<LogLine, 'code' | 'values'> & { readonly message: string });

/** What happened, in words for people: one list for the console, one for each download. */
export interface ActivityLog {
  /** A line of one download, or of the whole server when `downloadId` is null. */
  write(level: LogLevel, words: Words, downloadId: string | null, isForConsole: boolean): void;
  console(after: number): { lines: readonly LogLine[]; next: number };
  ofDownload(downloadId: string, after: number): { lines: readonly LogLine[]; next: number };
  forget(downloadId: string): void;
  /** Before anything is written: takes over lines of an earlier run, oldest first. */
  restore(lines: readonly KeptLine[]): void;
  subscribe(listener: (line: LogLine) => void): () => void;
}

export function createActivityLog(
  now: () => Date = () => new Date(),
  archive: LogArchive | null = null,
): ActivityLog {
  const console: LogLine[] = [];
  const byDownload = new Map<string, LogLine[]>();
  const listeners = new Set<(line: LogLine) => void>();
  let seq = 0;

  function after(lines: readonly LogLine[], last: number) {
    const found = lines.filter((line) => line.seq > last);
    return { lines: found, next: found.at(-1)?.seq ?? Math.min(last, seq) };
  }

  function append(lines: LogLine[], line: LogLine, limit: number): void {
    lines.push(line);
    if (lines.length > limit) lines.splice(0, lines.length - limit);
  }

  function keep(line: LogLine, isForConsole: boolean): void {
    const { download_id: downloadId } = line;
    if (downloadId !== undefined) {
      const lines = byDownload.get(downloadId) ?? [];
      byDownload.set(downloadId, lines);
      append(lines, line, LINES_PER_DOWNLOAD);
    }
    if (isForConsole) append(console, line, LIMITS.logLines);
  }

  return {
    write(level, words, downloadId, isForConsole) {
      seq += 1;
      const { message, code, values } = typeof words === 'string' ? { message: words } : words;
      const line: LogLine = {
        seq,
        at: now().toISOString(),
        level,
        text: message.slice(0, LINE_CHARACTERS),
        ...(code === undefined ? {} : { code }),
        ...(values === undefined ? {} : { values }),
        ...(downloadId === null ? {} : { download_id: downloadId }),
      };
      keep(line, isForConsole);
      archive?.append({ ...line, is_for_console: isForConsole });
      if (isForConsole) for (const listener of listeners) listener(line);
    },
    restore(lines) {
      for (const { is_for_console: isForConsole, ...line } of lines) {
        keep(line, isForConsole);
        seq = Math.max(seq, line.seq);
      }
      // Numbers that were given out, but not kept, before a kill must not be given out again.
      if (lines.length > 0) seq += RESTART_GAP;
    },
    console: (last) => after(console, last),
    ofDownload: (downloadId, last) => after(byDownload.get(downloadId) ?? [], last),
    forget: (downloadId) => void byDownload.delete(downloadId),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
