import { KEPT_INCOMPLETE, type FailureCode } from '@artemis/contracts';
import { rememberMissing } from '../work-folder/kept-fragments.ts';
import type { Outcome } from '../../domain/attempt.ts';
import { wipeJobFolder } from '../work-folder/resume-state.ts';
import { setAside } from '../work-folder/set-aside.ts';
import { stepsBegun } from '../work-folder/steps-record.ts';
import type { RunResult } from '../run/run-result.ts';

/** After these failures the files in the job folder are useless: the next attempt begins from zero. */
const WIPING = new Set<FailureCode>(['TRUNCATED', 'INVALID_MEDIA', 'UNSAFE_TYPE', 'TOO_LARGE']);

/** Prepares the job folder of a failed attempt for the next attempt, or for a person who keeps the incomplete media. */
export async function leave(
  jobFolder: string,
  { code, figures }: Extract<Outcome, { kind: 'failed' }>,
  { video, filePath }: RunResult,
  isWhole: boolean,
): Promise<void> {
  // The next run would accept a finished file that has a hole.
  const isSpoiltFile = isWhole && code === 'NETWORK';
  if (isSpoiltFile || (await isWorthNothing(code, jobFolder))) {
    const isForKeeping = video !== null && KEPT_INCOMPLETE.includes(code);
    if (isForKeeping) await setAside(jobFolder, { video, filePath, missing: null });
    await wipeJobFolder(jobFolder);
  }
  if (figures !== undefined) await rememberMissing(jobFolder, figures);
}

/** The input of a failed step is whole and is used once more; after a second failure it is useless too. */
async function isWorthNothing(code: FailureCode, jobFolder: string): Promise<boolean> {
  if (code !== 'POSTPROCESSING_FAILED') return WIPING.has(code);
  return (await stepsBegun(jobFolder)) !== 1;
}
