import type { CookieTest, Telemetry, TestCookies } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { createAttemptTotals } from './attempt-totals.ts';
import { createCookieJars, type CookieJars } from './cookies/cookie-jars.ts';
import { testCookies } from './cookies/cookie-test.ts';
import { createDiskGate } from './disk-gate.ts';
import { createDownloads, type Downloads } from './downloads.ts';
import { IMPLICIT_WORKSPACE, type DownloadStore } from './download-store.ts';
import { createEventFeed, type EventFeed } from './event-feed.ts';
import { createProbedMediaCache } from './links/probed-media.ts';
import type { LinkRules } from './links/url-policy.ts';
import { createPlaylists } from './playlists/playlists.ts';
import { withPlaylists } from './playlists/with-playlists.ts';
import type {
  CookieStore,
  DownloadedLinks,
  DownloadQueue,
  DownloadRunner,
  Engines,
  FileStore,
  Gauges,
  Notifier,
  PlaylistStore,
  Prober,
  Timekeeper,
  WorkFolders,
} from './ports.ts';
import { createProbes, type Probes } from './probes.ts';
import { createRecords, type Logger } from './records.ts';
import { createRetention } from './retention.ts';
import { fileNameOf } from './selection/file-name.ts';
import { createListedLanguages } from './selection/language-tags.ts';
import { createOutputPlanner } from './selection/planned-output.ts';
import { brokenSitesOf, readTelemetry } from './telemetry.ts';

export interface DomainPorts {
  readonly store: DownloadStore;
  readonly files: FileStore;
  readonly workFolders: WorkFolders;
  readonly queue: DownloadQueue;
  readonly runner: DownloadRunner;
  readonly prober: Prober;
  readonly engines: Engines;
  readonly playlists: PlaylistStore;
  readonly links: DownloadedLinks;
  readonly cookies: CookieStore;
  readonly notifier: Notifier;
  readonly timekeeper: Timekeeper;
  readonly gauges: Gauges;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly now?: () => Date;
  /** 0–1. */
  readonly random?: () => number;
}

export interface DomainSettings {
  readonly instanceId: string;
  readonly linkRules: LinkRules;
  readonly maxWorkers: number;
  readonly maxQueueDepth: number;
  readonly maxAttempts: number;
  readonly cleanupAfterDays: number;
  readonly minFreeSpaceBytes: number;
  /** Of the name of files when a request gives none. */
  readonly nameTemplate: string;
  /** How often the disk is looked at; the usual time when it is left out. */
  readonly lookAtDiskEveryMs?: number;
}

/** All that can be done here, whoever asks for it and wherever it is stored. */
export interface Domain {
  readonly downloads: Downloads;
  readonly probes: Probes;
  readonly cookieJars: CookieJars;
  readonly feed: EventFeed;
  /** @throws {RequestError} as `testCookies` of `cookies/cookie-test.ts` */
  testCookies(site: string, request: TestCookies, signal: AbortSignal): Promise<CookieTest>;
  /** Whether a probe has listed this tag of subtitles. */
  isListedLanguage(tag: string): boolean;
  readTelemetry(): Promise<Telemetry>;
  /** Takes over what an earlier run left, and begins to run downloads. Call once, first. */
  start(): Promise<void>;
  /** The first clean-up, and then one every hour. Resolves after the first, which may take long. */
  startRetention(): Promise<void>;
  /** Stops what runs so that the next start continues it; resolves when nothing runs any more. The ports stay open. */
  stop(): Promise<void>;
}

/** Joins the parts of the domain: the one place that knows them all. */
export async function createDomain(ports: DomainPorts, settings: DomainSettings): Promise<Domain> {
  const { files, workFolders, engines, queue, store } = ports;
  const { checkUrl, checkProxy } = settings.linkRules;
  const now = ports.now ?? (() => new Date());
  const cookieJars = createCookieJars({
    ...{ ...ports, now, store: ports.cookies },
    jars: await ports.cookies.load(),
  });
  const probedMedia = createProbedMediaCache();
  const listedLanguages = createListedLanguages();
  const totals = createAttemptTotals();
  const records = createRecords({ ...ports, now, workspace: IMPLICIT_WORKSPACE });
  records.watch((change) => {
    if (change.kind === 'removed') ports.log.forget(change.id);
  });
  const disk = createDiskGate({
    ...{ ...ports, records },
    minFreeBytes: settings.minFreeSpaceBytes,
    ...(settings.lookAtDiskEveryMs === undefined
      ? {}
      : { lookEveryMs: settings.lookAtDiskEveryMs }),
  });
  const playlists = createPlaylists({
    ...{ ...ports, now, records, checkUrl },
    store: ports.playlists,
    maxWaiting: settings.maxWorkers,
  });
  store.protect(playlists.isHeld);
  const plainDownloads = createDownloads({
    ...{ ...ports, now, records, playlists, disk, checkUrl, checkProxy, probedMedia },
    settings,
    isListedLanguage: listedLanguages.has,
    fileName: (download) => fileNameOf(download, settings.nameTemplate),
    lendCookies: cookieJars.lend,
    onUsage: totals.add,
  });
  const downloads = withPlaylists(plainDownloads, playlists);
  const probes = createProbes({
    ...{ ...ports, checkUrl, probedMedia, listedLanguages },
    lendCookies: cookieJars.lend,
    isDownloaded: playlists.isDownloaded,
    planOutput: createOutputPlanner({
      ...{ records, files, nameTemplate: settings.nameTemplate },
      probedMetadata: probedMedia.metadata,
    }),
  });
  const retention = createRetention({
    ...{ ...ports, now, records },
    cleanupAfterDays: settings.cleanupAfterDays,
  });

  const telemetry = async (): Promise<Telemetry> =>
    readTelemetry({
      records,
      queue,
      capacity: settings.maxQueueDepth,
      provider: files.provider,
      usage: await files.usage(),
      freeBytes: await workFolders.freeBytes(),
      nextCleanupAt: retention.nextAt(),
      engine: {
        ...ports.gauges.engine(),
        ...totals.read(),
        broken_sites: brokenSitesOf(await downloads.brokenSites()),
      },
      process: ports.gauges.process(),
      instanceId: settings.instanceId,
      now: now(),
    });
  const feed = createEventFeed({ downloads, log: ports.log, readTelemetry: telemetry });

  return {
    downloads,
    probes,
    cookieJars,
    feed,
    testCookies: (site, request, signal) =>
      testCookies(site, request, signal, {
        cookieJars,
        checkUrl,
        mayHaveCookies: engines.mayHaveCookies,
        probe: (link, gone) => probes.probe(link, gone, true),
      }),
    isListedLanguage: listedLanguages.has,
    readTelemetry: telemetry,
    async start() {
      await downloads.start();
      await disk.start();
    },
    startRetention: () => retention.start(),
    async stop() {
      feed.close();
      const cleanedUp = retention.stop();
      disk.stop();
      await probes.close();
      await downloads.stop();
      await cleanedUp;
    },
  };
}
