import type { Jobs } from '../engine/jobs.ts';

/** Time limit for decoding; whatever was not decoded by then counts as good. */
const DECODE_TIMEOUT_MS = 600_000;

/** Decodes media that was joined from parts which may not fit together. Returns ffmpeg's first decode error, or null. */
export async function firstDecodeError(jobs: Jobs, path: string): Promise<string | null> {
  let first: string | null = null;
  await jobs.runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', '-xerror', '-err_detect', 'explode', '-i', `file:${path}`],
      ...['-map', '0:v?', '-map', '0:a?', '-f', 'null', '-'],
    ],
    (line) => {
      // Errors of the null output do not count: the time stamps of two forms of a stream have different clocks.
      const isOfMedia = line.trim() !== '' && !/^\[null @|Last message repeated/.test(line.trim());
      first ??= isOfMedia ? line : null;
    },
    DECODE_TIMEOUT_MS,
  );
  return first;
}
