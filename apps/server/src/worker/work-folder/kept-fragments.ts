import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FailureCode } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import { readStored } from '../../stored.ts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';
import type { Outcome } from '../../domain/attempt.ts';

/** Written by the engine (`engine/fragments.py`) beside media with holes, which a person wanted as it is. */
const LOST = 'lost.json';
/** What an attempt has found to be missing; the segments that there are lie beside it. */
const MISSING = 'missing.json';
const Missing = Type.Object({ figures: Type.String() });

/** About this computer, or for a person to decide: no word about the segments. */
const TOLD_AS_THEY_ARE: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'DISK_FULL',
  'EGRESS_BLOCKED',
  'ENGINE_MISSING',
  'INTERRUPTED',
  'STORE_FAILED',
  'TOO_LARGE',
  'UNSAFE_TYPE',
]);

/** Whether a job folder has media with holes, which no attempt may continue that wants all of it. */
export async function isLeftWithHoles(jobFolder: string): Promise<boolean> {
  return lstat(join(jobFolder, LOST)).then(
    () => true,
    () => false,
  );
}

export async function rememberMissing(jobFolder: string, figures: string): Promise<void> {
  await writeFolderRecord(join(jobFolder, MISSING), JSON.stringify({ figures }));
}

/** In figures; null when no attempt has ended because of missing segments, or what it left is gone. */
export async function readMissing(jobFolder: string): Promise<string | null> {
  try {
    const stored = await readStored(Missing, await readFolderRecord(join(jobFolder, MISSING)));
    return stored?.figures ?? null;
  } catch {
    return null;
  }
}

/** How an attempt ends that was to keep what there is: where it could not, the download is what it was before. */
export function asBefore(outcome: Outcome, figures: string): Outcome {
  if (outcome.kind !== 'failed' || TOLD_AS_THEY_ARE.has(outcome.code)) return outcome;
  return { ...outcome, code: 'FRAGMENTS_MISSING', retryAfterSeconds: null, figures };
}
