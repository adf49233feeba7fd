import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Tools } from '../../apps/server/src/adapters/tools/tools.ts';
import { runToEnd, startChild, stopChild, type Ended } from './children.ts';
import { nowMs } from './clock.ts';

/** How a person would start the yt-dlp that the server uses. */
export interface BareYtDlp {
  readonly command: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** Runs it in a folder; its output goes nowhere, or is read when `isWatched`. */
  run(folder: string, args: readonly string[], isWatched?: boolean): Promise<Ended>;
}

export function bareYtDlp(tools: Tools): BareYtDlp {
  const { command, environment } = commandOf(tools);
  const [program, ...first] = command;
  return {
    command,
    environment,
    run: (folder, args, isWatched = false) =>
      runToEnd(program, [...first, '--ignore-config', ...args], {
        cwd: folder,
        env: environment,
        isWatched,
      }),
  };
}

function commandOf({ ytDlp }: Tools): Pick<BareYtDlp, 'command' | 'environment'> {
  if (ytDlp === null) throw new Error('yt-dlp was not found. Set YTDLP_PATH.');
  if (ytDlp.kind === 'binary') return { command: [ytDlp.path], environment: process.env };
  return {
    command: [ytDlp.pythonPath ?? 'python3', '-m', 'yt_dlp'],
    environment: withModulePath(ytDlp.modulePath),
  };
}

function withModulePath(modulePath: string | null): NodeJS.ProcessEnv {
  return modulePath === null ? process.env : { ...process.env, PYTHONPATH: modulePath };
}

/** A warm Python process that downloads one address after another. */
export interface WarmProcess {
  download(url: string): Promise<{ readonly startedMs: number; readonly endedMs: number }>;
  close(): Promise<void>;
}

/** `isShared`: all downloads through one YoutubeDL. */
export function startWarmProcess({ ytDlp }: Tools, folder: string, isShared: boolean): WarmProcess {
  if (ytDlp?.kind !== 'module') throw new Error('A standalone yt-dlp cannot be imported.');
  const script = fileURLToPath(new URL('../python/in_process.py', import.meta.url));
  const child = startChild(
    ytDlp.pythonPath ?? 'python3',
    [script, ...(isShared ? ['--shared'] : [])],
    {
      env: withModulePath(ytDlp.modulePath),
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  if (child.stdin === null || child.stdout === null) throw new Error('no pipes');
  const { stdin } = child;
  const lines = createInterface({ input: child.stdout });
  return {
    async download(url) {
      const answered = once(lines, 'line') as Promise<[string]>;
      stdin.write(`${JSON.stringify({ url, folder })}\n`);
      const [line] = await answered;
      const [startedMs = nowMs(), endedMs = nowMs()] = JSON.parse(line) as number[];
      return { startedMs, endedMs };
    },
    async close() {
      stdin.end();
      lines.close();
      await stopChild(child);
    },
  };
}
