const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line longer than this is dropped whole. */
export const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Cuts a byte stream into lines, for programs that end theirs with `\n`, `\r` or both (ffmpeg writes its status
 * with `\r` only). Empty lines are skipped; characters are decoded a line at a time, so none is cut in half.
 */
export function createLineSplitter(onLine: (line: string) => void): {
  push(chunk: Buffer): void;
  /** The rest without a line end, when the stream has ended. */
  flush(): void;
} {
  let parts: Buffer[] = [];
  let sizeBytes = 0;

  function keep(part: Buffer): void {
    sizeBytes += part.length;
    // Kept are only the parts that could still make a line; the size goes on counting until the line ends.
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
