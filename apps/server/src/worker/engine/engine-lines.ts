const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Longer lines are dropped as a whole. */
export const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Cuts a byte stream into lines that end with `\n`, `\r` or both (ffmpeg ends its status lines with `\r` only). Empty lines
 * are skipped. Text is decoded line by line, so that no character is cut in half.
 */
export function createLineSplitter(onLine: (line: string) => void): {
  push(chunk: Buffer): void;
  /** Call at the end of the stream: passes on the last line when it has no line end. */
  flush(): void;
} {
  let parts: Buffer[] = [];
  let sizeBytes = 0;

  function keep(part: Buffer): void {
    sizeBytes += part.length;
    // Of a line that is too long, only the size is counted until the line ends.
    if (sizeBytes > MAX_LINE_BYTES) parts = [];
    else if (part.length > 0) parts.push(part);
  }

  function flush(): void {
    const isWhole = sizeBytes > 0 && sizeBytes <= MAX_LINE_BYTES;
    const line = isWhole ? Buffer.concat(parts, sizeBytes).toString('utf8') : '';
    parts = [];
    sizeBytes = 0;
    if (line !== '') onLine(line);
  }

  function push(chunk: Buffer): void {
    let start = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index];
      if (byte !== NEWLINE && byte !== CARRIAGE_RETURN) continue;
      keep(chunk.subarray(start, index));
      flush();
      start = index + 1;
    }
    keep(chunk.subarray(start));
  }

  return { push, flush };
}
