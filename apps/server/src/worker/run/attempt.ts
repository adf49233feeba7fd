import { detailed } from '../output/detailed-warning.ts';
import {
  WARNINGS,
  type DownloadWarning,
  type FailureCode,
  type Metadata,
  type WarningCode,
} from '@artemis/contracts';
import type { Jobs } from '../engine/jobs.ts';
import type { Outcome, OutcomeFile, VerifiedOutcome } from '../../domain/attempt.ts';
import type { Task } from '../task.ts';
import type { ProgressMeter } from '../output/progress.ts';
import type { Reporter } from '../output/reporter.ts';

/** What all runs of one attempt share. */
export interface Attempt {
  readonly task: Task;
  readonly jobs: Jobs;
  readonly reporter: Reporter;
  readonly meter: ProgressMeter;
}

export function doneOutcome(
  jobs: Jobs,
  files: readonly OutcomeFile[],
  metadata: Metadata,
  found: readonly (WarningCode | DownloadWarning)[],
): VerifiedOutcome {
  const byCode = new Map<WarningCode, DownloadWarning>();
  for (const one of found) {
    const warning = typeof one === 'string' ? { code: one, message: WARNINGS[one] } : one;
    const { detail: known } = byCode.get(warning.code) ?? {};
    if (known === undefined) byCode.set(warning.code, warning);
    else if (warning.detail !== undefined && warning.code !== 'INCOMPLETE') {
      const all = new Set([...known.split(', '), ...warning.detail.split(', ')]);
      byCode.set(warning.code, detailed(warning.code, [...all].join(', ')));
    }
  }
  const warnings = [...byCode.values()];
  return { kind: 'done', files, metadata, warnings, usage: jobs.usage() };
}

export function failedOutcome(
  jobs: Jobs,
  code: FailureCode,
  detail: string,
): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', code, detail, retryAfterSeconds: null, usage: jobs.usage() };
}

export function stoppedOutcome(jobs: Jobs): Outcome {
  return { kind: 'stopped', usage: jobs.usage() };
}
