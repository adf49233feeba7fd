import { parseUrl } from '@artemis/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Download, EngineList } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createDiskCookieStore } from '../../src/adapters/cookie-store.disk.ts';
import { lockDownloadsFolder } from '../../src/adapters/files/downloads-lock.ts';
import { createMemoryQueue } from '../../src/adapters/download-queue.memory.ts';
import { openEmbeddedStore } from '../../src/adapters/download-store/embedded.ts';
import { createDiskFileStore } from '../../src/adapters/file-store.disk.ts';
import { createJsonFileHistory } from '../../src/adapters/history.json-file.ts';
import { createSilentNotifier } from '../../src/adapters/notifier.none.ts';
import { buildApp } from '../../src/app.ts';
import type { Services } from '../../src/services.ts';
import { loadConfig, type Config } from '../../src/config.ts';
import { createActivityLog } from '../../src/domain/activity-log.ts';
import { createDomain } from '../../src/domain/create-domain.ts';
import { IMPLICIT_WORKSPACE } from '../../src/domain/download-store.ts';
import { RequestError } from '../../src/domain/errors.ts';
import { begunAt } from '../../src/domain/passed-time.ts';
import type { FileStore, HistoryStore, RunOptions } from '../../src/domain/ports.ts';
import { createSignedLinks } from '../../src/domain/links/signed-links.ts';
import { explainSelection } from '../../src/worker/explanation.ts';
import type { Outcome } from '../../src/domain/attempt.ts';
import { openDownloadedLinks } from '../../src/adapters/downloaded-links.disk.ts';
import { createDiskWorkFolders } from '../../src/adapters/work-folders.disk.ts';
import { createDiskPlaylistStore } from '../../src/adapters/playlist-store.disk.ts';

import { NO_GAUGES } from '../domain/domain-under-test.ts';

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
  list: () => Promise.resolve(NO_ENGINES),
  fetch: () => Promise.resolve(NO_ENGINES),
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
  const jsonHistory = createJsonFileHistory({
    path: config.historyFile,
    dataDir: config.dataDir,
    logger,
  });
  const history = options.history?.(jsonHistory) ?? jsonHistory;
  const store = await openEmbeddedStore({ history, logger, historyLimit: config.historyLimit });
  const known = await store.find(IMPLICIT_WORKSPACE, {});
  const folders = {
    downloadsDir: config.downloadsDir,
    dataDir: config.dataDir,
    lock: lockDownloadsFolder(config.downloadsDir, 'http'),
    passedTime: () => begunAt(Date.now()),
  };
  const workFolders = await createDiskWorkFolders({
    ...folders,
    scratchDir: config.scratchDir,
    isStoredInDownloads: true,
    isHistoryEmpty: known.length === 0,
    readOutcome: () => Promise.resolve(null),
  });
  const files = await createDiskFileStore({
    ...folders,
    workHealth: workFolders.health,
    onLeft: (path) => log.write('warn', `Left ${path}.`, null, true),
  });
  const domain = await createDomain(
    {
      ...{ store, files, workFolders, log, logger },
      runner: { run: options.run ?? runUntilStopped, close: () => Promise.resolve() },
      prober: {
        probe: () =>
          Promise.resolve({ kind: 'failed', code: 'LOGIN_REQUIRED', detail: 'no engine here' }),
        close: () => Promise.resolve(),
      },
      engines: {
        has: () => false,
        mayHaveCookies: () => true,
        current: () => '2026.10.26',
        seekNewer: () => Promise.resolve(false),
        onSwitch: () => undefined,
        noteEnd: () => undefined,
        noteSite: () => undefined,
      },
      queue: createMemoryQueue({ slots: config.maxWorkers, maxPerHost: config.maxPerHost }),
      playlists: createDiskPlaylistStore({ folder: join(config.dataDir, 'playlists'), logger }),
      links: await openDownloadedLinks(join(config.dataDir, 'downloaded-links'), logger),
      cookies: createDiskCookieStore(join(config.dataDir, 'cookies'), logger),
      notifier: createSilentNotifier(),
      timekeeper: {
        look: () => begunAt(Date.now()),
        believedNow: () => new Date(),
        save: () => Promise.resolve(),
      },
      gauges: NO_GAUGES,
    },
    {
      ...config,
      minFreeSpaceBytes: 0,
      nameTemplate: '{id}',
      instanceId: 'test',
      linkRules: {
        checkUrl: (raw) =>
          parseUrl(raw) !== null && raw.startsWith('http')
            ? { ok: true, url: new URL(raw).href }
            : { ok: false, reason: 'must be an http or https link' },
        checkProxy: (address) => (address.includes('//10.') ? 'must not be private' : null),
      },
    },
  );
  const services: Services = {
    ...domain,
    ...{ files, log },
    signedLinks: createSignedLinks(Buffer.alloc(32, 7)),
    webDir: join(folder, 'web'),
    version: '0.0.0-test',
    readConfiguration: () => {
      throw new Error('the configuration is not part of this test');
    },
    engines: noEngines,
    explain: (selection) => ({
      ...explainSelection({
        selection,
        engine: null,
        isProxyForAll: false,
      }),
      output_example: '',
    }),
    readChecks: () => Promise.resolve([]),
  };
  const app = await buildApp(services, config, logger);
  await domain.start();
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await app.close();
    await domain.stop();
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
