import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARIES = '/usr/lib';

/** `<architecture>/faketime/libfaketime.so.1`, as Debian has it. */
function libfaketime(): string {
  const found = readdirSync(LIBRARIES)
    .map((architecture) => join(LIBRARIES, architecture, 'faketime/libfaketime.so.1'))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error('libfaketime was not found. To fix this, run: sudo apt-get install libfaketime');
}

/**
 * Variables for a server whose computer has another clock. Its monotonic clock and the dates of files stay true.
 * @param clock as of faketime(1): `+31d` from the true one, or `@2038-01-20 00:00:00`
 */
export function wrongClock(clock: string): Record<string, string> {
  return { ...preload(), FAKETIME: clock };
}

/** The same, by what stands in that file at each moment. */
export function clockOfFile(path: string): Record<string, string> {
  return { ...preload(), FAKETIME_TIMESTAMP_FILE: path, FAKETIME_NO_CACHE: '1' };
}

function preload(): Record<string, string> {
  return { LD_PRELOAD: libfaketime(), FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
}
