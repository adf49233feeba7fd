import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DownloadedLinks } from '../domain/ports.ts';
import type { Logger } from '../domain/records.ts';
import { writeDurably } from './files/durable-file.ts';
import { openLineLog } from './files/line-log.ts';

/** The oldest are forgotten first. */
const MOST_KEPT = 200_000;

/** One key per line; a start drops the oldest keys when there are too many. */
export async function openDownloadedLinks(path: string, logger: Logger): Promise<DownloadedLinks> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  const whole = lines.slice(0, -1).slice(-MOST_KEPT);
  const keys = new Set(whole);
  // The text after the last line end is empty, unless a write was interrupted.
  if (lines.at(-1) !== '' || lines.length > MOST_KEPT + 1) {
    await writeDurably(path, whole.map((line) => `${line}\n`).join(''), 0o600);
  }
  const log = openLineLog(path, { isLossy: true });

  return {
    has: (key) => keys.has(key),
    add(added) {
      const fresh = [...new Set(added)].filter((key) => !keys.has(key));
      if (fresh.length === 0) return;
      for (const key of fresh) keys.add(key);
      log.append(fresh).catch((error: unknown) => {
        logger.warn({ err: error }, 'a downloaded link could not be saved');
      });
    },
    close: () => log.close(),
  };
}
