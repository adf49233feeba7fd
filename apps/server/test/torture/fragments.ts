import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTerminal, type Download } from '@artemis/contracts';
import {
  createServerHome,
  descendantsOf,
  eventually,
  warmEngine,
  type ProcessInfo,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { createVerdict, pause, times, type Scenario, type ScenarioContext } from './scenario.ts';
import {
  FAULTS,
  KINDS,
  startSpoiledStreams,
  type Fault,
  type Kind,
  type SpoiledStreams,
} from './spoiled-streams.ts';
import { killWithFamily, leftAfterGrace, victimsOf, type Victim } from './victims.ts';

const TOGETHER = 5;
const PER_ROUND = 6;
const MOST_SEGMENTS_BETWEEN = 40;
/** One more, and the download is given up as WORKER_CRASHED. */
const MOST_DEATHS = 2;
/** Of its engine host; ten are allowed. */
const MOST_HOSTS = 9;
const MOST_ROUND_MS = 120_000;

const WAYS = ['pause', 'stop', 'server', 'host', 'job', 'ffmpeg'] as const;
type Way = (typeof WAYS)[number];

interface Submitted {
  readonly id: string;
  readonly kind: Kind;
  readonly fault: Fault;
}

/** What one run of the scenario shares from round to round. */
interface Run {
  readonly context: ScenarioContext;
  readonly streams: SpoiledStreams;
  readonly home: ServerHome;
  readonly expected: ReadonlyMap<Kind, string>;
  readonly counts: Record<Way, number>;
  readonly promises: ReturnType<typeof createPromises>;
  server: ServerProcess;
  start(): Promise<ServerProcess>;
  /** Paused, and to go on at the next interruption. */
  readonly resting: string[];
  /** Since the last start of the server, which counts them. */
  deaths: number;
  hosts: number;
}

function createPromises() {
  return {
    known: createVerdict('no accepted download is lost'),
    same: createVerdict('a stream is what it is without interruptions'),
    missing: createVerdict('a lost segment is named, and no other is'),
    retried: createVerdict('what lacked a segment is whole when it is back'),
    gone: createVerdict('nothing outlives its owner by 2 s'),
    clean: createVerdict('no file is left over'),
  };
}

export const fragments: Scenario = {
  name: 'fragments',
  about: 'HLS, DASH and clips, paused, stopped and killed among good, late, cut and lost segments',
  seconds: 120,
  async run(context) {
    const streams = await startSpoiledStreams();
    const home = await createServerHome();
    const start = () =>
      home.start({
        EGRESS_ALLOW: streams.origin.hostPort,
        MAX_WORKERS: '4',
        MAX_PER_HOST: '4',
        // Every run is one, those that follow a pause as well.
        MAX_ATTEMPTS: '20',
      });
    const counts: Record<Way, number> = {
      pause: 0,
      stop: 0,
      server: 0,
      host: 0,
      job: 0,
      ffmpeg: 0,
    };
    const promises = createPromises();
    try {
      const server = await start();
      await warmEngine(server);
      const expected = await uninterrupted(server, home, streams, context.random);
      const run: Run = {
        ...{ context, streams, home, expected, counts, promises, server, start },
        ...{ resting: [], deaths: 0, hosts: 0 },
      };
      const wanted = times(context, 60, PER_ROUND);
      const done = () => Object.values(counts).reduce((sum, count) => sum + count, 0);
      for (let round = 1; done() < wanted && !context.isOver(); round += 1) {
        const line = await playRound(run, Math.min(PER_ROUND, wanted - done()));
        context.say(`round ${round}: ${line}; ${done()} interruptions`);
      }
      context.say(JSON.stringify(counts));
      return Object.values(promises).map((promise) => promise.read());
    } finally {
      await home.remove();
      await streams.origin.close();
    }
  },
};

async function uninterrupted(
  server: ServerProcess,
  home: ServerHome,
  streams: SpoiledStreams,
  random: () => number,
): Promise<ReadonlyMap<Kind, string>> {
  const found = await Promise.all(
    KINDS.map(async (kind) => {
      const request = streams.request(kind, 'none', random);
      const { downloads } = await server.client.createDownloads(request);
      const record = await server.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 100 });
      if (record.status !== 'completed') throw new Error(`${kind} ends as ${record.error?.code}`);
      const content = await contentOf(home, record);
      await purge(server, record.id);
      return [kind, content] as const;
    }),
  );
  return new Map(found);
}

/** What has just completed is refused as active for a moment: its folder is being removed. */
async function purge({ client }: ServerProcess, id: string): Promise<void> {
  await eventually(async () => {
    const { status } = await client.call('removeDownload', { id, query: { purge: 'file' } });
    return status !== 409;
  });
}

async function contentOf(home: ServerHome, { storage_path: path }: Download): Promise<string> {
  const content = await readFile(join(home.downloadsDir, (path ?? '').replace('downloads/', '')));
  return createHash('sha256').update(content).digest('hex');
}

/** Six interruptions of five downloads, each where the gate holds a segment; then all may end. */
async function playRound(run: Run, interruptions: number): Promise<string> {
  const { gate } = run.streams;
  const { random } = run.context;
  run.deaths = 0;
  run.hosts = 0;
  gate.allow(segmentsBetween(random));
  const submitted = await submit(run);
  const done: Way[] = [];
  const isLastAtWork = random() < 0.5;
  for (let count = isLastAtWork ? 1 : 0; count < interruptions; count += 1) {
    if (!(await heldOrEnded(run, submitted))) break;
    const way = await interrupt(run, submitted);
    if (way !== null) done.push(way);
    gate.allow(segmentsBetween(random));
  }
  gate.allow(Infinity);
  await resume(run);
  if (isLastAtWork && (await killAtWork(run, submitted))) done.push('ffmpeg');
  await heldOrEnded(run, submitted);
  for (const way of done) run.counts[way] += 1;
  await judgeRound(run, submitted, done.join(' '));
  const what = submitted.map(({ kind, fault }) => (fault === 'none' ? kind : `${kind} ${fault}`));
  return `${what.join(', ')}: ${done.join(' ')}`;
}

function segmentsBetween(random: () => number): number {
  return 1 + Math.floor(random() * MOST_SEGMENTS_BETWEEN);
}

/** Each round another order of kinds and with it of what is wrong with each. */
async function submit({ server, streams, context }: Run): Promise<Submitted[]> {
  const { random } = context;
  const order = KINDS.map((kind) => ({ kind, at: random() })).toSorted((a, b) => a.at - b.at);
  const faults = [...FAULTS.toReversed()];
  const submitted: Submitted[] = [];
  for (const { kind } of order.slice(0, TOGETHER)) {
    const fault = kind === 'plain clip' ? 'none' : (faults.shift() ?? 'none');
    const request = streams.request(kind, fault, random);
    const { downloads } = await server.client.createDownloads(request);
    submitted.push(...downloads.map(({ id }) => ({ id, kind, fault })));
  }
  return submitted;
}

/** Null when the server does not know it. */
async function read(run: Run, id: string): Promise<Download | null> {
  const answer = await run.server.client.call('getDownload', { id });
  return answer.status === 404 ? null : (await run.server.client.getDownload(id)).download;
}

/** True when the gate holds a segment, false when all have ended or rest, or the time is up. */
async function heldOrEnded(run: Run, submitted: readonly Submitted[]): Promise<boolean> {
  const deadlineMs = performance.now() + MOST_ROUND_MS;
  let isHeld = false;
  void run.streams.gate.held().then(() => (isHeld = true));
  return eventually(async () => {
    if (isHeld) return { answer: true };
    const records = await Promise.all(submitted.map(({ id }) => read(run, id)));
    const isOver = records.every(
      (record) => record === null || record.status === 'paused' || isTerminal(record.status),
    );
    if (isOver || performance.now() > deadlineMs) return { answer: false };
    for (const record of records) if (record !== null) await hurry(run, record);
    return null;
  }).then(({ answer }) => answer);
}

/** After a death of its own a download waits for minutes when it has begun often. */
async function hurry({ server }: Run, { id, waiting_for: waits }: Download): Promise<void> {
  if (waits !== 'retry') return;
  await server.client.pauseDownload(id).catch(() => undefined);
  await server.client.resumeDownload(id).catch(() => undefined);
}

/** What was done; null when what had to be interrupted had just ended. */
async function interrupt(run: Run, submitted: readonly Submitted[]): Promise<Way | null> {
  const { random } = run.context;
  await resume(run);
  // Always so many numbers, whatever runs at this moment.
  const [which, whom, how] = [random(), random(), random()];
  const way = WAYS[Math.floor(which * WAYS.length)] ?? 'pause';
  if (way === 'stop') {
    const family = await descendantsOf(run.server.child.pid ?? 0);
    const code = await run.server.stop();
    await expectGone(run, `stop with ${code}`, family);
    await startAgain(run);
    return way;
  }
  const victims = way === 'pause' ? [] : (await victimsOf(run.server))[way];
  const isSpared =
    (way === 'host' && run.hosts >= MOST_HOSTS) ||
    ((way === 'job' || way === 'ffmpeg') && run.deaths >= MOST_DEATHS);
  const victim = victims[Math.floor(whom * victims.length)];
  if (way === 'pause' || victim === undefined || isSpared) {
    return pauseOne(run, submitted, whom, how < 0.5);
  }
  const family = await killWithFamily(victim);
  if (family === null) return null;
  await countKill(run, way, family);
  return way;
}

async function countKill(run: Run, victim: Victim, family: readonly ProcessInfo[]): Promise<void> {
  if (victim === 'host') run.hosts += 1;
  else run.deaths += 1;
  await expectGone(run, victim, family);
  if (victim === 'server') await startAgain(run);
}

async function expectGone(run: Run, what: string, family: readonly ProcessInfo[]): Promise<void> {
  const left = await leftAfterGrace(family);
  run.promises.gone.check(left.length === 0, `${what}: ${left.join()}`);
}

async function startAgain(run: Run): Promise<void> {
  run.server = await run.start();
  run.deaths = 0;
  run.hosts = 0;
}

/** One that runs, or that waits when none does. It goes on at once, or at the next interruption. */
async function pauseOne(
  run: Run,
  submitted: readonly Submitted[],
  whom: number,
  isAtOnce: boolean,
): Promise<Way | null> {
  const { client } = run.server;
  const records = await Promise.all(submitted.map(({ id }) => read(run, id)));
  const active = records.flatMap((record) =>
    record !== null && !isTerminal(record.status) ? [record] : [],
  );
  const running = active.filter(({ status }) => status === 'running');
  const list = running.length > 0 ? running : active;
  const id = list[Math.floor(whom * list.length)]?.id;
  if (id === undefined) return null;
  const isPaused = await client.pauseDownload(id).then(
    () => true,
    () => false,
  );
  if (!isPaused) return null;
  run.resting.push(id);
  if (isAtOnce) await resume(run);
  return 'pause';
}

async function resume({ server, resting }: Run): Promise<void> {
  for (const id of resting.splice(0)) await server.client.resumeDownload(id);
}

/** The ffmpeg that joins or repairs what is fetched. False when all had ended before one was seen. */
async function killAtWork(run: Run, submitted: readonly Submitted[]): Promise<boolean> {
  let isOver = false;
  const ended = heldOrEnded(run, submitted).finally(() => (isOver = true));
  let family: readonly ProcessInfo[] | null = null;
  while (!isOver && family === null) {
    const [victim] = (await victimsOf(run.server)).ffmpeg;
    if (victim !== undefined) family = await killWithFamily(victim);
    else await pause(5);
  }
  if (family !== null) await countKill(run, 'ffmpeg', family);
  await ended;
  return family !== null;
}

async function judgeRound(run: Run, submitted: readonly Submitted[], after: string): Promise<void> {
  const { promises, home, streams } = run;
  const { client } = run.server;
  streams.mend();
  for (const { id, kind, fault } of submitted) {
    const what = `${kind} ${fault} after ${after}`;
    const record = await read(run, id);
    promises.known.check(record !== null, what);
    if (record === null) continue;
    const code = record.error?.code ?? record.status;
    if (fault === 'lost') {
      promises.missing.check(code === 'FRAGMENTS_MISSING', `${what}: ${code}`);
      if (record.status !== 'failed') continue;
      await client.retryDownload(id);
      await heldOrEnded(run, [{ id, kind, fault }]);
      await expectSame(run, id, kind, promises.retried, what);
    } else {
      promises.missing.check(code !== 'FRAGMENTS_MISSING', what);
      await expectSame(run, id, kind, promises.same, what);
    }
  }
  const names = submitted
    .map(({ id }) => `${id}.mp4`)
    .toSorted()
    .join();
  const stored = (await home.storedFiles()).join();
  promises.clean.check(stored === names, `${stored} instead of ${names} after ${after}`);
  for (const { id } of submitted) await purge(run.server, id);
  const left = [...(await home.partialFiles()), ...(await home.storedFiles())].join();
  promises.clean.check(left === '', `${left} after ${after}`);
}

async function expectSame(
  run: Run,
  id: string,
  kind: Kind,
  promise: ReturnType<typeof createVerdict>,
  what: string,
): Promise<void> {
  const record = await read(run, id);
  if (record?.status !== 'completed') {
    const { lines } = await run.server.client.downloadLog(id);
    const said = lines.slice(-3).map(({ text }) => text);
    promise.check(false, `${what}: ${record?.error?.code ?? record?.status} ${said.join(' / ')}`);
    return;
  }
  const isSame = (await contentOf(run.home, record)) === run.expected.get(kind);
  promise.check(isSame, `${what}: the file differs`);
}
