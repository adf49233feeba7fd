import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTerminal, type Download } from '@artemis/contracts';
import {
  createServerHome,
  descendantsOf,
  eventually,
  stillThere,
  type ProcessInfo,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createRandom } from './random.ts';

const FILE_BYTES = 1_500_000;
const KIB_PER_S = 400;
const ACTIVE_DOWNLOADS = 6;
const LONGEST_WAIT_MS = 2500;
/** How long what belonged to a victim may live on. */
const GONE_WITHIN_MS = 2000;

const VICTIMS = ['server', 'host', 'job', 'ffmpeg'] as const;
type Victim = (typeof VICTIMS)[number];

export interface KillsReport {
  readonly kills: Readonly<Record<Victim, number>>;
  readonly accepted: number;
  readonly completed: number;
  /** By failure code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Accepted downloads that are not in the history at the end. */
  readonly lost: readonly string[];
  /** Completed downloads whose file differs from its source. */
  readonly different: readonly string[];
  /** Command lines of what outlived its victim by two seconds. */
  readonly leftOver: readonly string[];
}

/**
 * Ends one process after another with SIGKILL while slow downloads run: the server, an engine host, a job process or
 * ffmpeg, at random moments. Starts the server again when it was the victim. Resolves when every download has ended.
 */
export async function runKills(options: {
  readonly rounds: number;
  readonly seed: number;
  readonly say?: (line: string) => void;
}): Promise<KillsReport> {
  const random = createRandom(options.seed);
  const say = options.say ?? (() => undefined);
  const origin = await startOrigin();
  const home = await createServerHome();
  const environment = { EGRESS_ALLOW: origin.hostPort, MAX_WORKERS: '4', MAX_PER_HOST: '4' };
  const kills = { server: 0, host: 0, job: 0, ffmpeg: 0 };
  const accepted: string[] = [];
  const leftOver: string[] = [];
  try {
    let server = await home.start(environment);
    for (let round = 1; round <= options.rounds; round += 1) {
      accepted.push(...(await topUp(server, origin.url, accepted.length)));
      await pause(random() * LONGEST_WAIT_MS);
      const { victim, found } = await choose(server, random);
      kills[victim] += 1;
      const family = [found, ...(await descendantsOf(found.pid))];
      process.kill(found.pid, 'SIGKILL');
      const left = await leftAfterGrace(family);
      leftOver.push(...left.map(({ command }) => `${victim}: ${command}`));
      say(`round ${round}: killed ${victim}, ${family.length - 1} below it, ${left.length} left`);
      if (victim === 'server') server = await home.start(environment);
    }
    return {
      kills,
      accepted: accepted.length,
      leftOver,
      ...(await judge(server, home, accepted, origin.url)),
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
  const jobs = below.filter(({ parent }) => hosts.some(({ pid }) => pid === parent));
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

async function leftAfterGrace(family: readonly ProcessInfo[]): Promise<ProcessInfo[]> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  let left = await stillThere(family);
  while (left.length > 0 && performance.now() < deadline) {
    await pause(50);
    left = await stillThere(family);
  }
  return left;
}

async function judge(
  server: ServerProcess,
  home: ServerHome,
  accepted: readonly string[],
  url: string,
) {
  const lost: string[] = [];
  const different: string[] = [];
  const failed: Record<string, number> = {};
  let completed = 0;
  const source = await fetch(`${url}/padded.mp4?size=${FILE_BYTES}`);
  const expected = hashOf(Buffer.from(await source.arrayBuffer()));
  for (const id of accepted) {
    const record = await ended(server, id);
    if (!record) lost.push(id);
    else if (record.status === 'completed') {
      completed += 1;
      const path = join(home.downloadsDir, (record.storage_path ?? '').replace('downloads/', ''));
      const isWhole =
        record.options.section !== undefined || hashOf(await readFile(path)) === expected;
      if (!isWhole) different.push(id);
    } else {
      const code = record.error?.code ?? record.status;
      failed[code] = (failed[code] ?? 0) + 1;
    }
  }
  return { lost, different, failed, completed };
}

async function ended(server: ServerProcess, id: string): Promise<Download | null> {
  const answer = await server.client.call('getDownload', { id });
  if (answer.status === 404) return null;
  return eventually(async () => {
    const { download } = await server.client.getDownload(id);
    return isTerminal(download.status) ? download : null;
  });
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
