import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { reapedCpuMs } from './processes.ts';

const started = new Set<ChildProcess>();

/** A child that `endChildren` ends if nothing else has. */
export function startChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(command, args, options);
  started.add(child);
  child.once('close', () => started.delete(child));
  return child;
}

/** Asks the child to end, and kills it after three seconds. Resolves when it is gone. */
export async function stopChild(
  child: ChildProcess,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  if ((await Promise.race([gone.then(() => true), sleep(3000, false)])) === false) {
    child.kill('SIGKILL');
    await gone;
  }
}

export async function endChildren(): Promise<void> {
  await Promise.all([...started].map((child) => stopChild(child)));
}

export interface Ended {
  readonly wallMs: number;
  /** CPU time of the child and of what it has reaped; in steps of 10 ms. */
  readonly cpuMs: number;
}

/**
 * Runs a program to its end. `isWatched` reads its output as somebody who shows progress would. No other child may
 * end meanwhile, or its CPU time is counted as well.
 * @throws when the program fails
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly isWatched?: boolean } = {},
): Promise<Ended> {
  const { isWatched = false, ...spawnOptions } = options;
  const cpuBefore = reapedCpuMs();
  const startedMs = performance.now();
  const child = startChild(command, args, {
    ...spawnOptions,
    stdio: ['ignore', isWatched ? 'pipe' : 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stdout?.on('data', () => undefined);
  child.stderr?.on('data', (text: Buffer) => (stderr = (stderr + text.toString()).slice(-2000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const wallMs = performance.now() - startedMs;
  if (code !== 0) throw new Error(`${command} exited with ${code}: ${stderr}`);
  return { wallMs, cpuMs: reapedCpuMs() - cpuBefore };
}
