import { say, saidAs, type ReadinessCheck } from '@artemis/contracts';
import type { EngineSandbox } from '../engine/engine-host.ts';
import type { SolverProof } from '../engine/solver-proof.ts';
import type { PluginsFound } from '../tools/plugins.ts';
import type { Tools } from '../tools/tools.ts';
import { runtimeCheck } from './runtime-check.ts';

export interface EngineCheckSources {
  readonly tools: Pick<Tools, 'problems' | 'ytDlp' | 'jsRuntime' | 'solverLibraries' | 'toolsDir'>;
  /** Null when there was nothing to try. */
  readonly solver: SolverProof | null;
  readonly isEngineRunning: boolean;
  /** Null until an engine host runs. */
  readonly sandbox: EngineSandbox | null;
  readonly plugins: PluginsFound | null;
}

const CHECKED_TOOLS = [
  { name: 'engine', problems: ['engine', 'python'], fine: 'ENGINE_RUNS' },
  { name: 'ffmpeg', problems: ['ffmpeg'], fine: 'FFMPEG_RUNS' },
  { name: 'ffprobe', problems: ['ffprobe'], fine: 'FFPROBE_RUNS' },
] as const;

/** What attempts need of this computer, for `GET /readyz`. */
export function engineChecks(sources: EngineCheckSources): readonly ReadinessCheck[] {
  const { tools } = sources;
  const checks: ReadinessCheck[] = CHECKED_TOOLS.map(({ name, problems, fine }) => {
    const problem = tools.problems.find((entry) =>
      (problems as readonly string[]).includes(entry.name),
    );
    if (!problem) return { name, state: 'ok', ...say(fine), remedy: null };
    const { level, ...rest } = problem;
    return { ...rest, name, state: level };
  });
  const engine = checks.find(({ name }) => name === 'engine');
  if (engine?.state === 'ok' && !sources.isEngineRunning) {
    Object.assign(engine, {
      state: 'fail',
      ...say('ENGINE_NOT_RUNNING'),
      ...saidAs('remedy', say('LOOK_AND_RESTART')),
    });
  }
  checks.push({ name: 'js_runtime', ...runtimeCheck(sources) });
  if (sources.plugins !== null) checks.push(pluginsCheck(sources.plugins));
  if (sources.sandbox !== null) checks.push(sandboxCheck(sources.sandbox));
  return checks;
}

function pluginsCheck({ folder, names }: PluginsFound): ReadinessCheck {
  const name = 'plugins';
  if (names === null) {
    return {
      name,
      state: 'warn',
      ...say('PLUGINS_UNREADABLE', { folder }),
      ...saidAs('remedy', say('MAKE_PLUGINS_FOLDER')),
    };
  }
  if (names.length === 0) {
    return {
      name,
      state: 'warn',
      ...say('PLUGINS_NONE', { folder }),
      ...saidAs('remedy', say('ADD_PLUGINS')),
    };
  }
  return {
    name,
    state: 'ok',
    ...say('PLUGINS_LOADED', { names: names.join(', ') }),
    remedy: null,
  };
}

/** How far the kernel restricts downloads, in case a site takes over a program that reads its media. */
function sandboxCheck({ level, missing }: EngineSandbox): ReadinessCheck {
  const name = 'sandbox';
  if (level === 'full') {
    return { name, state: 'ok', ...say('SANDBOX_FULL'), remedy: null };
  }
  const isReadingAlone = missing.length === 1 && missing[0] === 'reading';
  return {
    name,
    state: 'warn',
    ...(level === 'none'
      ? say('SANDBOX_NONE')
      : say('SANDBOX_PARTIAL', { unrestricted: missing.join(', ') })),
    ...saidAs('remedy', say(isReadingAlone ? 'INSTALL_SYSTEM_PACKAGES' : 'USE_NEWER_LINUX')),
  };
}
