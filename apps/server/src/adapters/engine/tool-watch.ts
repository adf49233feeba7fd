import { existsSync } from 'node:fs';
import { say, saidAs } from '@artemis/contracts';
import type { EngineHost, EngineTools } from './engine-host.ts';
import type { ToolProblem } from '../tools/tool-problems.ts';
import type { Tools } from '../tools/tools.ts';
import { compareVersions } from '../tools/yt-dlp-finder.ts';

/** A change is accepted when two looks in a row have seen it, so within a minute. */
const LOOK_MS = 30_000;
/** Requests within this time after a look get its result. */
const ASKED_PAUSE_MS = 2_000;

export interface ToolWatch {
  /** The tools for downloads that start now. */
  current(): Tools;
  /**
   * Looks for the tools again and lets new downloads use what is there. `isAsked`: accepts a change at once, although an
   * installer may still be at work. Never rejects; concurrent calls share one look.
   */
  look(isAsked?: boolean): Promise<void>;
  /** Like `look(true)`, but never uses a look that began before this call. Never rejects. */
  lookAnew(): Promise<void>;
  close(): void;
}

export interface ToolWatchOptions {
  readonly initial: Tools;
  readonly find: () => Promise<Tools>;
  readonly engineHost: Pick<EngineHost, 'current' | 'hasChanged' | 'replace'>;
  readonly onChange: (tools: Tools, before: Tools) => void;
  readonly onError: (error: unknown) => void;
  /** Whether this managed version was chosen, and is not only the last one left. */
  readonly isChosen: (version: string) => boolean;
}

/** Keeps the engine and what `/readyz` says in step with the tools of this computer, without a restart. */
export function createToolWatch(options: ToolWatchOptions): ToolWatch {
  const { find, engineHost } = options;
  let tools = options.initial;
  let seen = identityOf(tools);
  let running: Promise<void> | null = null;
  let lookedAtMs = -Infinity;

  async function lookNow(isAsked: boolean): Promise<void> {
    const found = await find();
    const hasChanged = await engineHost.hasChanged();
    const identity = identityOf(found);
    const isSettled = isAsked || identity === seen;
    seen = identity;
    lookedAtMs = performance.now();
    if (isLoadedBetter(found)) {
      tools = { ...tools, problems: [goneProblem(tools, found), ...othersOf(found)] };
      return;
    }
    if (identity === identityOf(tools) && !hasChanged) {
      tools = found;
      return;
    }
    if (!isSettled) return;
    const before = tools;
    tools = found;
    engineHost.replace(engineToolsOf(found));
    options.onChange(found, before);
  }

  /**
   * Whether the loaded yt-dlp is better than the found one. When its folder is gone or holds another yt-dlp, a warm host still
   * has all of it in memory, which is better than an older yt-dlp from elsewhere or an untried one.
   */
  function isLoadedBetter({ ytDlp }: Tools): boolean {
    if (tools.ytDlp === null || engineHost.current()?.tier !== 'warm') return false;
    if (
      tools.ytDlp.isManaged &&
      ytDlp?.isManaged === true &&
      ytDlp.version !== tools.ytDlp.version
    ) {
      return !options.isChosen(ytDlp.version);
    }
    if (existsSync(tools.ytDlp.packagePath ?? tools.ytDlp.path)) return false;
    return ytDlp === null || compareVersions(ytDlp.version, tools.ytDlp.version) < 0;
  }

  function look(isAsked = false): Promise<void> {
    if (isAsked && performance.now() - lookedAtMs < ASKED_PAUSE_MS) return Promise.resolve();
    running ??= lookNow(isAsked)
      .catch(options.onError)
      .finally(() => (running = null));
    return running;
  }

  async function lookAnew(): Promise<void> {
    await running;
    lookedAtMs = -Infinity;
    await look(true);
  }

  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  return { current: () => tools, look, lookAnew, close: () => clearInterval(timer) };
}

/** The tools that an engine host needs. */
export function engineToolsOf({
  python,
  ytDlp,
  ffmpeg,
  ffprobe,
  jsRuntime,
  solverLibraries,
}: Tools): EngineTools {
  return { python, ytDlp, ffmpeg, ffprobe, jsRuntime, solverLibraries };
}

function identityOf(tools: Tools): string {
  const { python, ytDlp, ffmpeg, ffprobe, jsRuntime, solverLibraries } = tools;
  const yt = ytDlp && [ytDlp.path, ytDlp.version, ytDlp.pythonPath, ytDlp.hasEjs];
  const others = [ffmpeg, ffprobe, jsRuntime].map((tool) => tool && [tool.path, tool.version]);
  return JSON.stringify([python?.path, yt, others, solverLibraries]);
}

function goneProblem({ ytDlp }: Tools, found: Tools): ToolProblem {
  const remedy = found.problems.find(({ name }) => name === 'engine')?.remedy;
  return {
    name: 'engine',
    level: 'warn',
    ...say('ENGINE_FILE_GONE', { version: ytDlp?.version ?? '', path: ytDlp?.path ?? '' }),
    ...(remedy === undefined
      ? saidAs('remedy', say('PUT_ENGINE_BACK', { version: found.ytDlp?.version ?? '' }))
      : { remedy }),
  };
}

function othersOf({ problems }: Tools): ToolProblem[] {
  return problems.filter(({ name }) => name !== 'engine');
}
