import type { Outcome } from '../attempt.ts';
import type { ActivityLog } from '../activity-log.ts';
import { IDLE } from '../blank-record.ts';
import type { StoredDownload } from '../download-store.ts';
import { downloadError } from '../errors.ts';
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
  log.write('info', `${name}: ${error.message} Looked at again at ${retryAt}.`, id, true);
  const waiting = { status: 'queued', waiting_for: 'release', error, retry_at: retryAt } as const;
  await attempt.change(() => ({ patch: { ...IDLE, ...waiting }, tally: { looks } }));
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
  const next =
    verdict === 'wait' ? 'It waits for another yt-dlp.' : 'It is tried with another yt-dlp.';
  log.write('warn', `${error.message} (${code}) ${next}`, id, false);
  const waitingFor = verdict === 'wait' ? 'engine' : 'slot';
  const waiting = { status: 'queued', waiting_for: waitingFor, error, retry_at: null } as const;
  await attempt.change(() => ({ patch: { ...IDLE, ...waiting } }));
  await admit(id);
}
