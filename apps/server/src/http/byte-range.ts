/** Positions of the first and the last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that a caller asks for. `null`: no range, several ranges, or an unknown form, so the whole file is
 * sent (RFC 9110 §14.2). `unsatisfiable`: outside the file.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!match) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Number(last);
    if (length === 0 || size === 0) return 'unsatisfiable';
    return { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end };
}

/** Whether `If-Range` still names this version of the file; without the header a range is always served. */
export function isRangeFresh(header: string | undefined, etag: string, modifiedAt: Date): boolean {
  if (header === undefined) return true;
  if (header.startsWith('"')) return header === etag;
  if (header.startsWith('W/')) return false;
  return Date.parse(header) === Math.floor(modifiedAt.getTime() / 1000) * 1000;
}
