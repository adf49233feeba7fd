import { say } from '@artemis/contracts';
import type { Outcome } from '../attempt.ts';
import type { ActivityLog } from '../activity-log.ts';
import { IDLE } from '../blank-record.ts';
import type { StoredDownload } from '../download-store.ts';
import { downloadError, reasonOf } from '../errors.ts';
import { releaseDelaySeconds } from '../retry-policy.ts';
import type { RunningAttempt } from '../running-attempt.ts';

type Failed = Extract<Outcome, { kind: 'failed' }>;

export interface UncountedWaitDependencies {
  readonly log: ActivityLog;
  readonly now: () => Date;
  readonly random: () => number;
  readonly admit: (id: string) => Promise<void>;
}

/** Costs no attempt, and goes on for as long as the site says that it will be there. */
export async function waitForRelease(
  attempt: RunningAttempt,
  { download, tally }: StoredDownload,
  { detail, releaseAtMs }: Failed,
  { log, now, random, admit }: UncountedWaitDependencies,
): Promise<void> {
  const { id, host } = attempt;
  const nowMs = now().getTime();
  const looks = tally.looks + 1;
  const delay = releaseDelaySeconds(releaseAtMs ?? null, nowMs, looks, random());
  const error = downloadError('UPCOMING');
  if (detail) log.write('info', detail, id, false);
  const retryAt = new Date(nowMs + delay * 1000).toISOString();
  const name = download.title ?? host;
  log.write('info', say('LOOKED_AT_AGAIN', { name, ...reasonOf(error), at: retryAt }), id, true);
  const waiting = {
    status: 'queued',
    waiting_for: 'release',
    error,
    retry_at: retryAt,
  } as const;
  await attempt.change(() => ({
    patch: { ...IDLE, ...waiting },
    tally: { looks },
  }));
  await admit(id);
}

/** Costs no attempt: the fault is not of this download. Without a `retry_at` the next run counts as the same one. */
export async function waitForEngine(
  attempt: RunningAttempt,
  verdict: 'wait' | 'again',
  { code, detail }: Failed,
  { log, admit }: Pick<UncountedWaitDependencies, 'log' | 'admit'>,
): Promise<void> {
  const { id } = attempt;
  const error = downloadError('SITE_CHANGED');
  if (detail) log.write('error', detail, id, false);
  const next = verdict === 'wait' ? 'WAITS_FOR_ENGINE' : 'TRIED_WITH_OTHER_ENGINE';
  log.write('warn', say(next, { ...reasonOf(error), failure: code }), id, false);
  const waitingFor = verdict === 'wait' ? 'engine' : 'slot';
  const waiting = {
    status: 'queued',
    waiting_for: waitingFor,
    error,
    retry_at: null,
  } as const;
  await attempt.change(() => ({ patch: { ...IDLE, ...waiting } }));
  await admit(id);
}
