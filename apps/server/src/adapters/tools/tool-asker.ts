import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { readStored, shapeCheck } from '../../stored.ts';

/** A tool that has not answered after this time counts as one that does not run. */
const ANSWER_WITHIN_MS = 5_000;
const ANSWER_LIMIT_BYTES = 1_048_576;
/** Increase it when the form of a saved value changes. */
const MEMORY_REVISION = 2;

/** A question to a tool. A change of one of the `files` invalidates an earlier answer. */
export interface Question {
  readonly command: string;
  readonly args: readonly string[];
  readonly files: readonly string[];
}

/** The answer of a tool; `exitCode` is null when the tool could not be started or did not end in time. */
export interface Answer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Asks tools questions and saves the answers, so that the next start needs no process. Only answers that `accept` turns into a
 * value are saved, with path, modification time and size of the watched files.
 */
export interface ToolAsker {
  /** Resolves to the value of `accept`, null when it refuses the answer; never rejects. `alsoWatch` names files from the answer. */
  ask<T>(
    question: Question,
    accept: (answer: Answer) => T | null,
    alsoWatch?: (value: T) => readonly string[],
  ): Promise<T | null>;
  /** Saves new answers. A failed write is ignored: the next start then only takes longer. */
  remember(): Promise<void>;
}

const Remembered = Type.Object({
  files: Type.Record(Type.String(), Type.String()),
  value: Type.Unknown(),
});
type Remembered = Static<typeof Remembered>;

const Memory = Type.Record(Type.String(), Type.Unknown());

export async function createToolAsker(memoryFile: string, searchPath: string): Promise<ToolAsker> {
  const known = await readMemory(memoryFile);
  const fresh = new Map<string, Remembered>();
  let hasNews = false;
  const environment = {
    PATH: searchPath,
    LANG: 'C.UTF-8',
    // For modules of `pip install --user`, and for the shims of version managers.
    HOME: homedir(),
    // Deno writes a cache and checks for updates even when it only prints its path.
    DENO_DIR: join(dirname(memoryFile), 'deno-cache'),
    DENO_NO_UPDATE_CHECK: '1',
  };

  async function ask<T>(
    question: Question,
    accept: (answer: Answer) => T | null,
    alsoWatch: (value: T) => readonly string[] = () => [],
  ): Promise<T | null> {
    const key = JSON.stringify([MEMORY_REVISION, question.command, ...question.args]);
    const earlier = known.get(key);
    if (earlier !== undefined && (await isUnchanged(earlier.files))) {
      fresh.set(key, earlier);
      return earlier.value as T;
    }
    const value = accept(await answerOf(question, environment));
    if (value !== null) {
      hasNews = true;
      fresh.set(key, { files: await marksOf([...question.files, ...alsoWatch(value)]), value });
    }
    return value;
  }

  async function remember(): Promise<void> {
    if (!hasNews) return;
    const temporary = `${memoryFile}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(memoryFile), { recursive: true });
      // Keeps answers to other questions: another server of this checkout may have other settings.
      await writeFile(temporary, JSON.stringify(Object.fromEntries([...known, ...fresh])));
      await rename(temporary, memoryFile);
    } catch {
      return;
    }
  }

  return { ask, remember };
}

async function readMemory(memoryFile: string): Promise<Map<string, Remembered>> {
  try {
    const memory = await readStored(Memory, await readFile(memoryFile, 'utf8'));
    const isRemembered = await shapeCheck(Remembered);
    return new Map(
      Object.entries(memory ?? {}).flatMap(([name, value]) =>
        isRemembered(value) ? [[name, value] as const] : [],
      ),
    );
  } catch {
    return new Map();
  }
}

async function marksOf(files: readonly string[]): Promise<Record<string, string>> {
  const marks = await Promise.all(files.map(async (file) => [file, await markOf(file)] as const));
  return Object.fromEntries(marks);
}

async function markOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size } = await stat(file);
    return `${mtimeMs}/${size}`;
  } catch {
    return 'missing';
  }
}

async function isUnchanged(files: Readonly<Record<string, string>>): Promise<boolean> {
  const now = await marksOf(Object.keys(files));
  return Object.entries(files).every(([file, mark]) => mark !== 'missing' && now[file] === mark);
}

function answerOf(question: Question, environment: Record<string, string>): Promise<Answer> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    // A process group of its own, because ending a launcher script alone would leave the real tool running.
    const child = spawn(question.command, question.args, {
      detached: true,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = (exitCode: number | null): void => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr });
    };
    const timer = setTimeout(() => {
      endGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      end(null);
    }, ANSWER_WITHIN_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < ANSWER_LIMIT_BYTES) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < ANSWER_LIMIT_BYTES) stderr += text;
    });
    child.on('error', () => end(null));
    child.on('close', (code) => end(code));
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    return;
  }
}

/** All paths that a name could have on this PATH, in its order, whether they exist or not. */
export function placesOf(name: string, searchPath: string): string[] {
  return searchPath
    .split(':')
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name));
}
