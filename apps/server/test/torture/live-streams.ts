import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isTerminal, type Download } from '@artemis/contracts';
import { inspect } from '../integration/inspect.ts';
import {
  createServerHome,
  descendantsOf,
  eventually,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { createVerdict, times, type Scenario, type ScenarioContext } from './scenario.ts';
import { killWithFamily, leftAfterGrace, victimsOf } from './victims.ts';

/** Recorded by us, but for the last one. `whole`: a film of the same segments. */
const KINDS = [
  { name: 'ts', list: 'stream.m3u8?of=ts', whole: 'many/ts/index.m3u8' },
  { name: 'aes', list: 'stream.m3u8?of=aes', whole: 'many/ts/index.m3u8' },
  { name: 'fmp4', list: 'stream.m3u8?of=fmp4', whole: 'many/fmp4/index.m3u8' },
  { name: 'ranges', list: 'stream.m3u8?of=ranges', whole: 'many/ranges/index.m3u8' },
  { name: 'apart', list: 'apart.m3u8?of=apart', whole: 'many/dash/manifest.mpd' },
  { name: 'dash', list: 'manifest.mpd?by=list', whole: 'many/dash/manifest.mpd' },
  { name: 'dash by time', list: 'manifest.mpd?by=time', whole: 'many/dash/manifest.mpd' },
  { name: 'by ffmpeg', list: 'stream.m3u8?of=ts&by=ffmpeg', whole: 'many/ts/index.m3u8' },
] as const;
type Kind = (typeof KINDS)[number];

const HICCUPS = ['none', '503', '404', 'reset'] as const;
const WAYS = ['finish', 'stop', 'server', 'host', 'job', 'ffmpeg'] as const;
type Way = (typeof WAYS)[number];

const TOGETHER = 4;
const PER_ROUND = 3;
const SEGMENTS = 40;
const SEGMENT_MS = 300;
/** Fewer than there are: what was recorded is not listed any more when a stream has ended. */
const LISTED = 25;
/** One more, and the download is given up as WORKER_CRASHED. */
const MOST_DEATHS = 2;
const MOST_ROUND_MS = 180_000;
/** Of a picture; sound may be longer by a packet. */
const LEAST_STEP_SECONDS = 0.6;

interface Recorded {
  readonly id: string;
  readonly kind: Kind;
  isFinished: boolean;
}

interface Run {
  readonly context: ScenarioContext;
  readonly origin: Origin;
  readonly home: ServerHome;
  readonly whole: ReadonlyMap<string, readonly string[]>;
  readonly counts: Record<Way, number>;
  readonly promises: ReturnType<typeof createPromises>;
  server: ServerProcess;
  start(): Promise<ServerProcess>;
  deaths: number;
}

function createPromises() {
  return {
    known: createVerdict('no accepted recording is lost'),
    same: createVerdict('what is recorded is the stream, or says what it lacks'),
    gone: createVerdict('nothing outlives its owner by 2 s'),
    clean: createVerdict('no file is left over'),
  };
}

export const liveStreams: Scenario = {
  name: 'live',
  about: 'live HLS and DASH, finished, stopped and killed among hiccups of its list',
  seconds: 120,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const start = () =>
      home.start({
        ...{ EGRESS_ALLOW: origin.hostPort, MAX_WORKERS: '4', MAX_PER_HOST: '4' },
        MAX_ATTEMPTS: '20',
      });
    const counts = { finish: 0, stop: 0, server: 0, host: 0, job: 0, ffmpeg: 0 };
    const promises = createPromises();
    try {
      const server = await start();
      const whole = await wholeStreams(server, home, origin);
      const run: Run = {
        ...{ context, origin, home, whole, counts, promises, server, start, deaths: 0 },
      };
      const wanted = times(context, 60, 4);
      const done = () => Object.values(counts).reduce((sum, count) => sum + count, 0);
      for (let round = 1; done() < wanted && !context.isOver(); round += 1) {
        const line = await playRound(run, round, Math.min(PER_ROUND, wanted - done()));
        context.say(`round ${round}: ${line}; ${done()} interruptions`);
      }
      context.say(JSON.stringify(counts));
      return Object.values(promises).map((promise) => promise.read());
    } finally {
      await home.remove();
      await origin.close();
    }
  },
};

/** Packets of the picture of each film, by what is in them. */
async function wholeStreams(
  server: ServerProcess,
  home: ServerHome,
  origin: Origin,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const paths = [...new Set(KINDS.map(({ whole }) => whole))];
  const found = await Promise.all(
    paths.map(async (path) => {
      const { downloads } = await server.client.createDownloads({
        url: `${origin.url}/media/${path}`,
      });
      const id = downloads[0]?.id ?? '';
      const record = await server.client.waitFor(id, { intervalMs: 100 });
      if (record.status !== 'completed') throw new Error(`${path} ends as ${record.error?.code}`);
      const packets = await picturePackets(home, record);
      await purge(server, id);
      return [path, packets] as const;
    }),
  );
  return new Map(found);
}

async function picturePackets(home: ServerHome, record: Download): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_data_hash', 'md5'],
    ...['-show_entries', 'packet=data_hash', '-of', 'csv=p=0', `file:${pathOf(home, record)}`],
  ]);
  return stdout.split('\n').filter((line) => line.startsWith('MD5:'));
}

function pathOf(home: ServerHome, { storage_path: path }: Download): string {
  return join(home.downloadsDir, (path ?? '').replace('downloads/', ''));
}

/** What has just completed is refused as active for a moment: its folder is being removed. */
async function purge({ client }: ServerProcess, id: string): Promise<void> {
  await eventually(async () => {
    const { status } = await client.call('removeDownload', { id, query: { purge: 'file' } });
    return status !== 409;
  });
}

async function playRound(run: Run, round: number, interruptions: number): Promise<string> {
  const { random } = run.context;
  run.deaths = 0;
  const recorded = await submit(run, round);
  const done: Way[] = [];
  for (let count = 0; count < interruptions; count += 1) {
    const at = Math.floor(random() * 25);
    await eventually(async () => segmentsSent(run, round) >= at || (await areOver(run, recorded)));
    const way = await interrupt(run, recorded);
    if (way !== null) done.push(way);
  }
  const deadlineMs = performance.now() + MOST_ROUND_MS;
  await eventually(
    async () => (await areOver(run, recorded)) || performance.now() > deadlineMs || null,
  );
  for (const way of done) run.counts[way] += 1;
  await judgeRound(run, recorded, done.join(' '));
  return `${recorded.map(({ kind }) => kind.name).join(', ')}: ${done.join(' ')}`;
}

async function submit(run: Run, round: number): Promise<Recorded[]> {
  const { random } = run.context;
  const order = KINDS.map((kind) => ({ kind, at: random() })).toSorted((a, b) => a.at - b.at);
  const recorded: Recorded[] = [];
  for (const { kind } of order.slice(0, TOGETHER)) {
    const hiccup = HICCUPS[Math.floor(random() * HICCUPS.length)] ?? 'none';
    const from = 12 + Math.floor(random() * 10);
    const to = from + 3 + Math.floor(random() * 8);
    const words =
      `key=${round}-${recorded.length}&segment_ms=${SEGMENT_MS}&count=${SEGMENTS}&length=${LISTED}` +
      (hiccup === 'none' ? '' : `&hiccup=${hiccup}&hiccup_from=${from}&hiccup_to=${to}`);
    const { downloads } = await run.server.client.createDownloads({
      url: `${run.origin.url}/live/${kind.list}&${words}`,
    });
    recorded.push(...downloads.map(({ id }) => ({ id, kind, isFinished: false })));
  }
  return recorded;
}

function segmentsSent({ origin }: Run, round: number): number {
  const mine = origin.requests.filter(
    ({ path, query }) => !/\.(m3u8|mpd)$/.test(path) && query.includes(`key=${round}-`),
  );
  return mine.length / TOGETHER;
}

/** Null when the server does not know it. */
async function read(run: Run, id: string): Promise<Download | null> {
  const answer = await run.server.client.call('getDownload', { id });
  return answer.status === 404 ? null : (await run.server.client.getDownload(id)).download;
}

async function areOver(run: Run, recorded: readonly Recorded[]): Promise<boolean> {
  const records = await Promise.all(recorded.map(({ id }) => read(run, id)));
  return records.every((record) => record === null || isTerminal(record.status));
}

/** What was done; null when what had to be interrupted had just ended. */
async function interrupt(run: Run, recorded: readonly Recorded[]): Promise<Way | null> {
  const { random } = run.context;
  const [which, whom] = [random(), random()];
  const way = WAYS[Math.floor(which * WAYS.length)] ?? 'finish';
  if (way === 'finish') return finishOne(run, recorded, whom);
  if (way === 'stop') {
    const family = await descendantsOf(run.server.child.pid ?? 0);
    const code = await run.server.stop();
    await expectGone(run, `stop with ${code}`, family);
    await startAgain(run);
    return way;
  }
  const victims = (await victimsOf(run.server))[way];
  const victim = victims[Math.floor(whom * victims.length)];
  const isSpared = way !== 'server' && run.deaths >= MOST_DEATHS;
  if (victim === undefined || isSpared) return finishOne(run, recorded, whom);
  const family = await killWithFamily(victim);
  if (family === null) return null;
  run.deaths += 1;
  await expectGone(run, way, family);
  if (way === 'server') await startAgain(run);
  return way;
}

async function finishOne(
  run: Run,
  recorded: readonly Recorded[],
  whom: number,
): Promise<Way | null> {
  const left = recorded.filter(({ isFinished }) => !isFinished);
  const chosen = left[Math.floor(whom * left.length)];
  if (chosen === undefined) return null;
  const isAccepted = await run.server.client.finishDownload(chosen.id).then(
    () => true,
    () => false,
  );
  if (isAccepted) chosen.isFinished = true;
  return isAccepted ? 'finish' : null;
}

async function expectGone(
  run: Run,
  what: string,
  family: Parameters<typeof leftAfterGrace>[0],
): Promise<void> {
  const left = await leftAfterGrace(family);
  run.promises.gone.check(left.length === 0, `${what}: ${left.join()}`);
}

async function startAgain(run: Run): Promise<void> {
  run.server = await run.start();
  run.deaths = 0;
}

async function judgeRound(run: Run, recorded: readonly Recorded[], after: string): Promise<void> {
  const { promises, home } = run;
  for (const one of recorded) {
    const record = await read(run, one.id);
    const what = `${one.kind.name}${one.isFinished ? ' finished' : ''} after ${after}`;
    promises.known.check(record !== null, what);
    if (record === null) continue;
    const problem = await problemOf(run, one, record);
    promises.same.check(problem === null, `${what}: ${problem}`);
  }
  for (const { id } of recorded) await purge(run.server, id);
  const left = [...(await home.partialFiles()), ...(await home.storedFiles())].join();
  promises.clean.check(left === '', `${left} after ${after}`);
}

async function problemOf(run: Run, one: Recorded, record: Download): Promise<string | null> {
  if (record.status !== 'completed') {
    const { lines } = await run.server.client.downloadLog(record.id);
    const said = lines.slice(-3).map(({ text }) => text);
    return `${record.error?.code ?? record.status} ${said.join(' / ')}`;
  }
  const isIncomplete = record.warnings.some(({ code }) => code === 'INCOMPLETE');
  const packets = await picturePackets(run.home, record);
  const whole = run.whole.get(one.kind.whole) ?? [];
  const begin = whole.indexOf(packets[0] ?? '');
  // What was cut off in the middle when it was ended.
  const compared = one.isFinished ? packets.slice(0, -1) : packets;
  const firstOther = compared.findIndex((hash, index) => hash !== whole[begin + index]);
  const end = (whole.length * SEGMENTS) / 60;
  const { seconds, video, audio } = await inspect(pathOf(run.home, record));
  if (begin < 0 || video !== 'h264' || audio !== 'aac')
    return `is something else: ${video} ${audio}`;
  const perSecond = whole.length / 60;
  const isLong = seconds > packets.length / perSecond + LEAST_STEP_SECONDS;
  if (firstOther < 0 && isLong && !isIncomplete) return `lasts ${seconds} s`;
  if (firstOther >= 0 && !isIncomplete) {
    const other = whole.indexOf(packets[firstOther] ?? '');
    return `goes from ${begin + firstOther - 1} to ${other}`;
  }
  if (!areInOrder(compared, whole)) return 'has something twice';
  const isAtEnd = packets.at(-1) === whole[end - 1];
  if (!one.isFinished && !isAtEnd && !isIncomplete) return `ends at ${begin + packets.length}`;
  return null;
}

function areInOrder(packets: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  return packets.every((hash) => {
    at = whole.indexOf(hash, at) + 1;
    return at > 0;
  });
}
