import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nullable } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import { afterLook, begunAt, believedWallMs, type PassedTime } from '../domain/passed-time.ts';
import type { Timekeeper } from '../domain/ports.ts';
import type { Logger } from '../domain/records.ts';
import { readStored } from '../stored.ts';
import { writeDurably } from './files/durable-file.ts';

/** Roughly the year 5000; a larger number is not a time. */
const MOST_MS = 1e14;
const Milliseconds = Type.Number({ exclusiveMinimum: -MOST_MS, exclusiveMaximum: MOST_MS });
const StoredTime = Type.Object({
  passedMs: Milliseconds,
  zeroMs: Milliseconds,
  setBackMs: Milliseconds,
  doubt: Type.Optional(nullable(Type.Object({ offMs: Milliseconds, sinceMs: Milliseconds }))),
});

export interface DiskTimekeeperOptions {
  /** Folder of `passed-time.json`. A missing or damaged file is started anew, which only makes files seem younger. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** Epoch milliseconds by the clock of the computer. */
  readonly wallMs?: () => number;
  /** Monotonic clock; may stand still while the computer sleeps. */
  readonly monotonicMs?: () => number;
}

/** Counts the time that has passed for certain, and keeps the count in a file across restarts. */
export async function openDiskTimekeeper(options: DiskTimekeeperOptions): Promise<Timekeeper> {
  const { dataDir, logger } = options;
  const path = join(dataDir, 'passed-time.json');
  const wallMs = options.wallMs ?? Date.now;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  let lookedAtMs = monotonicMs();
  let time = (await readTime(path)) ?? begunAt(wallMs());
  let saving: Promise<void> = Promise.resolve();

  function look(): PassedTime {
    const nowMs = monotonicMs();
    time = afterLook(time, nowMs - lookedAtMs, wallMs());
    lookedAtMs = nowMs;
    return time;
  }

  async function write(): Promise<void> {
    try {
      await writeDurably(path, `${JSON.stringify(look())}\n`, 0o600);
    } catch (error) {
      logger.warn({ err: error }, 'the passed time cannot be saved; files are kept longer');
    }
  }

  return {
    look,
    believedNow: () => new Date(believedWallMs(look())),
    save: () => (saving = saving.then(write)),
  };
}

async function readTime(path: string): Promise<PassedTime | null> {
  try {
    const time = await readStored(StoredTime, await readFile(path, 'utf8'));
    if (time === null) return null;
    const { passedMs, zeroMs, setBackMs, doubt = null } = time;
    return { passedMs, zeroMs, setBackMs, doubt };
  } catch {
    return null;
  }
}
