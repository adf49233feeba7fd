import {
  WARNINGS,
  type DownloadWarning,
  type FailureCode,
  type Metadata,
  type WarningCode,
} from '@artemis/contracts';
import type { Jobs } from './jobs.ts';
import type { Outcome, OutcomeFile, Task } from './messages.ts';
import type { VerifiedOutcome } from './outcome-file.ts';
import type { ProgressMeter } from './progress.ts';
import type { Reporter } from './reporter.ts';

/** What one attempt carries from its first run to its outcome. */
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
  codes: readonly WarningCode[],
): VerifiedOutcome {
  const warnings: DownloadWarning[] = [...new Set(codes)].map((code) => ({
    code,
    message: WARNINGS[code],
  }));
  return { kind: 'done', files, metadata, warnings, usage: jobs.usage() };
}

export function failedOutcome(jobs: Jobs, code: FailureCode, detail: string): Outcome {
  return { kind: 'failed', code, detail, retryAfterSeconds: null, usage: jobs.usage() };
}

export function stoppedOutcome(jobs: Jobs): Outcome {
  return { kind: 'stopped', usage: jobs.usage() };
}
