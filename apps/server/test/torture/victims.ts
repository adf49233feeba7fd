import { readFile, readlink } from 'node:fs/promises';
import {
  descendantsOf,
  stillThere,
  type ProcessInfo,
  type ServerProcess,
} from '../integration/server-process.ts';
import { pause } from './scenario.ts';

/** How long what belonged to a victim may live on. */
const GONE_WITHIN_MS = 2000;
/** Whether it is only slow, or left. */
const LOOKED_AT_MS = 15_000;

export const VICTIMS = ['server', 'host', 'job', 'ffmpeg'] as const;
export type Victim = (typeof VICTIMS)[number];

/** What runs at this moment of each kind. */
export async function victimsOf(
  server: ServerProcess,
): Promise<Readonly<Record<Victim, readonly ProcessInfo[]>>> {
  const serverPid = server.child.pid ?? 0;
  const self = { pid: serverPid, parent: 0, state: 'S', command: 'server' };
  const below = (await descendantsOf(serverPid)).filter(({ state }) => state !== 'Z');
  const hosts = below.filter(
    ({ parent, command }) => parent === serverPid && command.includes('host.py'),
  );
  const forked = below.filter(({ parent }) => hosts.some(({ pid }) => pid === parent));
  const ffmpegs = below.filter(({ command }) => /(^|\/)ffmpeg /.test(command));
  return {
    server: [self],
    host: hosts,
    job: await ofDownloads(forked),
    ffmpeg: await ofDownloads(ffmpegs),
  };
}

/** SIGKILL for one process. Resolves with it and what was below it; null when it had ended by itself. */
export async function killWithFamily(victim: ProcessInfo): Promise<readonly ProcessInfo[] | null> {
  const family = [victim, ...(await descendantsOf(victim.pid))];
  try {
    process.kill(victim.pid, 'SIGKILL');
    return family;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return null;
  }
}

/**
 * Not those of a host that warms up: the helper of its rehearsal, and what tries the tools. It reaps these when it is
 * ready, and until then they are zombies.
 */
async function ofDownloads(processes: readonly ProcessInfo[]): Promise<readonly ProcessInfo[]> {
  const folders = await Promise.all(
    processes.map(({ pid }) => readlink(`/proc/${pid}/cwd`).catch(() => '')),
  );
  return processes.filter((_, index) => folders[index]?.includes('/.artemis-jobs/'));
}

/** What of these lives on for longer than it may: each with what the kernel says of it, and for how long it stayed. */
export async function leftAfterGrace(family: readonly ProcessInfo[]): Promise<string[]> {
  const startMs = performance.now();
  const isOver = async (ms: number) => {
    for (;;) {
      const left = await stillThere(family);
      if (left.length === 0 || performance.now() - startMs >= ms) return left;
      await pause(50);
    }
  };
  const left = await isOver(GONE_WITHIN_MS);
  if (left.length === 0) return [];
  const states = await Promise.all(left.map(stateOf));
  const stayed = await isOver(LOOKED_AT_MS);
  const end =
    stayed.length > 0 ? 'stayed' : `gone after ${Math.round(performance.now() - startMs)} ms`;
  return left.map(({ pid, command }, index) => `${pid} ${command} (${states[index]}; ${end})`);
}

async function stateOf({ pid }: ProcessInfo): Promise<string> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const [status, place] = await Promise.all([read('status'), read('wchan')]);
  const told = [...status.matchAll(/^(?:State|PPid|NSpgid|SigPnd|ShdPnd):.*$/gm)].map(
    ([line]) => line,
  );
  return [...told, place].join(' ').replaceAll('\t', ' ');
}
