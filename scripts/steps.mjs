import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { resolve } from 'node:path';

export const repositoryDir = resolve(import.meta.dirname, '..');

/** A failure that a person can fix: printed as one sentence, without a stack trace. */
export class SetupError extends Error {
  /**
   * @param {string} message one sentence
   * @param {string} [details] what the failed program printed
   */
  constructor(message, details = '') {
    super(message);
    this.details = details;
  }
}

/** @param {unknown} error */
export function explain(error) {
  if (error instanceof SetupError) {
    const details = error.details.trim().split('\n').slice(-40).join('\n');
    say(details === '' ? error.message : `${details}\n${error.message}`);
  } else {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

/** Set-up lines go to stderr; stdout belongs to the server's log. @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs one step of the set-up and prints its beginning and its duration. Other steps may run at the same time.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedMs = performance.now();
  say(`${title} ...`);
  try {
    const result = await work();
    say(`  ${title}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    say(`  ${title}: failed`);
    throw error;
  }
}

/** Waits for all, then rejects with the first failure, so that nothing is left running. @param {Promise<unknown>[]} works */
export async function allOf(works) {
  const failure = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isEnding = false;
const END_LIMIT_MS = 2000;

/** Ends the programs that `run` started and resolves when none is left. Their runs never resolve. */
export async function endPrograms() {
  isEnding = true;
  const ended = [...running].map((child) => new Promise((done) => child.once('close', done)));
  for (const child of running) child.kill('SIGTERM');
  const hurry = setTimeout(() => {
    for (const child of running) child.kill('SIGKILL');
  }, END_LIMIT_MS);
  await Promise.all(ended);
  clearTimeout(hurry);
}

/**
 * Runs a program to its end, without a stdin, and keeps what it prints (stdout and stderr in `output`,
 * stdout alone in `stdout`). Never rejects: a program that cannot be started, or is stopped by the time
 * limit, has the exit code null.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, isShown?: boolean, niceness?: number | undefined }} [options] `isShown` passes the output on as it comes; `niceness` as of nice(1)
 * @returns {Promise<{ exitCode: number | null, stdout: string, output: string }>}
 */
export function run(
  command,
  args,
  { cwd = repositoryDir, env, timeoutMs, isShown = false, niceness = 0 } = {},
) {
  return new Promise((done) => {
    let stdout = '';
    let output = '';
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' }),
    });
    running.add(child);
    if (niceness > 0 && child.pid !== undefined) setPriority(child.pid, niceness);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
      if (isShown) process.stdout.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (isShown) process.stderr.write(text);
    });
    child.on('error', (error) => done({ exitCode: null, stdout, output: error.message }));
    child.on('close', (exitCode) => {
      running.delete(child);
      // During the stop a step must not be reported as failed.
      if (!isEnding) done({ exitCode, stdout, output });
    });
  });
}

/**
 * Like `run`, but a failure throws a SetupError with this message.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} message
 * @param {Parameters<typeof run>[2]} [options]
 */
export async function mustRun(command, args, message, options) {
  const result = await run(command, args, options);
  if (result.exitCode !== 0) throw new SetupError(message, result.output);
  return result;
}
