import type { ReadinessCheck } from '@artemis/contracts';
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
  { name: 'engine', problems: ['engine', 'python'], fine: 'yt-dlp can be run.' },
  { name: 'ffmpeg', problems: ['ffmpeg'], fine: 'ffmpeg can be run.' },
  { name: 'ffprobe', problems: ['ffprobe'], fine: 'ffprobe can be run.' },
] as const;

/** What attempts need of this computer, for `GET /readyz`. */
export function engineChecks(sources: EngineCheckSources): readonly ReadinessCheck[] {
  const { tools } = sources;
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
      message: 'The engine is not running.',
      remedy: 'Find the cause in the log of the server, and start the server again.',
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
      message: `The folder of PLUGINS_DIR cannot be read: ${folder}. Downloads run without plugins.`,
      remedy: 'Make this folder, let the user of the server read it, or unset PLUGINS_DIR.',
    };
  }
  if (names.length === 0) {
    return {
      name,
      state: 'warn',
      message: `There is no plugin in ${folder}.`,
      remedy:
        'Put each plugin there as <any name>/yt_dlp_plugins/extractor/<plugin>.py, or as its zip file.',
    };
  }
  return {
    name,
    state: 'ok',
    message: `Loaded with each download: ${names.join(', ')}.`,
    remedy: null,
  };
}

const UNRESTRICTED: Readonly<Record<string, string>> = {
  files: 'which files they read and write',
  truncation: 'which files they cut short',
  reading:
    'which files they read, because ffmpeg or the JavaScript runtime does not start otherwise',
  connections: 'where ffmpeg connects to',
  signals: 'which processes they signal',
  system_calls: 'which system calls they make',
};

/** How far the kernel restricts downloads, in case a site takes over a program that reads its media. */
function sandboxCheck({ level, missing }: EngineSandbox): ReadinessCheck {
  const name = 'sandbox';
  if (level === 'full') {
    return { name, state: 'ok', message: 'Downloads run in a full sandbox.', remedy: null };
  }
  const unrestricted = missing.map((part) => UNRESTRICTED[part] ?? part).join('; ');
  const isReadingAlone = missing.length === 1 && missing[0] === 'reading';
  return {
    name,
    state: 'warn',
    message:
      level === 'none'
        ? 'Downloads run without a sandbox of the kernel.'
        : `Downloads run in a partial sandbox. Not restricted: ${unrestricted}.`,
    remedy: isReadingAlone
      ? 'Install ffmpeg and the JavaScript runtime from the packages of your system.'
      : 'Run Artemis on Linux 6.12 or newer with Landlock enabled, on x86-64 or arm64.',
  };
}
