import { parseUrl } from '@artemis/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Download, EngineList, Telemetry } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createDiskCookieStore } from '../../src/adapters/cookie-store.disk.ts';
import { lockDownloadsFolder } from '../../src/adapters/files/downloads-lock.ts';
import { createMemoryQueue } from '../../src/adapters/download-queue.memory.ts';
import { createDiskFileStore } from '../../src/adapters/file-store.disk.ts';
import { createJsonFileHistory } from '../../src/adapters/history.json-file.ts';
import { createSilentNotifier } from '../../src/adapters/notifier.none.ts';
import { buildApp } from '../../src/app.ts';
import type { Services } from '../../src/compose.ts';
import { loadConfig, type Config } from '../../src/config.ts';
import { createActivityLog } from '../../src/domain/activity-log.ts';
import { createCookieJars } from '../../src/domain/cookies/cookie-jars.ts';
import { testCookies } from '../../src/domain/cookies/cookie-test.ts';
import { createDiskGate } from '../../src/domain/disk-gate.ts';
import { createDownloads } from '../../src/domain/downloads.ts';
import { RequestError } from '../../src/domain/errors.ts';
import { createEventFeed } from '../../src/domain/event-feed.ts';
import { fileNameOf } from '../../src/domain/selection/file-name.ts';
import { createLiveDownloads } from '../../src/domain/live-downloads.ts';
import { begunAt } from '../../src/domain/passed-time.ts';
import type {
  DownloadRunner,
  FileStore,
  HistoryStore,
  RunOptions,
} from '../../src/domain/ports.ts';
import { createRecords } from '../../src/domain/records.ts';
import { createSignedLinks } from '../../src/domain/links/signed-links.ts';
import type { UrlVerdict } from '../../src/domain/submit.ts';
import { readTelemetry } from '../../src/domain/telemetry.ts';
import { explainSelection } from '../../src/worker/explanation.ts';
import type { Outcome } from '../../src/domain/attempt.ts';
import { openDownloadedLinks } from '../../src/adapters/downloaded-links.disk.ts';
import { createDiskPlaylistStore } from '../../src/adapters/playlist-store.disk.ts';
import { createPlaylists } from '../../src/domain/playlists/playlists.ts';
import { withPlaylists } from '../../src/domain/playlists/with-playlists.ts';

export type FakeRun = (download: Download, options: RunOptions) => Promise<Outcome>;

export interface AppUnderTest {
  readonly app: FastifyInstance;
  readonly folder: string;
  readonly config: Config;
  readonly files: FileStore;
  readonly history: HistoryStore;
  /** Stops as SIGTERM does, and keeps the folder. */
  stop(): Promise<void>;
  /** Stops, and removes the folder when it is its own. */
  close(): Promise<void>;
}

export interface AppOptions {
  readonly environment?: Record<string, string>;
  readonly run?: FakeRun;
  /** A folder of an earlier app, to start again on what it left. */
  readonly folder?: string;
  readonly history?: (history: HistoryStore) => HistoryStore;
}

/** Waits until the attempt is stopped. */
export const runUntilStopped: FakeRun = (_download, { signal }) =>
  new Promise((resolve) => {
    const stop = () => resolve({ kind: 'stopped', usage: null });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

/** The real HTTP side, domain, queue, history and file store in a folder of their own; only the engine is a function. */
const NO_ENGINES: EngineList = {
  channel: 'stable',
  in_use: null,
  previous: null,
  is_pinned: false,
  is_fetching: false,
  looked_at: null,
  next_look_at: null,
  fetch_problem: null,
  engines: [],
  events: [],
  broken_sites: [],
};

const noEngines: Services['engines'] = {
  list: () => NO_ENGINES,
  fetch: () => NO_ENGINES,
  use: (version) => Promise.reject(new RequestError('ENGINE_NOT_FOUND', `No ${version}.`)),
  remove: (version) => Promise.reject(new RequestError('ENGINE_NOT_FOUND', `No ${version}.`)),
};

export async function startApp(options: AppOptions = {}): Promise<AppUnderTest> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'artemis-http-')));
  const config = loadConfig(
    { DOWNLOADS_DIR: 'downloads', RATE_LIMIT_ENABLED: 'false', ...options.environment },
    folder,
  );
  const logger = pino({ level: 'silent' });
  const log = createActivityLog();
  const live = createLiveDownloads();
  const jsonHistory = createJsonFileHistory({
    path: config.historyFile,
    dataDir: config.dataDir,
    logger,
  });
  const history = options.history?.(jsonHistory) ?? jsonHistory;
  const content = await history.load();
  const files = await createDiskFileStore({
    downloadsDir: config.downloadsDir,
    dataDir: config.dataDir,
    lock: lockDownloadsFolder(config.downloadsDir, 'http'),
    isHistoryEmpty: content.downloads.length === 0,
    onLeft: (path) => log.write('warn', `Left ${path}.`, null, true),
    readOutcome: () => Promise.resolve(null),
    passedTime: () => begunAt(Date.now()),
  });
  const queue = createMemoryQueue({ slots: config.maxWorkers, maxPerHost: config.maxPerHost });
  const runner: DownloadRunner = {
    run: options.run ?? runUntilStopped,
    close: () => Promise.resolve(),
  };
  const records = createRecords({
    live,
    history,
    log,
    logger,
    historyLimit: config.historyLimit,
    isHeld: (id) => playlists.isHeld(id),
    now: () => new Date(),
  });
  const checkUrl = (raw: string): UrlVerdict =>
    parseUrl(raw) !== null && raw.startsWith('http')
      ? { ok: true, url: new URL(raw).href }
      : { ok: false, reason: 'must be an http or https link' };
  const disk = createDiskGate({ files, history, queue, live, log, minFreeBytes: 0 });
  const notifier = createSilentNotifier();
  const playlists = createPlaylists({
    live,
    records,
    history,
    queue,
    store: createDiskPlaylistStore({ folder: join(config.dataDir, 'playlists'), logger }),
    links: await openDownloadedLinks(join(config.dataDir, 'downloaded-links'), logger),
    notifier,
    log,
    logger,
    checkUrl,
    maxWaiting: config.maxWorkers,
    now: () => new Date(),
  });
  const plainDownloads = createDownloads({
    engines: {
      current: () => '2026.10.26',
      seekNewer: () => Promise.resolve(false),
      onSwitch: () => undefined,
      noteEnd: () => undefined,
      noteSite: () => undefined,
    },
    disk,
    playlists,
    live,
    records,
    history,
    queue,
    runner,
    files,
    notifier,
    log,
    logger,
    checkUrl,
    isListedLanguage: () => false,
    checkProxy: (address) => (address.includes('//10.') ? 'must not be private' : null),
    fileName: fileNameOf,
    settings: config,
  });
  const downloads = withPlaylists(plainDownloads, playlists);
  const engine: Telemetry['engine'] = {
    yt_dlp_version: null,
    age_days: null,
    mode: 'missing',
    sandbox: null,
    ffmpeg_version: null,
    js_runtime: null,
    broken_sites: [],
    jobs: 0,
    job_cpu_seconds: 0,
    job_peak_memory_bytes: 0,
  };
  const telemetry = async () =>
    readTelemetry({
      live,
      queue,
      capacity: config.maxQueueDepth,
      provider: 'local',
      usage: await files.usage(),
      nextCleanupAt: null,
      engine,
      process: { rss_bytes: 1, event_loop_delay_p99_ms: 1, uptime_seconds: 1 },
      instanceId: 'test',
      now: new Date(),
    });
  const cookieStore = createDiskCookieStore(join(config.dataDir, 'cookies'), logger);
  const cookieJars = createCookieJars({
    store: cookieStore,
    jars: await cookieStore.load(),
    log,
    logger,
    now: () => new Date(),
  });
  const feed = createEventFeed({ downloads, log, readTelemetry: telemetry });
  const services: Services = {
    downloads,
    files,
    log,
    signedLinks: createSignedLinks(Buffer.alloc(32, 7)),
    webDir: join(folder, 'web'),
    version: '0.0.0-test',
    readTelemetry: telemetry,
    feed,
    readConfiguration: () => {
      throw new Error('the configuration is not part of this test');
    },
    prober: {
      probe: () => Promise.reject(new Error('links are not part of this test')),
      close: () => Promise.resolve(),
    },
    engines: noEngines,
    cookieJars,
    testCookies: (site, request, signal) =>
      testCookies(site, request, signal, {
        cookieJars,
        checkUrl,
        mayHaveCookies: () => true,
        probe: () =>
          Promise.reject(new RequestError('PROBE_FAILED', '', { failureCode: 'LOGIN_REQUIRED' })),
      }),
    isListedLanguage: () => false,
    explain: ({ format_preset: formatPreset, quality, options: chosen }) => ({
      ...explainSelection({
        selection: { formatPreset, quality, options: chosen },
        engine: null,
        isProxyForAll: false,
      }),
      output_example: '',
    }),
    readChecks: () => Promise.resolve([]),
    start: () => downloads.start(content),
    warmUp: () => undefined,
    stop: () => downloads.stop(),
  };
  const app = await buildApp(services, config, logger);
  await services.start();
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await app.close();
    feed.close();
    await services.stop();
    await files.close();
  };
  return {
    app,
    folder,
    config,
    files,
    history,
    stop,
    async close() {
      await stop();
      if (!options.folder) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Looks again and again until `read` gives something; the test's own time limit ends a wait in vain. */
export async function eventually<T>(read: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const value = await read();
    if (value !== null && value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
