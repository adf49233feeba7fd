import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type {
  Configuration,
  CookieTest,
  Explanation,
  ReadinessCheck,
  Telemetry,
  TestCookies,
} from '@artemis/contracts';
import type { Logger } from 'pino';
import { createDiskCookieStore } from './adapters/cookie-store.disk.ts';
import { readIdentity } from './adapters/files/data-folder.ts';
import { lockDownloadsFolder } from './adapters/files/downloads-lock.ts';
import { createMemoryQueue } from './adapters/download-queue.memory.ts';
import { openDownloadedLinks } from './adapters/downloaded-links.disk.ts';
import { createPiscinaRunner, mayHaveCookies } from './adapters/download-runner.piscina.ts';
import { writeAuthorities } from './adapters/tools/authorities.ts';
import { createEngineHost, type EngineTools } from './adapters/engine/engine-host.ts';
import type { EngineRoom } from './adapters/engines/engine-room.ts';
import { openEngineRoom } from './adapters/engines/open.ts';
import { createEngineLease } from './adapters/engine/engine-lease.ts';
import { createDiskFileStore } from './adapters/file-store.disk.ts';
import { createJsonFileHistory } from './adapters/history.json-file.ts';
import { jobMemoryBytes, usableMemoryBytes } from './adapters/engine/job-memory.ts';
import { createFileLogArchive } from './adapters/log-archive.file.ts';
import { createLateEgressProxy } from './adapters/egress/late-egress-proxy.ts';
import { createSilentNotifier } from './adapters/notifier.none.ts';
import { createPlugins } from './adapters/tools/plugins.ts';
import { createDiskPlaylistStore } from './adapters/playlist-store.disk.ts';
import { openDiskTimekeeper } from './adapters/passed-time.disk.ts';
import { createProber, type Prober, type ProberOptions } from './adapters/prober.ts';
import { createSolverProof } from './adapters/engine/solver-proof.ts';
import { createToolWatch, engineToolsOf } from './adapters/engine/tool-watch.ts';
import { findTools } from './adapters/tools/tools.ts';
import type { Config } from './config.ts';
import { configurationOf, runtimeName } from './configuration-answer.ts';
import { explanationOf } from './explanation-answer.ts';
import { createActivityLog, type ActivityLog } from './domain/activity-log.ts';
import { createAddressPolicy, type AddressTable } from './domain/links/address-policy.ts';
import { createCookieJars, type CookieJars } from './domain/cookies/cookie-jars.ts';
import { testCookies } from './domain/cookies/cookie-test.ts';
import { createDiskGate } from './domain/disk-gate.ts';
import { createDownloads, type Downloads } from './domain/downloads.ts';
import { egressOfLinks } from './domain/links/egress-of-links.ts';
import { createEventFeed, type EventFeed } from './domain/event-feed.ts';
import { fileNameOf } from './domain/selection/file-name.ts';
import { createLiveDownloads } from './domain/live-downloads.ts';
import type { FileStore } from './domain/ports.ts';
import { createListedLanguages } from './domain/selection/language-tags.ts';
import type { SelectionFields } from './domain/selection/presets.ts';
import { createOutputPlanner } from './domain/selection/planned-output.ts';
import { createPlaylists } from './domain/playlists/playlists.ts';
import { createRecords } from './domain/records.ts';
import { createRetention } from './domain/retention.ts';
import { createProbedMediaCache } from './domain/links/probed-media.ts';
import { createSignedLinks, type SignedLinks } from './domain/links/signed-links.ts';
import { brokenSitesOf, readTelemetry } from './domain/telemetry.ts';
import { checkSubmittedUrl, proxyProblem } from './domain/links/url-policy.ts';
import { withPlaylists } from './domain/playlists/with-playlists.ts';
import { readChecks } from './readiness.ts';
import { look } from './worker/probe/probe-task.ts';
import { readOutcome } from './worker/work-folder/outcome-file.ts';
import { solve } from './worker/solve-task.ts';
import { usualArgvs } from './worker/argv/usual-argv.ts';

export interface Services {
  readonly downloads: Downloads;
  readonly files: FileStore;
  readonly log: ActivityLog;
  readonly feed: EventFeed;
  readonly signedLinks: SignedLinks;
  readonly webDir: string;
  readonly version: string;
  readonly readTelemetry: () => Promise<Telemetry>;
  readonly readConfiguration: () => Configuration;
  readonly prober: Prober;
  readonly engines: Pick<EngineRoom, 'list' | 'fetch' | 'use' | 'remove'>;
  readonly cookieJars: CookieJars;
  readonly testCookies: (
    site: string,
    request: TestCookies,
    signal: AbortSignal,
  ) => Promise<CookieTest>;
  readonly explain: (selection: SelectionFields) => Explanation;
  /** Whether a probe has listed this tag of subtitles. */
  readonly isListedLanguage: (tag: string) => boolean;
  readonly readChecks: () => Promise<readonly ReadinessCheck[]>;
  /** Takes over what an earlier run left and begins to work. */
  start(): Promise<void>;
  /** To be called once the server listens: loads what the first download would have to wait for, and cleans up. */
  warmUp(): void;
  /** Ends running downloads so that they can be continued, and every child process. */
  stop(): Promise<void>;
}

/** Picks the adapters and joins them: the one place that knows them all. Main thread only. */
export async function compose(
  config: Config,
  logger: Logger,
  repositoryRoot: string,
  searchPath: string,
): Promise<Services> {
  const startedAtMs = performance.now();
  const version = packageVersion(repositoryRoot);
  const isPublicAddress = createAddressPolicy(
    readJson<AddressTable>(resolve(repositoryRoot, 'apps/server/engine/addresses.json')),
  );
  const identity = await readIdentity(config.dataDir, config.secretKey);
  const lock = lockDownloadsFolder(config.downloadsDir, identity.instanceId);
  const findOurTools = () =>
    findTools({
      toolsDir: config.toolsDir,
      searchPath,
      pickManaged: engines.pick,
      nodeExecPath: process.execPath,
      nodeVersion: process.versions.node,
      ...(config.ytDlpPath === null ? {} : { ytDlpPath: config.ytDlpPath }),
      ...(config.pythonPath === null ? {} : { pythonPath: config.pythonPath }),
      ...(config.ffmpegPath === null ? {} : { ffmpegPath: config.ffmpegPath }),
    });
  const plugins = createPlugins(config.pluginsDir);
  const egressAllow = egressOfLinks(config.egressAllow, config.potProviderUrl);
  const authorities =
    config.caFile === null ? null : await writeAuthorities(config.caFile, config.dataDir);
  const hosts = {
    logger,
    usualArgvs: ({ ytDlp, jsRuntime }: EngineTools) =>
      ytDlp?.version === undefined
        ? []
        : usualArgvs({ ytDlpVersion: ytDlp.version, jsRuntime, ...config }),
    authorities,
    pluginsDir: config.pluginsDir,
    ownPorts: [config.port],
    protectedPaths: [
      config.dataDir,
      config.downloadsDir,
      config.historyFile,
      resolve(repositoryRoot, '.env'),
    ],
  };
  const lease = {
    authorities,
    pluginsDir: plugins.folder,
    potProviderUrl: config.potProviderUrl,
    prepare: () => proxy.listen(),
  };
  const logArchive = createFileLogArchive({
    path: resolve(config.dataDir, 'activity-log.jsonl'),
    logger,
  });
  const log = createActivityLog(() => new Date(), logArchive);
  const memoryBytes = jobMemoryBytes(usableMemoryBytes(), config.maxWorkers);
  const engines = await openEngineRoom({
    ...{ config, repositoryRoot, searchPath, hosts, lease, log, logger, solve, memoryBytes },
    tools: () => toolWatch.current(),
    lookAnew: () => toolWatch.lookAnew(),
    withEngine: (use, signal) => withEngine(use, signal),
    currentProof: () => solverProof(),
    proberOf: (engine, folder) =>
      createProber({
        ...{ ...probing, probedMedia: createProbedMediaCache() },
        ...{ folder, withEngine: engine },
      }),
    jobsOf: (version) => runner.runningWith(version),
    brokenSites: () => downloads.brokenSites(),
  });
  const initialTools = await findOurTools();
  /** What the attempts since the start have cost. */
  const jobs = { count: 0, cpuSeconds: 0, peakMemoryBytes: 0 };
  const engineHost = createEngineHost({
    ...hosts,
    tools: engineToolsOf(initialTools),
    onGone: () => void toolWatch.look(),
  });
  const toolWatch = createToolWatch({
    initial: initialTools,
    find: findOurTools,
    engineHost,
    onChange(now, before) {
      if (now.ytDlp?.version === before.ytDlp?.version) return;
      log.write('info', `yt-dlp is now ${now.ytDlp?.version ?? 'missing'}.`, null, true);
    },
    onError: (error) => logger.warn({ err: error }, 'no look at the tools'),
    isChosen: engines.isChosen,
  });
  const withEngine = createEngineLease({ ...lease, engineHost, tools: toolWatch.current });

  const proxy = createLateEgressProxy({
    isPublicAddress,
    egressAllow: config.egressAllow,
    ownPorts: [config.port],
    logger,
  });

  const timekeeper = await openDiskTimekeeper({ dataDir: config.dataDir, logger });
  const live = createLiveDownloads();
  const history = createJsonFileHistory({
    path: config.historyFile,
    dataDir: config.dataDir,
    logger,
    now: timekeeper.believedNow,
  });
  const content = await history.load();
  const known = new Set(content.downloads.map(({ id }) => id));
  log.restore(
    await logArchive.load(({ download_id: id, is_for_console: isForConsole }) =>
      id === undefined ? isForConsole : known.has(id),
    ),
  );
  const files = await createDiskFileStore({
    downloadsDir: config.downloadsDir,
    dataDir: config.dataDir,
    lock,
    isHistoryEmpty: content.downloads.length === 0,
    onLeft: (path) =>
      log.write('warn', `Left ${path}: it is not known as the file that was stored.`, null, true),
    readOutcome,
    passedTime: timekeeper.look,
  });
  const cookieStore = createDiskCookieStore(resolve(config.dataDir, 'cookies'), logger);
  const cookieJars = createCookieJars({
    store: cookieStore,
    jars: await cookieStore.load(),
    log,
    logger,
    now: () => new Date(),
  });
  const queue = createMemoryQueue({ slots: config.maxWorkers, maxPerHost: config.maxPerHost });
  const probedMedia = createProbedMediaCache();
  const listedLanguages = createListedLanguages();
  const solverProof = createSolverProof({
    tools: toolWatch.current,
    withEngine,
    solve,
    folder: resolve(config.dataDir, 'solver-proof'),
    memoryBytes,
  });
  const runner = createPiscinaRunner({
    maxWorkers: config.maxWorkers,
    limits: {
      maxFileSizeBytes: config.maxFileSizeBytes,
      downloadTimeoutMs: config.downloadTimeoutMs,
      stallTimeoutMs: config.stallTimeoutMs,
      memoryBytes,
    },
    egressAllow,
    withEngine,
    engines,
    issueProxy: (upstream, bytesPerSecond, onRefused) =>
      proxy.issue({
        ...(upstream === null ? {} : { upstream }),
        ...(bytesPerSecond === null ? {} : { bytesPerSecond }),
        onRefused: ({ host, port }) => onRefused(host, port),
      }),
    lendCookies: cookieJars.lend,
    // A second attempt is made because the first one has failed: then only the site itself is asked.
    knownInfo: ({ url, options, attempt, retry_parts: parts }) =>
      attempt === 1 && parts.length === 0 ? probedMedia.info(url, options.proxy ?? null) : null,
    logger,
  });
  const records = createRecords({
    live,
    history,
    log,
    logger,
    historyLimit: config.historyLimit,
    isHeld: (id) => playlists.isHeld(id),
    now: () => new Date(),
  });
  const diskGate = createDiskGate({
    files,
    history,
    queue,
    live,
    log,
    minFreeBytes: config.minFreeSpaceBytes,
  });
  const urlPolicy = {
    isPublicAddress,
    egressAllow: config.egressAllow,
    ownPorts: [config.port],
  };
  const checkUrl = (raw: string) => checkSubmittedUrl(raw, urlPolicy);
  const notifier = createSilentNotifier();
  const playlists = createPlaylists({
    live,
    records,
    history,
    queue,
    store: createDiskPlaylistStore({ folder: resolve(config.dataDir, 'playlists'), logger }),
    links: await openDownloadedLinks(resolve(config.dataDir, 'downloaded-links'), logger),
    notifier,
    log,
    logger,
    checkUrl,
    maxWaiting: config.maxWorkers,
    now: () => new Date(),
  });
  const plainDownloads = createDownloads({
    live,
    records,
    history,
    queue,
    runner,
    files,
    notifier,
    playlists,
    disk: diskGate,
    engines,
    log,
    logger,
    checkUrl,
    hasEngine: engines.has,
    checkProxy: (address) => proxyProblem(address, urlPolicy),
    isListedLanguage: listedLanguages.has,
    fileName: fileNameOf,
    onUsage: ({ cpuSeconds, peakMemoryBytes }) => {
      jobs.count += 1;
      jobs.cpuSeconds += cpuSeconds ?? 0;
      jobs.peakMemoryBytes = Math.max(jobs.peakMemoryBytes, peakMemoryBytes ?? 0);
    },
    settings: config,
    believedNow: timekeeper.believedNow,
  });
  const downloads = withPlaylists(plainDownloads, playlists);
  const probing: ProberOptions = {
    folder: resolve(config.dataDir, 'probes'),
    look,
    checkUrl,
    withEngine,
    issueProxy: (upstream) => proxy.issue(upstream === null ? {} : { upstream }),
    egressAllow,
    memoryBytes,
    lendCookies: cookieJars.lend,
    probedMedia,
    listedLanguages,
    isDownloaded: playlists.isDownloaded,
    planOutput: createOutputPlanner({ live, files, probedMetadata: probedMedia.metadata }),
    logger,
  };
  const prober = createProber(probing);
  const retention = createRetention({
    live,
    records,
    files,
    timekeeper,
    log,
    logger,
    cleanupAfterDays: config.cleanupAfterDays,
  });
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });
  loopDelay.enable();
  async function telemetry(): Promise<Telemetry> {
    const { mode, facts } = engineHost.status();
    const tools = toolWatch.current();
    return readTelemetry({
      live,
      queue,
      capacity: config.maxQueueDepth,
      provider: files.provider,
      usage: await files.usage(),
      nextCleanupAt: retention.nextAt(),
      engine: {
        yt_dlp_version: tools.ytDlp?.version ?? null,
        age_days: tools.ytDlp?.ageDays ?? null,
        mode: mode === 'starting' ? 'cold' : mode,
        sandbox: facts?.sandbox.level ?? null,
        ffmpeg_version: tools.ffmpeg?.version ?? null,
        js_runtime: runtimeName(tools),
        broken_sites: brokenSitesOf(downloads.brokenSites()),
        jobs: jobs.count,
        job_cpu_seconds: Math.round(jobs.cpuSeconds * 100) / 100,
        job_peak_memory_bytes: jobs.peakMemoryBytes,
      },
      process: {
        rss_bytes: process.memoryUsage.rss(),
        event_loop_delay_p99_ms: Math.round(loopDelay.percentile(99) / 1e4) / 100,
        uptime_seconds: Math.round((performance.now() - startedAtMs) / 1000),
      },
      instanceId: identity.instanceId,
      now: new Date(),
    });
  }
  const feed = createEventFeed({ downloads, log, readTelemetry: telemetry });

  return {
    downloads,
    files,
    log,
    feed,
    version,
    signedLinks: createSignedLinks(identity.secret),
    webDir: resolve(repositoryRoot, 'apps/web/dist'),
    readTelemetry: telemetry,
    readConfiguration: () =>
      configurationOf(config, toolWatch.current(), version, engineHost.status(), plugins.names()),
    prober,
    engines,
    cookieJars,
    testCookies: (site, request, signal) =>
      testCookies(site, request, signal, {
        cookieJars,
        checkUrl,
        mayHaveCookies: () => mayHaveCookies(toolWatch.current().ytDlp?.kind ?? 'module'),
        probe: (probe, gone) => prober.probe(probe, gone, true),
      }),
    explain: (selection) => explanationOf(selection, toolWatch.current(), config),
    isListedLanguage: listedLanguages.has,
    async readChecks() {
      await toolWatch.look(true);
      return readChecks({
        tools: toolWatch.current(),
        isEngineRunning: engineHost.status().mode !== 'missing',
        solver: await solverProof(),
        sandbox: engineHost.status().facts?.sandbox ?? null,
        plugins: await plugins.look(),
        files,
        history,
        timekeeper,
        pid: process.pid,
      });
    },
    async start() {
      await downloads.start(content);
      await diskGate.start();
    },
    warmUp() {
      runner.warmUp();
      engines.start();
      void retention.start().then(() => files.learnOldFiles());
      proxy.listen().catch((error: unknown) => logger.warn({ err: error }, 'no egress proxy'));
    },
    async stop() {
      feed.close();
      toolWatch.close();
      const cleanedUp = retention.stop();
      diskGate.stop();
      await prober.close();
      await downloads.stop();
      await runner.close();
      await engines.close();
      await proxy.close();
      await engineHost.close();
      await cleanedUp;
      await files.close();
      await logArchive.close();
      loopDelay.disable();
    },
  };
}

function packageVersion(repositoryRoot: string): string {
  return readJson<{ version: string }>(resolve(repositoryRoot, 'package.json')).version;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
