import { LIMITS, type LogLevel, type LogLine } from '@artemis/contracts';

const LINES_PER_DOWNLOAD = 500;
const LINE_CHARACTERS = 2000;

/** What happened, in words for people: one list for the console, one for each download. In memory. */
export interface ActivityLog {
  /** A line of one download, or of the whole server when `downloadId` is null. */
  write(level: LogLevel, text: string, downloadId: string | null, isForConsole: boolean): void;
  console(after: number): { lines: readonly LogLine[]; next: number };
  ofDownload(downloadId: string, after: number): { lines: readonly LogLine[]; next: number };
  forget(downloadId: string): void;
  subscribe(listener: (line: LogLine) => void): () => void;
}

export function createActivityLog(now: () => Date = () => new Date()): ActivityLog {
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

  return {
    write(level, text, downloadId, isForConsole) {
      seq += 1;
      const line: LogLine = {
        seq,
        at: now().toISOString(),
        level,
        text: text.slice(0, LINE_CHARACTERS),
        ...(downloadId === null ? {} : { download_id: downloadId }),
      };
      if (downloadId !== null) {
        const lines = byDownload.get(downloadId) ?? [];
        byDownload.set(downloadId, lines);
        append(lines, line, LINES_PER_DOWNLOAD);
      }
      if (isForConsole) {
        append(console, line, LIMITS.logLines);
        for (const listener of listeners) listener(line);
      }
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
