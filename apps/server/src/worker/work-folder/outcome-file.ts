import { lstat, open, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { ARTIFACT_KINDS, DownloadWarning, Metadata, nullable, oneOf } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import { readStored, StoredEntry } from '../../stored.ts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';
import { fileNamed } from './folder-files.ts';
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
 * Records in the work folder that a download is complete and checked, once its files are safe on the disk. A stop before the
 * download is published then costs no second download.
 */
export async function writeOutcome(workFolder: string, outcome: VerifiedOutcome): Promise<void> {
  for (const file of outcome.files) await syncFile(file.path);
  const files = outcome.files.map((file) => ({ ...file, path: relative(workFolder, file.path) }));
  const text = JSON.stringify({ version: VERSION, outcome: { ...outcome, files } });
  // The record itself is not synced: when a power cut damages it, the files are checked again and not downloaded again.
  await writeFolderRecord(join(workFolder, FILE_NAME), text);
}

/**
 * The outcome of an earlier attempt; null when there is none or a file has changed since. A missing file counts as published,
 * because a stop may have interrupted the publication. A job can write this record too, so it may name only files that a
 * download can have: media and its companions, directly in this folder. Never rejects.
 */
export async function readOutcome(workFolder: string): Promise<VerifiedOutcome | null> {
  try {
    const text = await readFolderRecord(join(workFolder, FILE_NAME));
    const stored = await readStored(StoredOutcome, text);
    if (stored === null) return null;
    const files = stored.outcome.files.map((file) => ({
      ...file,
      path: join(workFolder, file.path),
    }));
    for (const { path, sizeBytes, kind, suffix, contentType } of files) {
      const name = basename(path);
      if (path !== join(workFolder, name)) return null;
      const named = fileNamed(name);
      if (named === null || named.kind !== kind) return null;
      const types = [named.contentType, withoutEncoding(named.contentType)];
      if (named.suffix !== suffix || !types.includes(contentType)) return null;
      // A second hard link is allowed: a kill may have interrupted the publication.
      const found = await lstat(path).catch(() => null);
      if (found !== null && (!found.isFile() || found.size !== sizeBytes)) return null;
    }
    return { ...stored.outcome, files };
  } catch {
    return null;
  }
}

export async function forgetOutcome(workFolder: string): Promise<void> {
  await rm(join(workFolder, FILE_NAME), { force: true });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
