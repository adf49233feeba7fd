import type { Outcome } from '../attempt.ts';
import type { ActivityLog } from '../activity-log.ts';
import { IDLE } from '../blank-record.ts';
import { downloadError } from '../errors.ts';
import type { LiveDownload } from '../live-downloads.ts';
import type { Records } from '../records.ts';
import { releaseDelaySeconds } from '../retry-policy.ts';

type Failed = Extract<Outcome, { kind: 'failed' }>;

export interface UncountedWaitDependencies {
  readonly records: Pick<Records, 'move'>;
  readonly log: ActivityLog;
  readonly now: () => Date;
  readonly random: () => number;
  readonly countLook: (id: string) => number;
  readonly admit: (id: string) => Promise<void>;
}

/** Costs no attempt, and goes on for as long as the site says that it will be there. */
export async function waitForRelease(
  { download, host }: LiveDownload,
  { detail, releaseAtMs }: Failed,
  { records, log, now, random, countLook, admit }: UncountedWaitDependencies,
): Promise<void> {
  const { id, title } = download;
  const nowMs = now().getTime();
  const delay = releaseDelaySeconds(releaseAtMs ?? null, nowMs, countLook(id), random());
  const error = downloadError('UPCOMING');
  if (detail) log.write('info', detail, id, false);
  const retryAt = new Date(nowMs + delay * 1000).toISOString();
  log.write('info', `${title ?? host}: ${error.message} Looked at again at ${retryAt}.`, id, true);
  const waiting = { waiting_for: 'release', error, retry_at: retryAt } as const;
  await records.move(id, 'queued', { ...IDLE, ...waiting });
  await admit(id);
}

/** Costs no attempt: the fault is not of this download. Without a `retry_at` the next run counts as the same one. */
export async function waitForEngine(
  { download: { id } }: LiveDownload,
  verdict: 'wait' | 'again',
  { code, detail }: Failed,
  { records, log, admit }: Pick<UncountedWaitDependencies, 'records' | 'log' | 'admit'>,
): Promise<void> {
  const error = downloadError('SITE_CHANGED');
  if (detail) log.write('error', detail, id, false);
  const next =
    verdict === 'wait' ? 'It waits for another yt-dlp.' : 'It is tried with another yt-dlp.';
  log.write('warn', `${error.message} (${code}) ${next}`, id, false);
  const waitingFor = verdict === 'wait' ? 'engine' : 'slot';
  await records.move(id, 'queued', { ...IDLE, waiting_for: waitingFor, error, retry_at: null });
  await admit(id);
}
