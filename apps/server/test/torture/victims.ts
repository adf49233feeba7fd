import { readFile } from 'node:fs/promises';
import {
  descendantsOf,
  stillThere,
  type ProcessInfo,
  type ServerProcess,
} from '../integration/server-process.ts';
import { pause } from './scenario.ts';

/** How long what belonged to a victim may live on. */
const GONE_WITHIN_MS = 2000;

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
  // The helper of a host that rehearses is none: the host reaps it when the rehearsal is over.
  const areJobs = await Promise.all(forked.map(({ pid }) => leadsItsGroup(pid)));
  return {
    server: [self],
    host: hosts,
    job: forked.filter((_, index) => areJobs[index]),
    ffmpeg: below.filter(({ command }) => /(^|\/)ffmpeg /.test(command)),
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

async function leadsItsGroup(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(group) === pid;
}

/** What of these lives on for longer than it may. */
export async function leftAfterGrace(family: readonly ProcessInfo[]): Promise<ProcessInfo[]> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  let left = await stillThere(family);
  while (left.length > 0 && performance.now() < deadline) {
    await pause(50);
    left = await stillThere(family);
  }
  return left;
}
