import { parseUrl, say } from '@artemis/contracts';
import type { Download } from '@artemis/contracts';
import type { Outcome } from '../attempt.ts';
import type { ActivityLog } from '../activity-log.ts';
import { createBrokenSites, type BrokenSite } from '../sites/broken-sites.ts';
import { siteOfLink } from '../cookies/cookie-site.ts';
import { begunAnew } from '../attempt-count.ts';
import type { Change, Filter, StoredDownload } from '../download-store.ts';
import { downloadError } from '../errors.ts';
import { isOfTheEngine } from './engine-success.ts';
import type { Engines, LeftEngine } from '../ports.ts';
import type { Records } from '../records.ts';

/** A site that is broken for longer does not keep those that have tried it again; they fail. */
const LONGEST_BROKEN_MS = 86_400_000;
/** A broken site that nobody waits for is told for so long. */
const TOLD_MS = 3_600_000;

type Failed = Extract<Outcome, { kind: 'failed' }>;

/** A broken site as people are told of it. */
export interface ToldBrokenSite extends BrokenSite {
  readonly waiting: number;
  /** A newer yt-dlp is being looked for or tried. */
  readonly isSeeking: boolean;
}

/** Sites that are broken with the yt-dlp at hand: their downloads wait for another one instead of failing one by one. */
export interface EngineWaits {
  /** Derives which sites were broken from the records that wait. Call once all are known, before any is queued. */
  recover(): Promise<void>;
  /** Asked when a slot is free for it; true begins its attempt. */
  mayStart(stored: StoredDownload): boolean;
  /** Epoch milliseconds until which it need not be handed a slot; null for one that may go. */
  heldUntilMs(stored: StoredDownload): number | null;
  /**
   * An attempt has failed. `wait`: with its site, for an engine. `again`: the engine is another one by now. `over`: its site
   * is broken for too long. Null: it failed in a way of its own.
   */
  failed(stored: StoredDownload, outcome: Failed): Promise<'wait' | 'again' | 'over' | null>;
  /** A download was stored. */
  succeeded(stored: StoredDownload): Promise<void>;
  /** An attempt is over and its record says how. */
  ended(id: string): Promise<void>;
  /** A person wants this one tried, whatever is known of its site. */
  trial(download: Download): void;
  /** Nobody waits for this download any more. Idempotent. */
  withdraw(id: string): void;
  /** Lets everything of the site of this host go; the downloads that had failed like that, null when it was not broken. */
  resume(host: string): Promise<readonly string[] | null>;
  /** A queued record as it is to be seen. */
  view(download: Download): Download;
  /** The longest broken first. */
  list(): Promise<readonly ToldBrokenSite[]>;
}

export interface EngineWaitsDependencies {
  readonly records: Pick<Records, 'get' | 'find' | 'changeSurely' | 'touch'>;
  readonly log: ActivityLog;
  readonly engines: Engines;
  readonly now: () => Date;
  /** Puts a queued download into the queue as it has to wait now; nothing for one that is running. */
  readonly admit: (id: string) => Promise<void>;
}

export function createEngineWaits(dependencies: EngineWaitsDependencies): EngineWaits {
  const { records, log, engines, now, admit } = dependencies;
  const sites = createBrokenSites();
  /** With which yt-dlp the attempts under way have begun. */
  const versions = new Map<string, string>();
  const trials = new Set<string>();
  const seeking = new Set<string>();
  /** They have failed with their site, and then another of that site ended well with the same yt-dlp. */
  const doubtful = new Set<string>();
  /** They are part of an event, and their attempts are just about to end. */
  const joinsAtEnd = new Set<string>();
  /** Versions that were left for their failures. */
  const left = new Set<string>();
  /** Let go without a success: one is still to be told. */
  const unproven = new Set<string>();
  const nowMs = () => now().getTime();
  const version = () => engines.current() ?? 'unknown';

  async function ofSite(site: string, filter: Filter): Promise<Download[]> {
    const all = (await records.find(filter)).map(({ download }) => download);
    return all.filter(({ url }) => siteOfLink(url) === site);
  }

  function queuedOf(site: string): Promise<Download[]> {
    return ofSite(site, { statuses: new Set(['queued']) });
  }

  /** What the others wait for has changed though nothing has happened to them. */
  async function reschedule(site: string): Promise<void> {
    const ids = (await queuedOf(site)).map(({ id }) => id);
    records.touch(ids);
    for (const id of ids) void admit(id);
  }

  /** While one is tried, the others need not be handed slots. */
  async function holdOthers(site: string, scout: string): Promise<void> {
    for (const { id } of await queuedOf(site)) if (id !== scout) void admit(id);
  }

  function seek(site: string): void {
    if (seeking.has(site)) return;
    seeking.add(site);
    void engines.seekNewer(site).then((isFound) => {
      seeking.delete(site);
      if (isFound || sites.get(site) === null) return;
      log.write('info', say('ENGINE_IS_NONE_NEWER', { site }), null, true);
    });
  }

  function queue(
    id: string,
    isWanted: (download: Download) => boolean,
    change: Change,
  ): Promise<StoredDownload | null> {
    return records.changeSurely(id, ({ download }) => {
      const isSingle = download.status === 'failed' || download.status === 'queued';
      if (!isSingle || !isWanted(download)) return null;
      return { ...change, patch: { ...change.patch, status: 'queued' } };
    });
  }

  async function letGo(site: string, withFailed: boolean): Promise<string[]> {
    const statuses = new Set(withFailed ? (['queued', 'failed'] as const) : (['queued'] as const));
    const waiting = await ofSite(site, { statuses, errorCode: 'SITE_CHANGED' });
    const patch = {
      waiting_for: 'slot',
      error: null,
      retry_at: null,
      completed_at: null,
    } as const;
    const isOfEvent = ({ error }: Download) => error?.code === 'SITE_CHANGED';
    const saved = waiting.map(async ({ id }) => {
      if (await queue(id, isOfEvent, { patch })) await admit(id);
    });
    await reschedule(site);
    await Promise.all(saved);
    return waiting.map(({ id }) => id);
  }

  /** The earlier ones were told as single failures; now it is known what they are. */
  async function join(ids: readonly string[]): Promise<void> {
    const waits = {
      waiting_for: 'engine',
      error: downloadError('SITE_CHANGED'),
    } as const;
    const patch = { ...waits, retry_at: null, completed_at: null };
    await Promise.all(
      ids.map(async (id) => {
        const joined = await queue(id, ({ error }) => error !== null, {
          patch,
        });
        if (!joined && versions.has(id)) joinsAtEnd.add(id);
      }),
    );
  }

  /** What failed with an engine that was left failed for it, until the opposite is seen. */
  async function tryAgain({ version: engine, since }: LeftEngine): Promise<void> {
    const sinceMs = Date.parse(since ?? '') || 0;
    const isVictim = (download: Download) =>
      isVictimOf(engine, download) && Date.parse(download.completed_at ?? '') >= sinceMs;
    const failed = await records.find({ statuses: new Set(['failed']) });
    const victims = failed.filter(({ download }) => isVictim(download));
    if (victims.length === 0) return;
    log.write(
      'info',
      say('FAILED_TRIED_AGAIN', { count: victims.length, version: engine }),
      null,
      true,
    );
    await Promise.all(victims.map(({ download }) => runAgain(download.id, isVictim)));
  }

  async function runAgain(id: string, isVictim: (download: Download) => boolean): Promise<void> {
    const queued = { status: 'queued', waiting_for: 'slot', progress: 0 } as const;
    const again = await records.changeSurely(id, ({ download }) =>
      download.status === 'failed' && isVictim(download)
        ? {
            patch: { ...queued, completed_at: null, retry_at: now().toISOString() },
            tally: begunAnew(download),
          }
        : null,
    );
    if (again) await admit(id);
  }

  function tellMended(site: string): void {
    const text = say('SITE_MENDED', { site, version: version() });
    log.write('info', text, null, true);
    engines.noteSite('SITE_MENDED', site, version(), text);
  }

  /** A person has asked for another yt-dlp than the one in use, which says nothing about that one. */
  function isAside({ retry_engine: asked, engine }: Download): boolean {
    return (asked ?? null) !== null && engine !== version();
  }

  /** Whatever waits for another engine is tried with this one. */
  async function tryWaiting(next: string | null): Promise<void> {
    const switched = new Set(sites.all().map(({ site }) => site));
    for (const site of switched) sites.lift(site);
    const statuses = new Set(['queued', 'failed'] as const);
    const waiting = await records.find({ statuses, errorCode: 'SITE_CHANGED' });
    for (const { download } of waiting) switched.add(siteOfLink(download.url));
    for (const site of switched) {
      sites.lift(site);
      unproven.add(site);
      const text = say('SITE_TRIED_WITH', { version: next ?? 'missing', site });
      log.write('info', text, null, true);
      void letGo(site, true);
    }
  }

  engines.onSwitch((next, leftEngine) => {
    doubtful.clear();
    if (next !== null) left.delete(next);
    if (leftEngine !== null) left.add(leftEngine.version);
    void tryWaiting(next);
    if (leftEngine !== null) void tryAgain(leftEngine);
  });

  return {
    async recover() {
      const found = new Map<string, Download[]>();
      const waiting = {
        statuses: new Set(['queued'] as const),
        waitingFor: 'engine',
      } as const;
      for (const { download } of await records.find(waiting)) {
        const site = siteOfLink(download.url);
        found.set(site, [...(found.get(site) ?? []), download]);
      }
      for (const [site, downloads] of found) {
        const times = downloads.map(({ started_at: at }) => Date.parse(at ?? '') || nowMs());
        sites.restore(site, Math.min(...times), version(), nowMs());
      }
    },
    mayStart({ download: { id, url } }) {
      const site = siteOfLink(url);
      const isScout = sites.get(site) !== null && !trials.has(id);
      if (!trials.delete(id) && !sites.ask(site, id, nowMs())) return false;
      versions.set(id, version());
      if (isScout) void holdOthers(site, id);
      return true;
    },
    heldUntilMs: ({ download: { id, url } }) =>
      trials.has(id) ? null : sites.heldUntilMs(siteOfLink(url), id, nowMs()),
    async failed({ download }, outcome) {
      const { id, url } = download;
      const began = versions.get(id) ?? version();
      if (isAside(download)) return null;
      if (left.has(began) && began !== version() && isOfTheEngine(outcome.code)) return 'again';
      if (!looksOutdated(download, outcome)) return null;
      // In doubt it is this link: else a few dead ones would be tried for a day, and hold the site again and again.
      if (doubtful.has(id) && !saysOutdated(outcome)) return null;
      const site = siteOfLink(url);
      if (began !== version()) return 'again';
      const wasTried = sites.get(site)?.nextTryMs === null;
      const event = sites.symptom(site, { id, link: url, version: began }, nowMs());
      const known = sites.get(site);
      if (known === null) return null;
      if (event.length > 0) {
        unproven.delete(site);
        const text = say('SITE_BROKEN', { site, version: began });
        log.write('warn', text, null, true);
        engines.noteSite('SITE_BROKEN', site, began, text);
        await join(event.filter((other) => other !== id));
      }
      if (event.length > 0 || (wasTried && known.nextTryMs !== null)) seek(site);
      await reschedule(site);
      return nowMs() - known.sinceMs > LONGEST_BROKEN_MS ? 'over' : 'wait';
    },
    async succeeded({ download }) {
      const { id, url } = download;
      const site = siteOfLink(url);
      const began = versions.get(id);
      if (began === undefined || isAside(download)) return;
      const event = sites.get(site);
      const wasBroken = sites.success(site);
      if (event?.version === began) {
        const statuses = new Set(['queued', 'failed'] as const);
        const waiting = {
          statuses,
          errorCode: 'SITE_CHANGED',
          waitingFor: 'engine',
        } as const;
        for (const other of await ofSite(site, waiting)) doubtful.add(other.id);
      }
      if (unproven.delete(site) || wasBroken) tellMended(site);
      if (wasBroken) void letGo(site, false);
    },
    async ended(id) {
      const began = versions.get(id);
      versions.delete(id);
      if (joinsAtEnd.delete(id) && sites.all().length > 0) await join([id]);
      const stored = await records.get(id);
      if (!stored) return;
      const { download } = stored;
      // Its engine may have been left while its end was being written.
      if (began !== undefined && left.has(began) && (download.retry_engine ?? null) === null) {
        await runAgain(id, (current) => isVictimOf(began, current));
      }
      const site = siteOfLink(download.url);
      const before = sites.get(site);
      sites.ended(site, id, ['cancelled', 'paused'].includes(download.status), nowMs());
      if (sites.get(site) !== before) await reschedule(site);
    },
    trial({ id, url }) {
      if (sites.get(siteOfLink(url)) !== null) trials.add(id);
    },
    withdraw(id) {
      trials.delete(id);
      doubtful.delete(id);
    },
    async resume(host) {
      const link = `http://${host}/`;
      if (parseUrl(link) === null) return null;
      const site = siteOfLink(link);
      if (!sites.lift(site)) return null;
      unproven.add(site);
      return letGo(site, true);
    },
    view(download) {
      const { status, id, waiting_for: waitingFor, error } = download;
      if (status !== 'queued' || waitingFor === 'release' || trials.has(id)) return download;
      const known = sites.get(siteOfLink(download.url));
      if (known === null) return download;
      const { nextTryMs } = known;
      return {
        ...download,
        waiting_for: 'engine',
        retry_at: nextTryMs === null ? null : new Date(nextTryMs).toISOString(),
        error: error ?? downloadError('SITE_CHANGED'),
      };
    },
    async list() {
      const told = await Promise.all(
        sites.all().map(async (known) => ({
          ...known,
          waiting: (await queuedOf(known.site)).length,
          isSeeking: seeking.has(known.site),
        })),
      );
      return told
        .filter(({ waiting, lastFailureMs, nextTryMs }) => {
          const isUnderWay = waiting > 0 || nextTryMs === null;
          return isUnderWay || nowMs() - lastFailureMs < TOLD_MS;
        })
        .sort((a, b) => a.sinceMs - b.sinceMs);
    },
  };
}

/** Whether the site may have changed under yt-dlp: not what is about this video, this person, the line or this computer. */
export function looksOutdated(download: Download, { code, status }: Failed): boolean {
  // Nothing of the site is read anew.
  if (download.accept_incomplete === true) return false;
  if (saysOutdated({ code })) return true;
  if (code === 'UNKNOWN') return download.phase === 'extracting';
  // The page could be read, and none of what it names may be fetched; of a bare link that is a matter of that link.
  const { extractor } = download.metadata;
  const isOfExtractor = typeof extractor === 'string' && extractor !== 'generic';
  return code === 'SITE_REFUSED' && status === 403 && isOfExtractor;
}

/** Whether it has failed in a way that may be the fault of this yt-dlp. */
function isVictimOf(version: string, { error, engine, title }: Download): boolean {
  // Without a title nothing was read yet.
  const phase = title === null ? 'extracting' : null;
  return engine === version && isOfTheEngine(error?.code ?? 'UNKNOWN', phase);
}

function saysOutdated({ code }: Pick<Failed, 'code'>): boolean {
  return code === 'ENGINE_OUTDATED' || code === 'SOLVER_FAILED';
}
