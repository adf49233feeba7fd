import type { CookieTest, Telemetry, TestCookies } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { createAttemptTotals } from './attempt-totals.ts';
import { createCookieJars, type CookieJars } from './cookies/cookie-jars.ts';
import { testCookies } from './cookies/cookie-test.ts';
import { createDiskGate } from './disk-gate.ts';
import { createDownloads, type Downloads } from './downloads.ts';
import { createEventFeed, type EventFeed } from './event-feed.ts';
import { createProbedMediaCache } from './links/probed-media.ts';
import type { LinkRules } from './links/url-policy.ts';
import { createLiveDownloads, type LiveDownloads } from './live-downloads.ts';
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
  HistoryContent,
  HistoryStore,
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
  readonly history: HistoryStore;
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
  readonly historyLimit: number;
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
  readonly live: LiveDownloads;
  readonly probes: Probes;
  readonly cookieJars: CookieJars;
  readonly feed: EventFeed;
  /** @throws {RequestError} as `testCookies` of `cookies/cookie-test.ts` */
  testCookies(site: string, request: TestCookies, signal: AbortSignal): Promise<CookieTest>;
  /** Whether a probe has listed this tag of subtitles. */
  isListedLanguage(tag: string): boolean;
  readTelemetry(): Promise<Telemetry>;
  /** Takes over what an earlier run left, and begins to run downloads. Call once, first. */
  start(content: HistoryContent): Promise<void>;
  /** The first clean-up, and then one every hour. Resolves after the first, which may take long. */
  startRetention(): Promise<void>;
  /** Stops what runs so that the next start continues it; resolves when nothing runs any more. The ports stay open. */
  stop(): Promise<void>;
}

/** Joins the parts of the domain: the one place that knows them all. */
export async function createDomain(ports: DomainPorts, settings: DomainSettings): Promise<Domain> {
  const { files, workFolders, engines, queue, timekeeper } = ports;
  const { checkUrl, checkProxy } = settings.linkRules;
  const now = ports.now ?? (() => new Date());
  const live = createLiveDownloads();
  const cookieJars = createCookieJars({
    ...{ ...ports, now, store: ports.cookies },
    jars: await ports.cookies.load(),
  });
  const probedMedia = createProbedMediaCache();
  const listedLanguages = createListedLanguages();
  const totals = createAttemptTotals();
  const records = createRecords({
    ...{ ...ports, now, live },
    historyLimit: settings.historyLimit,
    isHeld: (id) => playlists.isHeld(id),
  });
  const disk = createDiskGate({
    ...{ ...ports, live },
    minFreeBytes: settings.minFreeSpaceBytes,
    ...(settings.lookAtDiskEveryMs === undefined
      ? {}
      : { lookEveryMs: settings.lookAtDiskEveryMs }),
  });
  const playlists = createPlaylists({
    ...{ ...ports, now, live, records, checkUrl },
    store: ports.playlists,
    maxWaiting: settings.maxWorkers,
  });
  const plainDownloads = createDownloads({
    ...{ ...ports, now, live, records, playlists, disk, checkUrl, checkProxy, probedMedia },
    settings,
    isListedLanguage: listedLanguages.has,
    fileName: (download) => fileNameOf(download, settings.nameTemplate),
    lendCookies: cookieJars.lend,
    onUsage: totals.add,
    believedNow: timekeeper.believedNow,
  });
  const downloads = withPlaylists(plainDownloads, playlists);
  const probes = createProbes({
    ...{ ...ports, checkUrl, probedMedia, listedLanguages },
    lendCookies: cookieJars.lend,
    isDownloaded: playlists.isDownloaded,
    planOutput: createOutputPlanner({
      ...{ live, files, nameTemplate: settings.nameTemplate },
      probedMetadata: probedMedia.metadata,
    }),
  });
  const retention = createRetention({
    ...{ ...ports, now, live, records },
    cleanupAfterDays: settings.cleanupAfterDays,
  });

  const telemetry = async (): Promise<Telemetry> =>
    readTelemetry({
      live,
      queue,
      capacity: settings.maxQueueDepth,
      provider: files.provider,
      usage: await files.usage(),
      freeBytes: await workFolders.freeBytes(),
      nextCleanupAt: retention.nextAt(),
      engine: {
        ...ports.gauges.engine(),
        ...totals.read(),
        broken_sites: brokenSitesOf(downloads.brokenSites()),
      },
      process: ports.gauges.process(),
      instanceId: settings.instanceId,
      now: now(),
    });
  const feed = createEventFeed({ downloads, log: ports.log, readTelemetry: telemetry });

  return {
    downloads,
    live,
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
    async start(content) {
      await downloads.start(content);
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
