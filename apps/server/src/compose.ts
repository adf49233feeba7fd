import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { createDiskCookieStore } from './adapters/cookie-store.disk.ts';
import { createMemoryQueue } from './adapters/download-queue.memory.ts';
import { openEmbeddedStore } from './adapters/download-store/embedded.ts';
import { openDownloadedLinks } from './adapters/downloaded-links.disk.ts';
import { openFileStore } from './adapters/file-store.ts';
import { readIdentity } from './adapters/files/data-folder.ts';
import { lockDownloadsFolder, lockScratchFolder } from './adapters/files/downloads-lock.ts';
import { createJsonFileHistory } from './adapters/history.json-file.ts';
import { openLocalEngine } from './adapters/local-engine/local-engine.ts';
import { createFileLogArchive } from './adapters/log-archive.file.ts';
import { createSilentNotifier } from './adapters/notifier.none.ts';
import { openDiskTimekeeper } from './adapters/passed-time.disk.ts';
import { createDiskPlaylistStore } from './adapters/playlist-store.disk.ts';
import { createProcessGauge } from './adapters/process-gauge.ts';
import { createDiskWorkFolders } from './adapters/work-folders.disk.ts';
import type { Config } from './config.ts';
import { createActivityLog } from './domain/activity-log.ts';
import { createDomain, type Domain } from './domain/create-domain.ts';
import { IMPLICIT_WORKSPACE } from './domain/download-store.ts';
import { createAddressPolicy, type AddressTable } from './domain/links/address-policy.ts';
import { createSignedLinks } from './domain/links/signed-links.ts';
import { createLinkRules } from './domain/links/url-policy.ts';
import { configurationOf } from './http/answers/configuration.ts';
import { readChecks } from './http/answers/readiness.ts';
import type { Services } from './services.ts';
import { usualArgvs } from './worker/argv/usual-argv.ts';
import { explainSelection } from './worker/explanation.ts';
import { look } from './worker/probe/probe-task.ts';
import { solve } from './worker/solve-task.ts';
import { readOutcome } from './worker/work-folder/outcome-file.ts';

export interface Composition {
  readonly services: Services;
  /** Takes over what an earlier run left and begins to work. */
  start(): Promise<void>;
  /** To be called once the server listens: loads what the first download would have to wait for, and cleans up. */
  warmUp(): void;
  /** Ends running downloads so that they can be continued, and every child process. */
  stop(): Promise<void>;
}

/** Picks the adapters and hands them to the domain: the one place that knows them all. Main thread only. */
export async function compose(
  config: Config,
  logger: Logger,
  repositoryRoot: string,
  searchPath: string,
): Promise<Composition> {
  const { dataDir, downloadsDir, scratchDir } = config;
  const processGauge = createProcessGauge();
  const { version } = readJson<{ version: string }>(resolve(repositoryRoot, 'package.json'));
  const addresses = resolve(repositoryRoot, 'apps/server/engine/addresses.json');
  const isPublicAddress = createAddressPolicy(readJson<AddressTable>(addresses));
  const identity = await readIdentity(dataDir, config.secretKey);
  const lock = lockDownloadsFolder(downloadsDir, identity.instanceId);
  const scratchLock =
    scratchDir === null ? lock : lockScratchFolder(scratchDir, identity.instanceId);
  const logArchive = createFileLogArchive({
    path: resolve(dataDir, 'activity-log.jsonl'),
    logger,
  });
  const log = createActivityLog(() => new Date(), logArchive);
  const engine = await openLocalEngine({
    ...{ config, repositoryRoot, searchPath, isPublicAddress, log, logger },
    instanceId: identity.instanceId,
    tasks: { look, solve, usualArgvs, explain: explainSelection },
    brokenSites: () => domain.downloads.brokenSites(),
    lendCookies: (url) => domain.cookieJars.lend(url),
  });
  const { engines } = engine;
  const timekeeper = await openDiskTimekeeper({ dataDir, logger });
  const { believedNow } = timekeeper;
  const store = await openEmbeddedStore({
    ...{ historyLimit: config.historyLimit, believedNow, logger },
    history: createJsonFileHistory({
      ...{ path: config.historyFile, dataDir, logger },
      now: believedNow,
    }),
  });
  log.restore(
    await logArchive.load(async (id) => (await store.get(IMPLICIT_WORKSPACE, id)) !== null),
  );
  const { byStatus } = await store.counts(IMPLICIT_WORKSPACE);
  const isHistoryEmpty = Object.values(byStatus).every((count) => count === 0);
  const workFolders = await createDiskWorkFolders({
    ...{ downloadsDir, scratchDir, dataDir, readOutcome },
    lock: scratchLock,
    isStoredInDownloads: config.s3 === null,
    isHistoryEmpty,
    passedTime: timekeeper.look,
  });
  const files = await openFileStore(config.s3, {
    ...{ downloadsDir, dataDir, lock, logger },
    instanceId: identity.instanceId,
    workHealth: workFolders.health,
    onLeft: (path) =>
      log.write('warn', `Left ${path}: it is not known as the file that was stored.`, null, true),
    passedTime: timekeeper.look,
  });
  const domain: Domain = await createDomain(
    {
      ...{ store, files, workFolders, engines, timekeeper, log, logger },
      ...{ runner: engine.runner, prober: engine.prober },
      queue: createMemoryQueue({ slots: config.maxWorkers, maxPerHost: config.maxPerHost }),
      playlists: createDiskPlaylistStore({ folder: resolve(dataDir, 'playlists'), logger }),
      links: await openDownloadedLinks(resolve(dataDir, 'downloaded-links'), logger),
      cookies: createDiskCookieStore(resolve(dataDir, 'cookies'), logger),
      notifier: createSilentNotifier(),
      gauges: { engine: engine.gauge, process: processGauge.read },
    },
    {
      ...config,
      instanceId: identity.instanceId,
      linkRules: createLinkRules({
        ...{ isPublicAddress, egressAllow: config.egressAllow, ownPorts: [config.port] },
      }),
    },
  );

  return {
    services: {
      ...domain,
      ...{ files, log, engines, version, explain: engine.explain },
      signedLinks: createSignedLinks(identity.secret),
      webDir: resolve(repositoryRoot, 'apps/web/dist'),
      readConfiguration: () =>
        configurationOf({
          ...{ config, version },
          toolVersions: engine.versions(),
          plugins: engine.plugins(),
          mayHaveCookies: engines.mayHaveCookies(),
        }),
      readChecks: () =>
        readChecks({
          ...{ files, store, timekeeper, pid: process.pid },
          engineChecks: engine.checks,
        }),
    },
    start: () => domain.start(),
    warmUp() {
      engine.warmUp();
      void domain.startRetention().then(() => files.tidy());
    },
    async stop() {
      engine.stopWatching();
      await domain.stop();
      await engine.close();
      await files.close();
      workFolders.close();
      await logArchive.close();
      processGauge.close();
    },
  };
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
