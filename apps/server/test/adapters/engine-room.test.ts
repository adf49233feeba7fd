import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClaims } from '../../src/adapters/engines/claims.ts';
import { createEngineRoom } from '../../src/adapters/engines/engines.ts';
import type { EngineRoom } from '../../src/adapters/engines/engine-room.ts';
import type { FetchAnswer, FetchRequest } from '../../src/adapters/engines/fetch.ts';
import { openEngineLedger } from '../../src/adapters/engines/ledger.ts';
import type { SideHost } from '../../src/adapters/engines/side-hosts.ts';
import type { Tools } from '../../src/adapters/tools/tools.ts';
import type { ManagedCopy, YtDlpTool } from '../../src/adapters/tools/yt-dlp-finder.ts';
import type { LeftEngine } from '../../src/domain/ports.ts';
import { eventually } from '../http/app-under-test.ts';

const OLD = '2026.10.26';
const NEW = '2026.11.20';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let toolsDir: string;
let room: EngineRoom;
/** Those that cannot be loaded. */
let unfit: Set<string>;
/** Those that fail their trial. */
let broken: Set<string>;
/** Those whose trial never ends. */
let hanging: Set<string>;
let requests: FetchRequest[];
let fetchAnswer: () => Promise<FetchAnswer>;
/** Before it has come, no look at the folders ends. */
let gate: Promise<void>;

beforeEach(async () => {
  toolsDir = await mkdtemp(join(tmpdir(), 'artemis-engines-'));
  [unfit, broken, hanging, requests] = [new Set(), new Set(), new Set(), []];
  fetchAnswer = () => Promise.resolve({ kind: 'nothing_newer' });
  gate = Promise.resolve();
});

afterEach(async () => {
  await room.close();
  await rm(toolsDir, { recursive: true });
});

async function place(version: string): Promise<void> {
  await mkdir(join(toolsDir, 'yt-dlp', version), { recursive: true });
}

function toolAt(folder: string, version: string): YtDlpTool {
  return {
    ...{ kind: 'module', path: folder, packagePath: folder, modulePath: folder, pythonPath: null },
    ...{ version, ageDays: 1, isManaged: true, hasEjs: true, solverScript: null },
    hasCryptodome: true,
  };
}

async function copies(): Promise<ManagedCopy[]> {
  const names = await readdir(join(toolsDir, 'yt-dlp'));
  return names
    .filter((name) => !name.startsWith('.'))
    .map((name) => {
      const folder = join(toolsDir, 'yt-dlp', name);
      return { folder, tool: unfit.has(name) ? null : toolAt(folder, name) };
    });
}

/** The room with folders as they are; nothing is imported, and a trial is what `broken` says. */
async function open(): Promise<EngineRoom> {
  const ledger = await openEngineLedger(join(toolsDir, 'engines.json'), silent);
  let ytDlp: YtDlpTool | null = null;
  const tools = () => ({ toolsDir, python: null, ytDlp }) as unknown as Tools;
  const lookAnew = async () => {
    const found = await copies();
    await gate;
    ytDlp = room.pick(found);
  };
  const withEngine = () => Promise.resolve('missing' as const);
  const sideHosts = {
    use: <T>({ version }: YtDlpTool, use: (side: SideHost) => Promise<T>) => {
      const warmFailure = broken.has(version) ? 'Rehearsal: broken' : null;
      const mode = hanging.has(version) ? 'starting' : 'warm';
      const status = () => ({ mode, kind: 'module', warmFailure });
      const host = { status, onChange: () => () => undefined };
      return use({ host, tools: tools(), withEngine } as unknown as SideHost);
    },
    close: () => Promise.resolve(),
  };
  const noProof = () => Promise.resolve(null);
  room = createEngineRoom({
    ...{ ledger, tools, lookAnew, withEngine, sideHosts, logger: silent },
    claims: createClaims(toolsDir, 'this server'),
    defaultChannel: 'stable',
    trial: {
      ...{ sideHosts, proofOf: noProof, currentProof: noProof },
      ...{ lookAt: noProof, lookNow: noProof },
    },
    fetch(request) {
      requests.push(request);
      return fetchAnswer();
    },
    jobsOf: () => 0,
    brokenSites: () => Promise.resolve([]),
    log: { write: () => undefined },
  });
  await lookAnew();
  room.start();
  return room;
}

const codes = async () => (await room.list()).events.map(({ code }) => code);
const stateOf = async (version: string) =>
  (await room.list()).engines.find((engine) => engine.version === version)?.state;

describe('a release that a person asks for', () => {
  it('is fetched once however often it is requested, then tried, then used for new downloads', async () => {
    await place(OLD);
    await open();
    fetchAnswer = async () => {
      await place(NEW);
      return { kind: 'fetched', version: NEW };
    };
    expect((await room.fetch({ version: NEW })).is_fetching).toBe(true);
    await room.fetch({ version: NEW });
    await eventually(async () => !(await room.list()).is_fetching);
    expect(requests).toMatchObject([{ version: NEW, channel: 'stable', toolsDir }]);
    expect(await room.list()).toMatchObject({ in_use: NEW, previous: OLD, is_pinned: false });
    expect(await codes()).toEqual(['SWITCHED', 'TRIAL_PASSED', 'FETCHED']);
  });

  it('from another channel counts as newer than all others, and a failure is reported with a remedy', async () => {
    await place(OLD);
    await open();
    const message = 'github.com cannot be reached (ENOTFOUND).';
    const why = { message, code: 'FETCH_DISK_FULL', values: { disk: 1 } } as const;
    fetchAnswer = () => Promise.resolve({ kind: 'failed', ...why });
    expect(await room.fetch({ channel: 'nightly' })).toMatchObject({ channel: 'nightly' });
    await eventually(async () => !(await room.list()).is_fetching);
    expect(requests).toMatchObject([{ channel: 'nightly', newerThan: OLD }]);
    expect((await room.list()).fetch_problem).toMatchObject({
      ...why,
      remedy_code: 'FETCH_BY_HAND',
    });
    expect((await room.list()).events[0]).toMatchObject({
      message: `yt-dlp of the channel "nightly" could not be fetched: ${message}`,
      message_code: 'CHANNEL_NOT_FETCHED',
      message_values: { channel: 'nightly', reason: message, reason_code: why.code, disk: 1 },
    });
    expect(await codes()).toEqual(['FETCH_FAILED']);
    await room.fetch({ channel: 'off' });
    expect(await room.list()).toMatchObject({ channel: 'off', is_fetching: false });
    expect(await room.seekNewer('video.example')).toBe(false);
  });
});

describe('the version in use', () => {
  it('stays the chosen one while the folders are being read', async () => {
    for (const version of [OLD, NEW]) await place(version);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      await open();
      await eventually(async () => (await room.list()).in_use === NEW);
      let openGate = (): void => undefined;
      gate = new Promise((resolve) => (openGate = resolve));
      const used = room.use(OLD);
      // It looks every few seconds whether what runs is still what was chosen.
      vi.advanceTimersByTime(60_000);
      openGate();
      expect(await used).toMatchObject({ in_use: OLD });
      expect(await codes()).not.toContain('GONE');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is the next best when the newest version of a first start fails its trial', async () => {
    for (const version of ['2026.09.01', OLD, NEW]) await place(version);
    broken.add(NEW);
    await open();
    expect((await room.list()).in_use).toBe(NEW);
    await eventually(async () => (await room.list()).in_use === OLD);
    expect(await Promise.all([NEW, OLD, '2026.09.01'].map(stateOf))).toEqual([
      'failed',
      'in_use',
      'ready',
    ]);
    expect(await codes()).toEqual(['WENT_BACK', 'TRIAL_PASSED', 'TRIAL_FAILED']);
  });

  it('is replaced by the one before after three failed downloads, not after three attempts of one', async () => {
    await place(OLD);
    await open();
    const seen: (LeftEngine | null)[] = [];
    room.onSwitch((_version, left) => void seen.push(left));
    const end = (version: string, id: string, isGood: boolean) =>
      room.noteEnd(version, 'video.example', { id, isGood, url: `https://video.example/${id}` });
    end(OLD, 'a', true);
    fetchAnswer = async () => {
      await place(NEW);
      return { kind: 'fetched', version: NEW };
    };
    await room.fetch({ version: NEW });
    await eventually(async () => (await room.list()).in_use === NEW);
    for (const id of ['b', 'b', 'b', 'c']) end(NEW, id, false);
    expect((await room.list()).engines[0]?.sites).toEqual([
      { site: 'video.example', succeeded: 0, failed: 2 },
    ]);
    end(NEW, 'd', false);
    await eventually(async () => (await room.list()).in_use === OLD);
    expect(seen).toMatchObject([null, { version: NEW }]);
    expect(await stateOf(NEW)).toBe('failed');
  });

  it('does not delay the stop of the server when a trial hangs, and the trial is not reported', async () => {
    for (const version of [OLD, NEW]) await place(version);
    hanging.add(NEW);
    await open();
    await eventually(async () => (await room.list()).engines[0]?.trial?.outcome === 'running');
    await room.close();
    expect((await room.list()).engines[0]?.trial).toBeNull();
  });

  it('cannot be removed, nor one that another server with these tools needs, until that has said nothing for an hour', async () => {
    for (const version of [OLD, NEW]) await place(version);
    await open();
    const older = OLD === room.current() ? NEW : OLD;
    const other = createClaims(toolsDir, 'another server');
    await other.tell(new Set([older]));
    await expect(room.remove(older)).rejects.toMatchObject({
      code: 'ENGINE_IN_USE',
      message: expect.stringContaining('another Artemis') as unknown,
    });
    expect(await other.ofOthers()).toEqual(new Set([room.current()]));
    const before = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(toolsDir, 'yt-dlp/.used-by-another server'), before, before);
    await room.remove(older);
    expect(await stateOf(older)).toBeUndefined();
  });

  it('cannot be removed, but a version that cannot be loaded can', async () => {
    await place(OLD);
    await place('2026.12.24');
    unfit.add('2026.12.24');
    await open();
    expect(await stateOf('2026.12.24')).toBe('failed');
    await expect(room.remove(OLD)).rejects.toMatchObject({ code: 'ENGINE_IN_USE' });
    await expect(room.remove(NEW)).rejects.toMatchObject({ code: 'ENGINE_NOT_FOUND' });
    await room.remove('2026.12.24');
    expect(await stateOf('2026.12.24')).toBeUndefined();
    expect((await copies()).map(({ folder }) => folder)).toEqual([join(toolsDir, 'yt-dlp', OLD)]);
  });
});
