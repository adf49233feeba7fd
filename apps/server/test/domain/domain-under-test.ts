import { isTerminal, parseUrl } from '@artemis/contracts';
import { cpSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Download, FailureCode } from '@artemis/contracts';
import { createMemoryQueue } from '../../src/adapters/download-queue.memory.ts';
import { openEmbeddedStore } from '../../src/adapters/download-store/embedded.ts';
import { createJsonFileHistory } from '../../src/adapters/history.json-file.ts';
import { createSilentNotifier } from '../../src/adapters/notifier.none.ts';
import { createActivityLog } from '../../src/domain/activity-log.ts';
import { createDomain } from '../../src/domain/create-domain.ts';
import { IMPLICIT_WORKSPACE, type DownloadStore } from '../../src/domain/download-store.ts';
import type { Downloads } from '../../src/domain/downloads.ts';
import type {
  DownloadQueue,
  Engines,
  FileStore,
  Gauges,
  LeftEngine,
  Prober,
  RunOptions,
} from '../../src/domain/ports.ts';
import { begunAt } from '../../src/domain/passed-time.ts';
import type { Outcome } from '../../src/domain/attempt.ts';
import { openDownloadedLinks } from '../../src/adapters/downloaded-links.disk.ts';
import { createDiskPlaylistStore } from '../../src/adapters/playlist-store.disk.ts';

export interface Attempt {
  readonly id: string;
  readonly options: RunOptions;
  end(outcome: Outcome): void;
}

export interface DomainUnderTest {
  readonly downloads: Downloads;
  readonly store: DownloadStore;
  /** All records as they are stored, the oldest first, with their progress. */
  readonly records: ReadonlyMap<string, Download>;
  /** What counts against the limit of the queue. */
  activeCount(): number;
  /** A record as it is to be seen. */
  viewOf(id: string): Download;
  readonly queue: DownloadQueue;
  /** Attempts under way, by download. */
  readonly attempts: ReadonlyMap<string, Attempt>;
  /** Every start of an attempt, in order. */
  readonly started: readonly string[];
  /** Downloads whose partial files were removed, in order. */
  readonly removedFolders: readonly string[];
  /** Sites for which a newer yt-dlp was looked for; there is none. */
  readonly sought: readonly string[];
  /** What was told of sites for the events of the engines, in order. */
  readonly siteEvents: readonly string[];
  useEngine(version: string, left?: LeftEngine): void;
  /** While set, every write of the history fails with it. */
  failWrites(error: Error | null): void;
  /** Of the disk; null, as at first: unknown. */
  setFreeBytes(bytes: number | null): void;
  /** While set, this is why the folders cannot be used. */
  failFolders(problem: string | null): void;
  /** While set, the ends of playlist entries cannot be written. */
  failLists(error: Error | null): void;
  /** Texts of the console, oldest first. */
  console(): readonly string[];
  readonly playlistFolder: string;
  /** Writes of the history so far. */
  writes(): number;
  submit(...urls: string[]): Promise<string[]>;
  statusOf(id: string): Download['status'] | null;
  /** A start on what is on the disk at this moment, as after a kill; this one goes on apart from it. */
  fork(): Promise<DomainUnderTest>;
  /** A stop as by SIGTERM, and a start on what it left. */
  restart(): Promise<DomainUnderTest>;
  close(): Promise<void>;
}

export interface DomainOptions {
  readonly folder?: string;
  readonly slots?: number;
  readonly maxPerHost?: number;
  readonly maxQueueDepth?: number;
  readonly historyLimit?: number;
  readonly maxAttempts?: number;
  readonly now?: () => Date;
  readonly believedNow?: () => Date;
}

export const done: Outcome = {
  kind: 'done',
  files: [],
  metadata: { title: 'fine' },
  warnings: [],
  usage: null,
};

export function failure(code: FailureCode): Outcome {
  return { kind: 'failed', code, detail: '', retryAfterSeconds: null, usage: null };
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** For tests without links to probe. */
export const NO_PROBER: Prober = {
  probe: () => Promise.reject(new Error('probes are not part of this test')),
  close: () => Promise.resolve(),
};

export const NO_GAUGES: Gauges = {
  engine: () => ({
    yt_dlp_version: null,
    age_days: null,
    mode: 'missing',
    sandbox: null,
    ffmpeg_version: null,
    js_runtime: null,
  }),
  process: () => ({ rss_bytes: 1, event_loop_delay_p99_ms: 1, uptime_seconds: 1 }),
};

/** A good look at the folders counts for as long. */
export const DISK_LOOK_EVERY_MS = 20;

/** The real domain, queue and history; attempts end when the test says so, and there are no files. */
export async function openDomain(options: DomainOptions = {}): Promise<DomainUnderTest> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'artemis-domain-')));
  const now = options.now ?? (() => new Date());
  let writeError: Error | null = null;
  let listError: Error | null = null;
  let writes = 0;
  let freeBytes: number | null = null;
  let folderProblem: string | null = null;
  const history = createJsonFileHistory({
    path: join(folder, 'history.json'),
    dataDir: join(folder, 'data'),
    logger: silent,
    now: options.believedNow ?? now,
    // Without fsync: what the disk promises is tested elsewhere.
    write: async (path, content) => {
      if (writeError) {
        const error = writeError;
        await new Promise((resolve) => setTimeout(resolve, 20));
        throw error;
      }
      writes += 1;
      await writeFile(`${path}.tmp`, content);
      await rename(`${path}.tmp`, path);
    },
  });
  const log = createActivityLog(now);
  const believedNow = options.believedNow ?? now;
  const historyLimit = options.historyLimit ?? 200;
  const store = await openEmbeddedStore({
    history,
    historyLimit,
    now,
    believedNow,
    logger: silent,
  });
  const records = new Map<string, Download>();
  for (const { download } of await store.find(IMPLICIT_WORKSPACE, {})) {
    records.set(download.id, download);
  }
  store.watch((change) => {
    if (change.kind === 'removed') records.delete(change.id);
    else records.set(change.stored.download.id, change.stored.download);
  });
  const queue = createMemoryQueue({
    slots: options.slots ?? 2,
    maxPerHost: options.maxPerHost ?? 64,
    nowMs: () => now().getTime(),
  });
  const attempts = new Map<string, Attempt>();
  const started: string[] = [];
  const removedFolders: string[] = [];
  const playlistFolder = join(folder, 'data', 'playlists');
  let engine = '2026.10.26';
  const onSwitch: Parameters<Engines['onSwitch']>[0][] = [];
  const siteEvents: string[] = [];
  const sought: string[] = [];
  const domain = await createDomain(
    {
      ...{ store, queue, log, now },
      logger: silent,
      files: fakeFiles(() => folderProblem),
      workFolders: {
        folder: (id) => Promise.resolve(`/nowhere/${id}`),
        remove(id) {
          removedFolders.push(id);
          return Promise.resolve();
        },
        sweep: () => Promise.resolve(0),
        verifiedOutcome: () => Promise.resolve(null),
        freeBytes: () => Promise.resolve(freeBytes),
      },
      runner: {
        run: (download, runOptions) =>
          new Promise((resolve) => {
            const { id } = download;
            if (attempts.has(id)) throw new Error('runs twice at once');
            started.push(id);
            const end = (outcome: Outcome) => {
              attempts.delete(id);
              resolve(outcome);
            };
            attempts.set(id, { id, options: runOptions, end });
            const stop = () => end({ kind: 'stopped', usage: null });
            runOptions.signal.addEventListener('abort', stop, { once: true });
          }),
        close: () => Promise.resolve(),
      },
      prober: NO_PROBER,
      engines: {
        has: () => true,
        mayHaveCookies: () => true,
        current: () => engine,
        seekNewer(site) {
          sought.push(site);
          return Promise.resolve(false);
        },
        onSwitch: (listener) => void onSwitch.push(listener),
        noteEnd: () => undefined,
        noteSite: (code, site) => void siteEvents.push(`${code} ${site}`),
      },
      playlists: createDiskPlaylistStore({
        folder: playlistFolder,
        logger: silent,
        append: async (file, content) => {
          if (listError) throw listError;
          await file.appendFile(content);
        },
      }),
      links: await openDownloadedLinks(join(folder, 'data', 'links'), silent),
      cookies: {
        load: () => Promise.resolve([]),
        write: () => Promise.resolve(),
        remove: () => Promise.resolve(),
      },
      notifier: createSilentNotifier(),
      timekeeper: {
        look: () => begunAt(now().getTime()),
        believedNow: options.believedNow ?? now,
        save: () => Promise.resolve(),
      },
      gauges: NO_GAUGES,
      random: () => 0.5,
    },
    {
      instanceId: 'test',
      linkRules: {
        checkUrl: (raw) =>
          parseUrl(raw) !== null
            ? { ok: true, url: new URL(raw).href }
            : { ok: false, reason: 'This is not a URL.' },
        checkProxy: () => null,
      },
      maxWorkers: options.slots ?? 2,
      maxQueueDepth: options.maxQueueDepth ?? 500,
      maxAttempts: options.maxAttempts ?? 3,
      cleanupAfterDays: 30,
      minFreeSpaceBytes: 0,
      nameTemplate: '{id}',
      lookAtDiskEveryMs: DISK_LOOK_EVERY_MS,
    },
  );
  const { downloads } = domain;
  await domain.start();
  return {
    downloads,
    store,
    records,
    activeCount: () =>
      [...records.values()].filter(
        ({ status, parent_id: parentId }) => parentId === null && !isTerminal(status),
      ).length,
    viewOf(id) {
      const record = records.get(id);
      if (!record) throw new Error(`no record ${id}`);
      return downloads.view(record);
    },
    queue,
    attempts,
    started,
    removedFolders,
    sought,
    siteEvents,
    useEngine(version, left) {
      engine = version;
      for (const listener of onSwitch) listener(version, left ?? null);
    },
    failWrites: (error) => void (writeError = error),
    failLists: (error) => void (listError = error),
    console: () => log.console(0).lines.map(({ text }) => text),
    playlistFolder,
    writes: () => writes,
    failFolders: (problem) => void (folderProblem = problem),
    setFreeBytes: (bytes) => void (freeBytes = bytes),
    async submit(...urls) {
      const result = await downloads.submit({ urls }, null);
      return result.downloads.map(({ id }) => id);
    },
    statusOf: (id) => records.get(id)?.status ?? null,
    async fork() {
      const copy = await mkdtemp(join(tmpdir(), 'artemis-domain-'));
      // Nothing else happens meanwhile, but for a rename that is already under way.
      cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.tmp') });
      return openDomain({ ...options, folder: copy });
    },
    async restart() {
      await domain.stop();
      return openDomain({ ...options, folder });
    },
    async close() {
      await domain.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function fakeFiles(folderProblem: () => string | null): FileStore {
  const nothing = () => Promise.resolve();
  return {
    provider: 'local',
    replace: (_id, stored) => Promise.resolve(stored),
    copyTo: () => Promise.resolve(null),
    isTaken: () => Promise.resolve(false),
    publish(id, files) {
      const problem = folderProblem();
      if (problem !== null) return Promise.reject(new Error(problem));
      return Promise.resolve(
        files.map(({ kind, suffix, sizeBytes, contentType }) => ({
          kind,
          name: id + suffix,
          size: sizeBytes,
          content_type: contentType,
          storage_path: `downloads/${id}${suffix}`,
        })),
      );
    },
    open: () => Promise.resolve(null),
    link: () => Promise.resolve(null),
    isChanged: () => Promise.resolve(false),
    folderProblem: () => Promise.resolve(null),
    remove: nothing,
    removeOlderThan: () => Promise.resolve(new Set<string>()),
    ageMs: () => null,
    usage: () => Promise.resolve({ usedBytes: 0, files: 0 }),
    health() {
      const message = folderProblem();
      return Promise.resolve({
        state: message ? 'fail' : 'ok',
        message: message ?? '',
        remedy: null,
      });
    },
    close: nothing,
  };
}
