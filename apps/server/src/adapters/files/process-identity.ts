import { readFileSync, readlinkSync } from 'node:fs';
import { codeOf } from '../../error-code.ts';

/** Identifies a process for good; the system reuses process numbers. Fields are null where the system does not tell. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string | null;
  readonly bootId: string | null;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTicks: startTicks(process.pid), bootId: bootId() };
}

/** Whether the process still runs. A zombie does not count as running. */
export function isRunning(process_: ProcessIdentity): boolean {
  if (process_.bootId !== bootId()) return false;
  const ticks = startTicks(process_.pid);
  if (process_.startTicks !== null) return ticks === process_.startTicks;
  try {
    process.kill(process_.pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** The namespace of process numbers, such as a container; numbers of another namespace mean nothing here. Null: no namespaces. */
export function processNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain spaces, so that fields are counted after it; the start time is the 22nd field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
