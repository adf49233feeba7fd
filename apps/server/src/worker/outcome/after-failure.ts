import { KEPT_INCOMPLETE, type FailureCode } from '@artemis/contracts';
import { rememberMissing } from '../work-folder/kept-fragments.ts';
import type { Outcome } from '../../domain/attempt.ts';
import { wipeWorkFolder } from '../work-folder/resume-state.ts';
import { setAside } from '../work-folder/set-aside.ts';
import { stepsBegun } from '../work-folder/steps-record.ts';
import type { RunResult } from '../run/run-result.ts';

/** After these failures the files in the work folder are useless: the next attempt begins from zero. */
const WIPING = new Set<FailureCode>([
  'TRUNCATED',
  'INVALID_MEDIA',
  'DRM_PROTECTED',
  'UNSAFE_TYPE',
  'TOO_LARGE',
]);

/** Prepares the work folder of a failed attempt for the next attempt, or for a person who keeps the incomplete media. */
export async function leave(
  workFolder: string,
  { code, figures }: Extract<Outcome, { kind: 'failed' }>,
  { video, filePath }: RunResult,
  isWhole: boolean,
): Promise<void> {
  // The next run would accept a finished file that has a hole.
  const isSpoiltFile = isWhole && code === 'NETWORK';
  if (isSpoiltFile || (await isWorthNothing(code, workFolder))) {
    const isForKeeping = video !== null && KEPT_INCOMPLETE.includes(code);
    if (isForKeeping) await setAside(workFolder, { video, filePath, missing: null });
    await wipeWorkFolder(workFolder);
  }
  if (figures !== undefined) await rememberMissing(workFolder, figures);
}

/** The input of a failed step is whole and is used once more; after a second failure it is useless too. */
async function isWorthNothing(code: FailureCode, workFolder: string): Promise<boolean> {
  if (code !== 'POSTPROCESSING_FAILED') return WIPING.has(code);
  return (await stepsBegun(workFolder)) !== 1;
}
