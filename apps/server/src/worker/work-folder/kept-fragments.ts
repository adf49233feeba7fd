import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FailureCode } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import { readStored } from '../../stored.ts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';
import type { Outcome } from '../../domain/attempt.ts';

/** Written by the engine (`engine/fragments.py`) beside media with holes that a person wanted to keep. */
const LOST = 'lost.json';
/** The figures of the segments that an attempt missed; the other segments are beside this file. */
const MISSING = 'missing.json';
const Missing = Type.Object({ figures: Type.String() });

/** Failures that say nothing about the segments: they concern this computer, or need a decision of a person. */
const TOLD_AS_THEY_ARE: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'DISK_FULL',
  'EGRESS_BLOCKED',
  'ENGINE_MISSING',
  'INTERRUPTED',
  'STORE_FAILED',
  'TOO_LARGE',
  'UNSAFE_TYPE',
]);

/** Whether a work folder has media with holes; an attempt that wants the complete media must not continue it. */
export async function isLeftWithHoles(workFolder: string): Promise<boolean> {
  return lstat(join(workFolder, LOST)).then(
    () => true,
    () => false,
  );
}

export async function rememberMissing(workFolder: string, figures: string): Promise<void> {
  await writeFolderRecord(join(workFolder, MISSING), JSON.stringify({ figures }));
}

/** The figures of `rememberMissing`; null when no attempt ended because of missing segments, or the record is gone. */
export async function readMissing(workFolder: string): Promise<string | null> {
  try {
    const stored = await readStored(Missing, await readFolderRecord(join(workFolder, MISSING)));
    return stored?.figures ?? null;
  } catch {
    return null;
  }
}

/** The outcome of an attempt to keep incomplete media. When it fails, the download fails for the same reason as before. */
export function asBefore(outcome: Outcome, figures: string): Outcome {
  if (outcome.kind !== 'failed' || TOLD_AS_THEY_ARE.has(outcome.code)) return outcome;
  return { ...outcome, code: 'FRAGMENTS_MISSING', retryAfterSeconds: null, figures };
}
