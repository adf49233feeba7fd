import {
  createServerHome,
  type ProcessInfo,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, pause, times, type Scenario } from './scenario.ts';
import { killWithFamily, leftAfterGrace, VICTIMS, victimsOf, type Victim } from './victims.ts';
import { judge, type Judgement } from './whole-files.ts';

const FILE_BYTES = 1_500_000;
const KIB_PER_S = 400;
const ACTIVE_DOWNLOADS = 6;
const LONGEST_WAIT_MS = 2500;

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
      leftOver.push(...left.map((process) => `${victim}: ${process}`));
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
    const candidates = await victimsOf(server);
    const possible = VICTIMS.filter((kind) => candidates[kind].length > 0);
    const victim = possible[Math.floor(random() * possible.length)] ?? 'server';
    const list = candidates[victim];
    const found = list[Math.floor(random() * list.length)];
    const family = found === undefined ? null : await killWithFamily(found);
    if (family !== null) return { victim, family };
  }
}
