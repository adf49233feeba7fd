import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Outcome } from './messages.ts';

const FILE_NAME = 'outcome.json';
const VERSION = 1;

export type VerifiedOutcome = Extract<Outcome, { kind: 'done' }>;

/**
 * Remembers in the job folder that a download is complete and checked, after its files are safe on the disk: a
 * stop before it is published then costs no second download.
 */
export async function writeOutcome(jobFolder: string, outcome: VerifiedOutcome): Promise<void> {
  for (const file of outcome.files) await syncFile(file.path);
  const files = outcome.files.map((file) => ({ ...file, path: relative(jobFolder, file.path) }));
  const path = join(jobFolder, FILE_NAME);
  const temporary = `${path}.tmp`;
  // Not synced itself: one that a power cut took away or tore costs a second look at the files, not a second download.
  await writeFile(temporary, JSON.stringify({ version: VERSION, outcome: { ...outcome, files } }), {
    mode: 0o600,
  });
  await rename(temporary, path);
}

/**
 * The outcome of an earlier attempt; null when there is none or a file has changed since. A file that is gone
 * counts as published already: a stop may have come in the middle of that. Never rejects.
 */
export async function readOutcome(jobFolder: string): Promise<VerifiedOutcome | null> {
  try {
    const text = await readFile(join(jobFolder, FILE_NAME), 'utf8');
    const stored = JSON.parse(text) as { version: number; outcome: VerifiedOutcome };
    if (stored.version !== VERSION || stored.outcome.kind !== 'done') return null;
    const files = stored.outcome.files.map((file) => ({
      ...file,
      path: join(jobFolder, file.path),
    }));
    for (const { path, sizeBytes } of files) {
      const found = await stat(path).catch(() => null);
      if (found !== null && found.size !== sizeBytes) return null;
    }
    return { ...stored.outcome, files };
  } catch {
    return null;
  }
}

export async function forgetOutcome(jobFolder: string): Promise<void> {
  await rm(join(jobFolder, FILE_NAME), { force: true });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
