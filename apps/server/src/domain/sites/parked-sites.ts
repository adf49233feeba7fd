import type { Download, FailureCode } from '@artemis/contracts';
import type { Outcome } from '../attempt.ts';
import type { StoredDownload } from '../download-store.ts';
import { downloadError, RequestError } from '../errors.ts';
import type { DownloadQueue } from '../ports.ts';
import type { Records } from '../records.ts';
import { isSiteWide, siteWaitSeconds } from '../retry-policy.ts';
import { createSitePatience } from './site-patience.ts';

export interface ParkedSitesDependencies {
  readonly records: Pick<Records, 'find' | 'change' | 'touch'>;
  readonly queue: DownloadQueue;
  readonly now: () => Date;
}

/**
 * Sites that are left alone as a whole, and the downloads by which they have asked for that. In memory, but for what the
 * records of those that wait say.
 */
export interface ParkedSites {
  /** After a start: sites are left alone for as long as the queued downloads that they have sent away say. */
  recover(): Promise<void>;
  /**
   * An attempt of this download was sent away in the name of the whole site, so the site is left alone; also when the
   * download has no attempt left. Resolves with the seconds; 0 when the failure speaks of nothing but this download.
   * @param random 0–1, as for the wait of the download itself
   */
  sentAway(
    stored: StoredDownload,
    outcome: Extract<Outcome, { kind: 'failed' }>,
    random: number,
  ): Promise<number>;
  /** A download from there has ended well. */
  welcomed(host: string): void;
  /** This download is not waited with any more: a site that only it speaks for is left alone no longer. Idempotent. */
  withdraw(id: string): Promise<void>;
  /**
   * Asks the site again at once, and lets go what it has sent away: their ids.
   * @param admit called for each, once the record is on disk
   * @throws {RequestError} HOST_NOT_PARKED
   */
  resume(host: string, admit: (id: string) => Promise<void>): Promise<readonly string[]>;
  /** A queued record as it is to be seen: what it waits for, until when and why. */
  view(download: Download): Download;
}

interface Cause {
  readonly host: string;
  readonly code: FailureCode;
  readonly untilMs: number;
}

export function createParkedSites(dependencies: ParkedSitesDependencies): ParkedSites {
  const { records, queue, now } = dependencies;
  const patience = createSitePatience();
  /** By the download that speaks for it. */
  const causes = new Map<string, Cause>();

  function causesOf(host: string): Cause[] {
    return [...causes.values()].filter((cause) => cause.host === host);
  }

  function forgetCausesOf(host: string): void {
    for (const [id, cause] of causes) if (cause.host === host) causes.delete(id);
  }

  async function queuedOf(host: string): Promise<Download[]> {
    const queued = await records.find({ statuses: new Set(['queued']), host });
    return queued.map(({ download }) => download);
  }

  /** What the others wait for has changed though nothing has happened to them. */
  async function tell(host: string): Promise<void> {
    records.touch((await queuedOf(host)).map(({ id }) => id));
  }

  return {
    async recover() {
      const waiting = { statuses: new Set(['queued'] as const), waitingFor: 'host' } as const;
      for (const { download, host } of await records.find(waiting)) {
        const { id, retry_at: at, error } = download;
        const untilMs = Date.parse(at ?? '');
        const isWaiting = untilMs > now().getTime();
        if (!isWaiting || error === null || !isSiteWide(error.code)) continue;
        causes.set(id, { host, code: error.code, untilMs });
        await queue.park(host, untilMs);
      }
    },
    async sentAway({ host, download }, { code, retryAfterSeconds, isOfFileAlone }, random) {
      if (!isSiteWide(code) || isOfFileAlone === true) return 0;
      const nowMs = now().getTime();
      const times = patience.sentAway(host, Date.parse(download.started_at ?? ''), nowMs);
      const seconds = siteWaitSeconds(times, retryAfterSeconds, random);
      const untilMs = nowMs + seconds * 1000;
      for (const [id, cause] of causes) if (cause.untilMs < nowMs) causes.delete(id);
      causes.set(download.id, { host, code, untilMs });
      await queue.park(host, untilMs);
      await tell(host);
      return seconds;
    },
    welcomed(host) {
      patience.welcomed(host);
      // One that was under way ends well beside the refusal of another, which holds the site as before.
      if (queue.parkedUntilMs(host) === null) forgetCausesOf(host);
    },
    async withdraw(id) {
      const cause = causes.get(id);
      if (cause === undefined) return;
      causes.delete(id);
      const { host } = cause;
      const others = causesOf(host).map(({ untilMs }) => untilMs);
      const untilMs = Math.max(...others, -Infinity);
      const parkedMs = queue.parkedUntilMs(host);
      if (parkedMs === null || untilMs >= parkedMs) return;
      await queue.unpark(host, others.length > 0 ? untilMs : null);
      await tell(host);
    },
    async resume(host, admit) {
      const nowMs = now().getTime();
      const sent = (await queuedOf(host)).filter(
        ({ error, retry_at: at }) =>
          error !== null && isSiteWide(error.code) && at !== null && Date.parse(at) > nowMs,
      );
      if (queue.parkedUntilMs(host) === null && sent.length === 0) {
        throw new RequestError(
          'HOST_NOT_PARKED',
          `Nothing waits until ${host} may be asked again.`,
        );
      }
      const retryAt = new Date(nowMs).toISOString();
      await Promise.all(
        sent.map(({ id }) =>
          records.change(id, ({ download: { status } }) =>
            status === 'queued' ? { patch: { waiting_for: 'slot', retry_at: retryAt } } : null,
          ),
        ),
      );
      // All are there before the first of them is let go.
      for (const { id } of sent) await admit(id);
      forgetCausesOf(host);
      await queue.unpark(host, null);
      await tell(host);
      return sent.map(({ id }) => id);
    },
    view(download) {
      if (download.status !== 'queued') return download;
      const { id, waiting_for: stored, retry_at: ownAt, error } = download;
      const host = new URL(download.url).hostname;
      const reason = queue.waitingReason({ id, host });
      const isEarly = stored === 'release' && Date.parse(ownAt ?? '') > now().getTime();
      if (isEarly) return { ...download, waiting_for: 'release' };
      const parkedMs = queue.parkedUntilMs(host);
      const isLonger =
        parkedMs !== null && parkedMs > Date.parse(ownAt ?? '') && reason === 'retry';
      if (parkedMs === null || (reason !== 'host' && !isLonger)) {
        return { ...download, waiting_for: reason };
      }
      const [cause] = causesOf(host);
      return {
        ...download,
        waiting_for: 'host',
        retry_at: new Date(parkedMs).toISOString(),
        error: error ?? (cause === undefined ? null : downloadError(cause.code)),
      };
    },
  };
}
