import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { say, type EngineList, type Said } from '@artemis/contracts';
import { nextLook } from '../../domain/engines/engine-choice.ts';
import { RequestError } from '../../domain/errors.ts';
import type { LeftEngine } from '../../domain/ports.ts';
import { mayHaveCookies } from '../engine/engine-kind.ts';
import { compareVersions } from '../tools/yt-dlp-finder.ts';
import type { EngineRoom, EngineRoomOptions } from './engine-room.ts';
import { createDiary } from './diary.ts';
import { createFetching } from './fetching.ts';
import { listEngines, type WorkingCopy } from './listing.ts';
import { createRemoving } from './removing.ts';
import { createShelf } from './shelf.ts';
import { createSuccessBook } from './success-book.ts';
import { holdTrial } from './trial.ts';

/** A copy is tried after it was seen twice, this long apart. */
const SETTLE_MS = 3_000;
const TICK_MS = 5_000;

/** Manages the versions of yt-dlp side by side: which exist, which is used, which is tried, and which was given up. */
export function createEngineRoom(options: EngineRoomOptions): EngineRoom {
  const { claims, ledger, log, logger } = options;
  const now = options.now ?? (() => new Date());
  const listeners = new Set<(version: string | null, left: LeftEngine | null) => void>();
  const closing = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  let trying: string | null = null;
  /** By downloads that run with another one than the one in use. */
  const asked = new Set<string>();
  let work: Promise<unknown> = Promise.resolve();
  let seeking: Promise<boolean> | null = null;
  let nextLookAt = nextLook(now(), null, Math.random());
  let fetches = 0;
  /** Running switches: until the tools are looked for again, the version in use is not the chosen one, but nothing is gone. */
  let switches = 0;
  let left: LeftEngine | null = null;
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
  const { record, tell } = createDiary(ledger, log, now);
  const { tellNeeds, removeOld, refuseNeeded, remove } = createRemoving({
    shelf,
    claims,
    tell,
    isNeeded,
  });
  const book = createSuccessBook(ledger, now);
  const fetchRelease = createFetching({
    ...{ ledger, channel, now, tools: options.tools, fetch: options.fetch },
    copies: shelf.copies,
    signal: closing.signal,
    onFailed: (said, version) => tell('FETCH_FAILED', said, { version }),
  });
  let isStarted = false;
  let lastSeen: string | null = null;

  function enqueue<T>(task: () => Promise<T>): Promise<T | null> {
    const done = work.then(async () => (closing.signal.aborted ? null : task()));
    const quiet = done.catch((error: unknown) => {
      logger.error({ err: error }, 'the work on an engine failed');
      return null;
    });
    work = quiet;
    return quiet;
  }

  /** Runs a trial; true when it is passed. */
  async function attempt({ tool }: WorkingCopy): Promise<boolean> {
    trying = tool.version;
    await tellNeeds();
    const verdict = await holdTrial(tool, {
      ledger,
      trial: options.trial,
      now,
      signal: closing.signal,
    }).finally(() => (trying = null));
    if (verdict === null) return false;
    const { code, said, site } = verdict;
    tell(code, said, { version: tool.version, site });
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
      say('ENGINE_SWITCHED', { version: copy.tool.version }),
    );
    await removeOld();
    return true;
  }

  /**
   * A first start uses the newest copy, because nothing is known yet. Where there are others, this tries the newest one, and when
   * it fails, uses the next one that passes.
   */
  async function tryFirst(first: string): Promise<void> {
    for (const copy of shelf.copies()) {
      const { version } = copy.tool;
      if (current() !== first || compareVersions(version, first) > 0) continue;
      const known = ledger.note(version).trial?.outcome;
      if (known === 'failed' || (known === undefined && !(await attempt(copy)))) continue;
      if (version === first || copyOf(version) === undefined) return;
      left = { version: first, since: ledger.state().usedSince };
      const said = say('ENGINE_BACK_FOR_TRIAL', { version, from: first });
      return switchTo(version, 'WENT_BACK', said);
    }
  }

  async function switchTo(
    version: string,
    code: 'SWITCHED' | 'WENT_BACK',
    said: Said,
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
    tell(code, said, { version, from, site });
    switches += 1;
    await tellNeeds();
    await options.lookAnew().finally(() => (switches -= 1));
    hear();
  }

  function isNeeded(version: string): boolean {
    const { inUse, previous } = ledger.state();
    const known = [current(), isForeign() ? null : inUse, previous, trying];
    return known.includes(version) || asked.has(version) || options.jobsOf(version) > 0;
  }

  async function fetchNow(wanted?: string): Promise<boolean> {
    // Another request may have fetched this version meanwhile.
    if (wanted !== undefined && copyOf(wanted) !== undefined) return false;
    const version = await fetchRelease(wanted);
    if (version === null) return false;
    tell('FETCHED', say('ENGINE_FETCHED', { version }), { version });
    await options.lookAnew();
    const copy = copyOf(version);
    if (copy === undefined) return false;
    if (isUntried(copy.tool)) return tryAndUse(copy);
    if (ledger.note(version).trial === null) await attempt(copy);
    return false;
  }

  function fetchLater(version?: string): Promise<boolean> {
    fetches += 1;
    return enqueue(() => fetchNow(version))
      .then((isUsed) => isUsed === true)
      .finally(() => (fetches -= 1));
  }

  function seek(): Promise<boolean> {
    seeking ??= fetchLater().finally(() => (seeking = null));
    return seeking;
  }

  function tick(): void {
    watchUse();
    void lookAtFolder();
    if (now() < nextLookAt) return;
    nextLookAt = nextLook(now(), now(), Math.random());
    if (channel() !== 'off' && !isForeign() && !ledger.state().isPinned) void seek();
  }

  /** Notices soon what a person adds or removes; cheap enough for every tick. */
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
    const { previous, inUse, usedSince } = ledger.state();
    if (inUse !== from || previous === null || copyOf(previous) === undefined) return;
    ledger.setNote(from, { wasLeft: true });
    ledger.change({ previous: null });
    left = { version: from, since: usedSince };
    const said = say('ENGINE_BACK_FOR_SITE', { version: previous, from, site });
    await switchTo(previous, 'WENT_BACK', said, site);
    ledger.change({ previous: null });
  }

  function required(version: string): WorkingCopy {
    const copy = copyOf(version);
    if (copy !== undefined) return copy;
    throw new RequestError('ENGINE_NOT_FOUND', `There is no yt-dlp ${version} here.`);
  }

  async function list(): Promise<EngineList> {
    const brokenSites = await options.brokenSites();
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
      is_fetching: fetches > 0,
      next_look_at: channel() === 'off' || isForeign() ? null : nextLookAt.toISOString(),
      broken_sites: brokenSites.map(({ site, sinceMs, version, failures, waiting }) => ({
        ...{ site, version, failures, waiting, trying },
        since: new Date(sinceMs).toISOString(),
      })),
    };
  }

  /** Tells the listeners when another version is in use; a yt-dlp of the computer may change at any time. */
  function hear(): void {
    if (heard === current()) return;
    heard = current();
    const why = left;
    left = null;
    for (const listener of listeners) listener(heard, why);
  }

  /** Notices that the version in use was removed, or that another one was found in its place. */
  function watchUse(): void {
    const { inUse } = ledger.state();
    const version = current();
    hear();
    void tellNeeds();
    if (version === null || switches > 0) return;
    const isGone = version === inUse && !isForeign() && copyOf(version) === undefined;
    if (isGone && told !== `gone ${version}`) {
      told = `gone ${version}`;
      tell('GONE', say('ENGINE_FOLDER_GONE', { version }), { version });
    }
    if (version === inUse || isForeign()) return;
    if (inUse !== null) {
      const from = inUse;
      tell('GONE', say('ENGINE_GONE', { version, from }), { version, from });
    }
    if (version === ledger.state().previous) ledger.change({ previous: null });
    ledger.change({ inUse: version, usedSince: now().toISOString(), fresh: {}, isPinned: false });
  }

  return {
    current,
    isChosen: (version) => ledger.state().inUse === version,
    mayHaveCookies: () => mayHaveCookies(options.tools().ytDlp?.kind ?? 'module'),
    has: (version) => copyOf(version) !== undefined || version === current(),
    pick: shelf.pick,
    list,
    async seekNewer() {
      if (channel() === 'off' || isForeign() || ledger.state().isPinned) return false;
      return seek();
    },
    onSwitch: (listener) => void listeners.add(listener),
    noteEnd(version, site, end) {
      if (book.note(version, site, end)) void enqueue(() => goBack(version, site));
    },
    noteSite(code, site, version, said) {
      record(code, said, { site, version });
    },
    fetch(request) {
      if ('channel' in request) {
        ledger.change({ channel: request.channel, isPinned: false });
        if (request.channel !== 'off' && !isForeign()) void seek();
      } else {
        const { version } = request;
        if (copyOf(version) === undefined) void fetchLater(version);
      }
      return list();
    },
    async use(version) {
      const copy = version === current() ? undefined : required(version);
      if (isForeign()) {
        if (copy === undefined) return list();
        throw new RequestError('ENGINE_IN_USE', say('ENGINE_OF_COMPUTER'));
      }
      ledger.change({ isPinned: true });
      if (copy !== undefined) {
        ledger.setNote(version, { wasLeft: false });
        await switchTo(version, 'SWITCHED', say('ENGINE_SWITCHED_AS_ASKED', { version }));
      }
      return list();
    },
    async remove(version) {
      await refuseNeeded(version);
      const copy =
        copyOf(version) ?? shelf.unfit().find(({ folder }) => basename(folder) === version);
      await remove(copy ?? required(version), version);
    },
    withVersion: (version) => async (use, signal) => {
      const copy = version === current() ? undefined : copyOf(version);
      if (copy === undefined) return options.withEngine(use, signal);
      asked.add(version);
      await tellNeeds();
      const run = options.sideHosts.use(copy.tool, (side) => side.withEngine(use, signal));
      return run.finally(() => asked.delete(version));
    },
    start() {
      heard = current();
      const isFirst = ledger.state().inUse === null;
      isStarted = true;
      const { lookedAt } = ledger.state();
      nextLookAt = nextLook(now(), lookedAt === null ? null : new Date(lookedAt), Math.random());
      watchUse();
      if (isFirst && heard !== null && !isForeign() && shelf.copies().length > 1) {
        const first = heard;
        void enqueue(() => tryFirst(first));
      }
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
