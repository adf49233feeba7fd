import { readFile } from 'node:fs/promises';
import {
  createServerHome,
  descendantsOf,
  stillThere,
  type ProcessInfo,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, pause, times, type Scenario } from './scenario.ts';
import { judge, type Judgement } from './whole-files.ts';

const FILE_BYTES = 1_500_000;
const KIB_PER_S = 400;
const ACTIVE_DOWNLOADS = 6;
const LONGEST_WAIT_MS = 2500;
/** How long what belonged to a victim may live on. */
const GONE_WITHIN_MS = 2000;

const VICTIMS = ['server', 'host', 'job', 'ffmpeg'] as const;
type Victim = (typeof VICTIMS)[number];

export interface KillsReport extends Judgement {
  readonly kills: Readonly<Record<Victim, number>>;
  readonly accepted: number;
  /** Command lines of what outlived its victim by two seconds. */
  readonly leftOver: readonly string[];
}

export const kills: Scenario = {
  name: 'kills',
  about: 'SIGKILL of the server, an engine host, a job process or ffmpeg at random moments',
  seconds: 150,
  async run(context) {
    const report = await runKills({ ...context, rounds: times(context, 60) });
    const { accepted } = report;
    const rounds = Object.values(report.kills).reduce((sum, count) => sum + count, 0);
    context.say(JSON.stringify({ kills: report.kills, failed: report.failed }));
    const known = createVerdict('an interrupted download completes or fails with a code');
    for (let n = 0; n < report.completed; n += 1) known.check(true, '');
    for (const failure of report.failures) {
      known.check(failure.startsWith('WORKER_CRASHED'), `ended as ${failure}`);
    }
    return [
      { promise: 'no accepted download is lost', checked: accepted, broken: report.lost },
      { promise: 'no completed file differs', checked: report.completed, broken: report.different },
      { promise: 'nothing outlives its owner by 2 s', checked: rounds, broken: report.leftOver },
      known.read(),
    ];
  },
};

/**
 * Ends one process after another with SIGKILL while slow downloads run: the server, an engine host, a job process or
 * ffmpeg, at random moments. Starts the server again when it was the victim. Resolves when every download has ended.
 */
export async function runKills(options: {
  readonly rounds: number;
  readonly random: () => number;
  readonly say?: (line: string) => void;
  readonly isOver?: () => boolean;
}): Promise<KillsReport> {
  const { random } = options;
  const say = options.say ?? (() => undefined);
  const origin = await startOrigin();
  const home = await createServerHome();
  const environment = { EGRESS_ALLOW: origin.hostPort, MAX_WORKERS: '4', MAX_PER_HOST: '4' };
  const kills = { server: 0, host: 0, job: 0, ffmpeg: 0 };
  const accepted: string[] = [];
  const leftOver: string[] = [];
  try {
    let server = await home.start(environment);
    for (let round = 1; round <= options.rounds && options.isOver?.() !== true; round += 1) {
      accepted.push(...(await topUp(server, origin.url, accepted.length)));
      await pause(random() * LONGEST_WAIT_MS);
      const { victim, family } = await killOne(server, random);
      kills[victim] += 1;
      const left = await leftAfterGrace(family);
      leftOver.push(...left.map(({ command }) => `${victim}: ${command}`));
      say(`round ${round}: killed ${victim}, ${family.length - 1} below it, ${left.length} left`);
      if (victim === 'server') server = await home.start(environment);
    }
    return {
      kills,
      accepted: accepted.length,
      leftOver,
      ...(await judge(server, home, accepted)),
    };
  } finally {
    await home.remove();
    await origin.close();
  }
}

/** Keeps some downloads active; every third is a clip, which ffmpeg reads by itself. */
async function topUp(server: ServerProcess, url: string, from: number): Promise<string[]> {
  const { queued, running } = await server.client.telemetry();
  const ids: string[] = [];
  for (let index = from; index < from + ACTIVE_DOWNLOADS - queued - running; index += 1) {
    const isClip = index % 3 === 2;
    const { downloads } = await server.client.createDownloads({
      url: isClip
        ? `${url}/media/clip-720.mp4?kib_per_s=${KIB_PER_S}&n=${index}`
        : `${url}/padded.mp4?size=${FILE_BYTES}&kib_per_s=${KIB_PER_S}&n=${index}`,
      ...(isClip ? { options: { section: { start: 0, end: 4 } } } : {}),
    });
    ids.push(...downloads.map(({ id }) => id));
  }
  return ids;
}

/** Chooses again when the chosen one has ended by itself meanwhile. `family` is the victim and what was below it. */
async function killOne(
  server: ServerProcess,
  random: () => number,
): Promise<{ victim: Victim; family: readonly ProcessInfo[] }> {
  for (;;) {
    const { victim, found } = await choose(server, random);
    const family = [found, ...(await descendantsOf(found.pid))];
    try {
      process.kill(found.pid, 'SIGKILL');
      return { victim, family };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** A kind of process among those that run at this moment, and one of that kind. */
async function choose(
  server: ServerProcess,
  random: () => number,
): Promise<{ victim: Victim; found: ProcessInfo }> {
  const serverPid = server.child.pid ?? 0;
  const self = { pid: serverPid, parent: 0, state: 'S', command: 'server' };
  const below = (await descendantsOf(serverPid)).filter(({ state }) => state !== 'Z');
  const hosts = below.filter(
    ({ parent, command }) => parent === serverPid && command.includes('host.py'),
  );
  const forked = below.filter(({ parent }) => hosts.some(({ pid }) => pid === parent));
  // The helper of a host that rehearses is none: the host reaps it when the rehearsal is over.
  const areJobs = await Promise.all(forked.map(({ pid }) => leadsItsGroup(pid)));
  const jobs = forked.filter((_, index) => areJobs[index]);
  const candidates: Record<Victim, readonly ProcessInfo[]> = {
    server: [self],
    host: hosts,
    job: jobs,
    ffmpeg: below.filter(({ command }) => /(^|\/)ffmpeg /.test(command)),
  };
  const possible = VICTIMS.filter((victim) => candidates[victim].length > 0);
  const victim = possible[Math.floor(random() * possible.length)] ?? 'server';
  const list = candidates[victim];
  return { victim, found: list[Math.floor(random() * list.length)] ?? self };
}

async function leadsItsGroup(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(group) === pid;
}

async function leftAfterGrace(family: readonly ProcessInfo[]): Promise<ProcessInfo[]> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  let left = await stillThere(family);
  while (left.length > 0 && performance.now() < deadline) {
    await pause(50);
    left = await stillThere(family);
  }
  return left;
}
