import { lstat, open, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { ARTIFACT_KINDS, DownloadWarning, Metadata, nullable, oneOf } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import { readStored, StoredEntry } from '../../stored.ts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';
import { fileNamed } from './job-folder.ts';
import { withoutEncoding } from '../media/media-types.ts';
import type { VerifiedOutcome } from '../../domain/attempt.ts';

const FILE_NAME = 'outcome.json';
const VERSION = 1;

const StoredOutcome = Type.Object({
  version: Type.Literal(VERSION),
  outcome: Type.Object({
    kind: Type.Literal('done'),
    files: Type.Array(
      Type.Object({
        kind: oneOf(ARTIFACT_KINDS),
        path: Type.String(),
        suffix: Type.String(),
        sizeBytes: Type.Number(),
        contentType: Type.String(),
      }),
    ),
    entries: Type.Optional(Type.Array(StoredEntry)),
    metadata: Metadata,
    warnings: Type.Array(DownloadWarning),
    usage: nullable(
      Type.Object({
        tier: oneOf(['warm', 'cold']),
        cpuSeconds: nullable(Type.Number()),
        peakMemoryBytes: nullable(Type.Number()),
      }),
    ),
  }),
});

/**
 * Remembers in the job folder that a download is complete and checked, after its files are safe on the disk: a
 * stop before it is published then costs no second download.
 */
export async function writeOutcome(jobFolder: string, outcome: VerifiedOutcome): Promise<void> {
  for (const file of outcome.files) await syncFile(file.path);
  const files = outcome.files.map((file) => ({ ...file, path: relative(jobFolder, file.path) }));
  const text = JSON.stringify({ version: VERSION, outcome: { ...outcome, files } });
  // Not synced itself: one that a power cut took away or tore costs a second look at the files, not a second download.
  await writeFolderRecord(join(jobFolder, FILE_NAME), text);
}

/**
 * The outcome of an earlier attempt; null when there is none or a file has changed since. A file that is gone
 * counts as published already: a stop may have come in the middle of that. A job can write here too, so that only what it
 * could have been asked for counts: media and what goes with it, directly in this folder. Never rejects.
 */
export async function readOutcome(jobFolder: string): Promise<VerifiedOutcome | null> {
  try {
    const text = await readFolderRecord(join(jobFolder, FILE_NAME));
    const stored = await readStored(StoredOutcome, text);
    if (stored === null) return null;
    const files = stored.outcome.files.map((file) => ({
      ...file,
      path: join(jobFolder, file.path),
    }));
    for (const { path, sizeBytes, kind, suffix, contentType } of files) {
      const name = basename(path);
      if (path !== join(jobFolder, name)) return null;
      const named = fileNamed(name);
      if (named === null || named.kind !== kind) return null;
      const types = [named.contentType, withoutEncoding(named.contentType)];
      if (named.suffix !== suffix || !types.includes(contentType)) return null;
      // With a second link, a kill came in the middle of its publication.
      const found = await lstat(path).catch(() => null);
      if (found !== null && (!found.isFile() || found.size !== sizeBytes)) return null;
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
