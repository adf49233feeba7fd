import { KEPT_INCOMPLETE, type FailureCode } from '@artemis/contracts';
import { rememberMissing } from '../work-folder/kept-fragments.ts';
import type { Outcome } from '../../domain/attempt.ts';
import { wipeJobFolder } from '../work-folder/resume-state.ts';
import { setAside } from '../work-folder/set-aside.ts';
import { stepsBegun } from '../work-folder/steps-record.ts';
import type { RunResult } from '../run/yt-dlp-run.ts';

/** What lies in the job folder is worth nothing after these: the next attempt begins from zero. */
const WIPING = new Set<FailureCode>(['TRUNCATED', 'INVALID_MEDIA', 'UNSAFE_TYPE', 'TOO_LARGE']);

/** What the next attempt, or a person who keeps what there is, finds of one that has failed. */
export async function leave(
  jobFolder: string,
  { code, figures }: Extract<Outcome, { kind: 'failed' }>,
  { video, filePath }: RunResult,
  isWhole: boolean,
): Promise<void> {
  // The next run would take a finished file with a hole as it is.
  const isSpoiltFile = isWhole && code === 'NETWORK';
  if (isSpoiltFile || (await isWorthNothing(code, jobFolder))) {
    const isForKeeping = video !== null && KEPT_INCOMPLETE.includes(code);
    if (isForKeeping) await setAside(jobFolder, { video, filePath, missing: null });
    await wipeJobFolder(jobFolder);
  }
  if (figures !== undefined) await rememberMissing(jobFolder, figures);
}

/** What a failed step began from is whole, and is begun from once more; not when it has failed twice. */
async function isWorthNothing(code: FailureCode, jobFolder: string): Promise<boolean> {
  if (code !== 'POSTPROCESSING_FAILED') return WIPING.has(code);
  return (await stepsBegun(jobFolder)) !== 1;
}
