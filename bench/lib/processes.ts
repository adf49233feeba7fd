import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's USER_HZ, which is 100 on every architecture that Node runs on. */
const TICK_MS = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ownCpuMs: number;
  readonly reapedCpuMs: number;
}

function statOf(pid: number | 'self'): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command may hold spaces and parentheses: fields are counted from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = (index: number) => Number(fields[index]) * TICK_MS;
    return {
      pid: Number.parseInt(text, 10),
      parent: Number(fields[1]),
      ownCpuMs: ticks(11) + ticks(12),
      reapedCpuMs: ticks(13) + ticks(14),
    };
  } catch {
    return null;
  }
}

/** CPU time of all children of this process that have ended, with theirs. */
export function reapedCpuMs(): number {
  return statOf('self')?.reapedCpuMs ?? 0;
}

/** All processes below this one. */
export function descendantsOf(root: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
  const found = new Set([root]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return [...found];
}

/** User and system time of a process, of its live descendants, and of what these have reaped. */
export function treeCpuMs(root: number): number {
  return [root, ...descendantsOf(root)].reduce((sum, pid) => {
    const stat = statOf(pid);
    return sum + (stat === null ? 0 : stat.ownCpuMs + stat.reapedCpuMs);
  }, 0);
}

/** Proportional set size in MB (10^6): shared pages count in parts. 0 for a process that has ended. */
export function pssMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
      return sum + (Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024) / 1e6;
    } catch {
      return sum;
    }
  }, 0);
}
