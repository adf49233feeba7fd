import type { ReadinessCheck } from '@artemis/contracts';
import type { Tools } from './adapters/tools.ts';
import type { FileStore, HistoryStore } from './domain/ports.ts';

export interface ReadinessSources {
  readonly tools: Tools;
  readonly isEngineRunning: boolean;
  readonly files: FileStore;
  readonly history: HistoryStore;
  readonly pid: number;
}

const CHECKED_TOOLS = [
  { name: 'engine', problems: ['engine', 'python'], fine: 'yt-dlp can be run.' },
  { name: 'ffmpeg', problems: ['ffmpeg'], fine: 'ffmpeg can be run.' },
  { name: 'ffprobe', problems: ['ffprobe'], fine: 'ffprobe can be run.' },
  {
    name: 'js_runtime',
    problems: ['js_runtime'],
    fine: 'A JavaScript runtime for YouTube is there.',
  },
] as const;

/** What downloads need, each with what to do when it is missing. Only `fail` makes the server not ready. */
export async function readChecks(sources: ReadinessSources): Promise<readonly ReadinessCheck[]> {
  const { tools, files, history } = sources;
  const checks: ReadinessCheck[] = CHECKED_TOOLS.map(({ name, problems, fine }) => {
    const problem = tools.problems.find((entry) =>
      (problems as readonly string[]).includes(entry.name),
    );
    if (!problem) return { name, state: 'ok', message: fine, remedy: null };
    return { name, state: problem.level, message: problem.message, remedy: problem.remedy };
  });
  const engine = checks.find(({ name }) => name === 'engine');
  if (engine?.state === 'ok' && !sources.isEngineRunning) {
    Object.assign(engine, {
      state: 'fail',
      message: 'The engine does not run.',
      remedy: 'Look into the log of the server for the cause and start it again.',
    });
  }
  checks.push({ name: 'storage', ...(await files.health()) });
  checks.push({ name: 'history', ...history.health() });
  if (sources.pid === 1) {
    checks.push({
      name: 'init',
      state: 'warn',
      message:
        'Artemis is process 1 of this container, where nobody reaps processes that lose their parent.',
      remedy: 'Start the container with an init, for example docker run --init.',
    });
  }
  return checks;
}
