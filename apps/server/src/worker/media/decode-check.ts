import type { Jobs } from '../engine/jobs.ts';

/** Decoding takes its time; what is not decoded by then is believed. */
const DECODE_TIMEOUT_MS = 600_000;

/**
 * Decodes the whole file, for media that was put together from parts which may not fit. What ffmpeg says first of what it
 * cannot decode; null when it can.
 */
export async function firstDecodeError(jobs: Jobs, path: string): Promise<string | null> {
  let first: string | null = null;
  await jobs.runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', '-xerror', '-err_detect', 'explode', '-i', `file:${path}`],
      ...['-map', '0:v?', '-map', '0:a?', '-f', 'null', '-'],
    ],
    (line) => {
      // The time stamps of two forms of a stream do not fall on one clock, which troubles this output alone.
      const isOfMedia = line.trim() !== '' && !/^\[null @|Last message repeated/.test(line.trim());
      first ??= isOfMedia ? line : null;
    },
    DECODE_TIMEOUT_MS,
  );
  return first;
}
