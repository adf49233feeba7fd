import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EngineEvent, EngineList, FetchEngine } from '@artemis/contracts';
import type { ActivityLog } from '../../domain/activity-log.ts';
import { nextLook } from '../../domain/engine-choice.ts';
import { isWorse, sinceSwitch, withEnd } from '../../domain/engine-success.ts';
import type { ToldBrokenSite } from '../../domain/engine-waits.ts';
import { RequestError } from '../../domain/errors.ts';
import type { Engines } from '../../domain/ports.ts';
import type { Logger } from '../../domain/records.ts';
import type { WithEngine } from '../engine-lease.ts';
import type { Tools } from '../tools.ts';
import { compareVersions, type ManagedCopy, type YtDlpTool } from '../yt-dlp-finder.ts';
import type { FetchAnswer, FetchRequest } from './fetch.ts';
import type { EngineLedger } from './ledger.ts';
import { listEngines, type WorkingCopy } from './listing.ts';
import { provenanceOf } from './provenance.ts';
import { createShelf } from './shelf.ts';
import type { SideHosts } from './side-hosts.ts';
import { holdTrial, type TrialOptions } from './trial.ts';

/** A copy is tried once it was seen twice, this long apart. */
const SETTLE_MS = 3_000;
const TICK_MS = 5_000;
const MOST_FETCHED_KEPT = 4;

export interface EngineRoom extends Engines {
  list(): EngineList;
  /** Answers at once; fetches and tries in the background. */
  fetch(request: FetchEngine): EngineList;
  /** Idempotent. @throws {RequestError} ENGINE_NOT_FOUND, or ENGINE_IN_USE where a yt-dlp of the computer is used as it is */
  use(version: string): Promise<EngineList>;
  /** @throws {RequestError} ENGINE_NOT_FOUND, ENGINE_IN_USE */
  remove(version: string): Promise<void>;
  has(version: string): boolean;
  /** The way to one version, also when it is not in use. */
  withVersion(version: string): WithEngine;
  /** For `findTools`: takes note of what is there, and says what is used. */
  pick(copies: readonly ManagedCopy[]): YtDlpTool | null;
  /** From now on copies are tried and releases looked for. */
  start(): void;
  close(): Promise<void>;
}

export interface EngineRoomOptions {
  readonly ledger: EngineLedger;
  readonly defaultChannel: EngineList['channel'];
  readonly tools: () => Tools;
  readonly lookAnew: () => Promise<void>;
  readonly withEngine: WithEngine;
  readonly sideHosts: SideHosts;
  readonly trial: TrialOptions;
  readonly fetch: (request: FetchRequest, signal: AbortSignal) => Promise<FetchAnswer>;
  readonly jobsOf: (version: string) => number;
  readonly brokenSites: () => readonly ToldBrokenSite[];
  readonly log: Pick<ActivityLog, 'write'>;
  readonly logger: Logger;
  readonly now?: () => Date;
}

/** The versions of yt-dlp side by side: what there is, what is used, what is tried and what was left. */
export function createEngineRoom(options: EngineRoomOptions): EngineRoom {
  const { ledger, log, logger } = options;
  const now = options.now ?? (() => new Date());
  const listeners = new Set<(version: string | null) => void>();
  const closing = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  let trying: string | null = null;
  let work: Promise<unknown> = Promise.resolve();
  let seeking: Promise<boolean> | null = null;
  let nextLookAt = nextLook(now(), null, Math.random());
  let told: string | null = null;
  let heard: string | null = null;

  const channel = () => ledger.state().channel ?? options.defaultChannel;
  const current = () => options.tools().ytDlp?.version ?? null;
  const isForeign = () => options.tools().ytDlp?.isManaged === false;
  const shelf = createShelf({
    ledger,
    usedVersion: () => ledger.state().inUse ?? current(),
    isTrying: (version) => trying === version,
    mayTry: () => isStarted && !isForeign(),
    onReady: (copy) => void enqueue(() => tryAndUse(copy)),
    onUnsettled: () => later(SETTLE_MS, () => void options.lookAnew()),
  });
  const { copyOf, isUntried } = shelf;
  let isStarted = false;
  let lastSeen: string | null = null;

  function tell(
    code: EngineEvent['code'],
    message: string,
    about: Partial<Pick<EngineEvent, 'version' | 'from' | 'site'>> = {},
  ): void {
    const event = { version: null, from: null, site: null, ...about };
    const events = [{ at: now().toISOString(), code, message, ...event }, ...ledger.state().events];
    ledger.change({ events });
    const isBad = ['TRIAL_FAILED', 'WENT_BACK', 'FETCH_FAILED', 'GONE'].includes(code);
    log.write(isBad ? 'warn' : 'info', message, null, true);
  }

  function enqueue<T>(task: () => Promise<T>): Promise<T | null> {
    const done = work.then(async () => (closing.signal.aborted ? null : task()));
    const quiet = done.catch((error: unknown) => {
      logger.error({ err: error }, 'the work on an engine failed');
      return null;
    });
    work = quiet;
    return quiet;
  }

  /** True when it has passed. */
  async function attempt({ tool }: WorkingCopy): Promise<boolean> {
    trying = tool.version;
    const verdict = await holdTrial(tool, {
      ledger,
      trial: options.trial,
      now,
      isStopping: () => closing.signal.aborted,
    }).finally(() => (trying = null));
    if (verdict === null) return false;
    const { code, message, site } = verdict;
    tell(code, message, { version: tool.version, site });
    return code === 'TRIAL_PASSED';
  }

  async function tryAndUse(copy: WorkingCopy): Promise<boolean> {
    if (!isUntried(copy.tool)) return false;
    if (!(await attempt(copy))) return false;
    const { isPinned } = ledger.state();
    const used = current();
    const isNewer = used === null || compareVersions(copy.tool.version, used) > 0;
    if (isPinned || !isNewer || copyOf(copy.tool.version) === undefined) return false;
    await switchTo(
      copy.tool.version,
      'SWITCHED',
      `New downloads run with yt-dlp ${copy.tool.version}.`,
    );
    await removeOld();
    return true;
  }

  async function switchTo(
    version: string,
    code: 'SWITCHED' | 'WENT_BACK',
    message: string,
    site: string | null = null,
  ) {
    const from = current();
    ledger.change({
      inUse: version,
      usedSince: now().toISOString(),
      previous:
        from !== null && from !== version && copyOf(from) !== undefined
          ? from
          : ledger.state().previous,
      fresh: {},
    });
    told = version;
    tell(code, message, { version, from, site });
    await options.lookAnew();
    hear();
  }

  /** Fetched ones only: what a person has placed, a person removes. */
  async function removeOld(): Promise<void> {
    const { previous } = ledger.state();
    const ours = shelf.copies().filter((copy) => provenanceOf(copy).source !== 'placed');
    for (const { tool } of ours.slice(MOST_FETCHED_KEPT)) {
      const isNeeded =
        [current(), previous].includes(tool.version) || options.jobsOf(tool.version) > 0;
      if (!isNeeded) await removeFolder(tool.version);
    }
  }

  async function removeFolder(version: string): Promise<void> {
    const copy = copyOf(version);
    if (copy === undefined) return;
    // A folder that loses its files one by one must not look like one that can be used.
    const doomed = join(dirname(copy.folder), `.new-removed-${randomUUID()}`);
    await rename(copy.folder, doomed);
    shelf.drop(copy);
    await rm(doomed, { recursive: true, force: true });
    tell('REMOVED', `yt-dlp ${version} was removed.`, { version });
  }

  async function fetchNow(wanted: { version?: string }): Promise<boolean> {
    const tools = options.tools();
    const ofChannel = channel() === 'nightly' ? 'nightly' : 'stable';
    const isNightly = wanted.version !== undefined && wanted.version.split('.').length > 3;
    const newest = shelf.copies()[0]?.tool.version;
    const answer = await options.fetch(
      {
        toolsDir: tools.toolsDir,
        python: tools.python?.path ?? 'python3',
        channel: isNightly ? 'nightly' : wanted.version === undefined ? ofChannel : 'stable',
        ...(wanted.version === undefined
          ? newest === undefined
            ? {}
            : { newerThan: newest }
          : wanted),
      },
      closing.signal,
    );
    if (closing.signal.aborted) return false;
    const lookedAt = now().toISOString();
    if (answer.kind === 'failed') {
      const remedy =
        'Run "npm run tools -- newer" in the folder of Artemis, or put a yt-dlp into its tools folder.';
      ledger.change({ lookedAt, problem: { message: answer.message, remedy } });
      tell('FETCH_FAILED', `No newer yt-dlp could be fetched: ${answer.message}`, {
        version: wanted.version ?? null,
      });
      return false;
    }
    ledger.change({ lookedAt, problem: null });
    if (answer.kind === 'nothing_newer') return false;
    const { version } = answer;
    tell('FETCHED', `yt-dlp ${version} was fetched and is being tried.`, { version });
    await options.lookAnew();
    const copy = copyOf(version);
    if (copy === undefined) return false;
    if (isUntried(copy.tool)) return tryAndUse(copy);
    if (ledger.note(version).trial === null) await attempt(copy);
    return false;
  }

  function seek(): Promise<boolean> {
    seeking ??= enqueue(() => fetchNow({}))
      .then((isUsed) => isUsed === true)
      .finally(() => (seeking = null));
    return seeking;
  }

  function tick(): void {
    watchUse();
    void lookAtFolder();
    if (now() < nextLookAt) return;
    nextLookAt = nextLook(now(), now(), Math.random());
    if (channel() !== 'off' && !isForeign() && !ledger.state().isPinned) void seek();
  }

  /** Cheap enough to see soon what a person puts there or takes away. */
  async function lookAtFolder(): Promise<void> {
    const names = await readdir(join(options.tools().toolsDir, 'yt-dlp')).catch(() => []);
    const seen = names.filter((name) => !name.startsWith('.')).join('/');
    if (seen === lastSeen) return;
    lastSeen = seen;
    await options.lookAnew();
    watchUse();
  }

  function later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms).unref();
    timers.add(timer);
  }

  async function goBack(from: string, site: string): Promise<void> {
    const { previous, inUse } = ledger.state();
    if (inUse !== from || previous === null || copyOf(previous) === undefined) return;
    ledger.setNote(from, { wasLeft: true });
    ledger.change({ previous: null });
    const message = `New downloads run with yt-dlp ${previous} again: with ${from} ${site} got worse.`;
    await switchTo(previous, 'WENT_BACK', message, site);
    ledger.change({ previous: null });
  }

  function required(version: string): WorkingCopy {
    const copy = copyOf(version);
    if (copy !== undefined) return copy;
    throw new RequestError('ENGINE_NOT_FOUND', `There is no yt-dlp ${version} here.`);
  }

  function list(): EngineList {
    return {
      ...listEngines({
        copies: shelf.copies(),
        unfit: shelf.unfit(),
        trying,
        used: options.tools().ytDlp,
        ledger,
        jobsOf: options.jobsOf,
        now: now(),
      }),
      channel: channel(),
      is_fetching: seeking !== null,
      next_look_at: channel() === 'off' || isForeign() ? null : nextLookAt.toISOString(),
      broken_sites: options.brokenSites().map(({ site, sinceMs, version, failures, waiting }) => ({
        ...{ site, version, failures, waiting, trying },
        since: new Date(sinceMs).toISOString(),
      })),
    };
  }

  /** A yt-dlp of the computer may be another one at any look. */
  function hear(): void {
    if (heard === current()) return;
    heard = current();
    for (const listener of listeners) listener(heard);
  }

  /** What runs was removed, or another one was found in its place. */
  function watchUse(): void {
    const { inUse } = ledger.state();
    const version = current();
    hear();
    if (version === null) return;
    const isGone = version === inUse && !isForeign() && copyOf(version) === undefined;
    if (isGone && told !== `gone ${version}`) {
      told = `gone ${version}`;
      tell(
        'GONE',
        `The folder of yt-dlp ${version} is gone; downloads go on with what was loaded of it.`,
        { version },
      );
    }
    if (version === inUse || isForeign()) return;
    if (inUse !== null) {
      const message = `yt-dlp ${inUse} is gone; new downloads run with ${version}.`;
      if (told !== `gone ${inUse}`) tell('GONE', message, { version, from: inUse });
    }
    ledger.change({ inUse: version, usedSince: now().toISOString(), fresh: {}, isPinned: false });
  }

  return {
    current,
    has: (version) => copyOf(version) !== undefined || version === current(),
    pick: shelf.pick,
    list,
    async seekNewer() {
      if (channel() === 'off' || isForeign() || ledger.state().isPinned) return false;
      return seek();
    },
    onSwitch: (listener) => void listeners.add(listener),
    noteEnd(version, site, { isGood, url }) {
      const note = ledger.note(version);
      ledger.setNote(version, { ends: withEnd(note.ends, site, isGood, now()) }, true);
      const { links, fresh, inUse, previous } = ledger.state();
      if (isGood) {
        const { [site]: _, ...others } = links;
        ledger.change({ links: { ...others, [site]: url } }, true);
      }
      if (version !== inUse || previous === null) return;
      const ends = sinceSwitch(fresh[site], isGood);
      ledger.change({ fresh: { ...fresh, [site]: ends } }, true);
      if (ledger.state().isPinned || !isWorse(ends, ledger.note(previous).ends, site)) return;
      void enqueue(() => goBack(version, site));
    },
    fetch(request) {
      if ('channel' in request) {
        ledger.change({ channel: request.channel, isPinned: false });
        if (request.channel !== 'off' && !isForeign()) void seek();
      } else {
        const { version } = request;
        if (copyOf(version) === undefined) void enqueue(() => fetchNow({ version }));
      }
      return list();
    },
    async use(version) {
      const copy = version === current() ? undefined : required(version);
      if (isForeign()) {
        if (copy === undefined) return list();
        const message = 'yt-dlp comes from PATH or YTDLP_PATH here, and is used as it is.';
        throw new RequestError('ENGINE_IN_USE', message);
      }
      ledger.change({ isPinned: true });
      if (copy !== undefined) {
        ledger.setNote(version, { wasLeft: false });
        await switchTo(
          version,
          'SWITCHED',
          `New downloads run with yt-dlp ${version}, as was asked.`,
        );
      }
      return list();
    },
    async remove(version) {
      const isNeeded =
        [current(), ledger.state().previous, trying].includes(version) ||
        options.jobsOf(version) > 0;
      if (isNeeded) throw new RequestError('ENGINE_IN_USE', `yt-dlp ${version} is still needed.`);
      required(version);
      await removeFolder(version);
    },
    withVersion: (version) => async (use, signal) => {
      const copy = version === current() ? undefined : copyOf(version);
      if (copy === undefined) return options.withEngine(use, signal);
      return options.sideHosts.use(copy.tool, (side) => side.withEngine(use, signal));
    },
    start() {
      heard = current();
      isStarted = true;
      const { lookedAt } = ledger.state();
      nextLookAt = nextLook(now(), lookedAt === null ? null : new Date(lookedAt), Math.random());
      watchUse();
      const timer = setInterval(tick, TICK_MS);
      timer.unref();
      timers.add(timer);
    },
    async close() {
      closing.abort();
      for (const timer of timers) clearTimeout(timer);
      await options.sideHosts.close();
      await work;
      await ledger.close();
    },
  };
}
