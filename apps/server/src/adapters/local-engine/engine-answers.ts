import type { Explanation, ReadinessCheck, Selection } from '@artemis/contracts';
import type { Gauges } from '../../domain/ports.ts';
import { exampleName } from '../../domain/selection/file-name.ts';
import type { EngineHost } from '../engine/engine-host.ts';
import { needsProxyForAll } from '../engine/engine-kind.ts';
import type { SolverProof } from '../engine/solver-proof.ts';
import type { ToolWatch } from '../engine/tool-watch.ts';
import type { Plugins } from '../tools/plugins.ts';
import type { MainThreadTasks } from './main-thread-tasks.ts';
import { engineChecks } from './readiness-checks.ts';
import { runtimeName, toolVersions, type ToolVersions } from './tool-versions.ts';

export interface EngineAnswersSources {
  readonly watch: Pick<ToolWatch, 'current' | 'look'>;
  readonly engineHost: Pick<EngineHost, 'status'>;
  readonly solverProof: () => Promise<SolverProof | null>;
  readonly plugins: Plugins;
  readonly explain: MainThreadTasks['explain'];
  readonly config: {
    readonly pluginsDir: string | null;
    readonly potProviderUrl: string | null;
    readonly nameTemplate: string;
  };
}

/** What the engine says about itself. */
export interface EngineAnswers {
  readonly gauge: Gauges['engine'];
  /** Looks for the tools again, and says what is missing. Never rejects. */
  checks(): Promise<readonly ReadinessCheck[]>;
  versions(): ToolVersions;
  /** Names of the owner's plugins, as of the last look. */
  plugins(): readonly string[];
  explain(selection: Selection): Explanation;
}

export function createEngineAnswers(sources: EngineAnswersSources): EngineAnswers {
  const { watch, engineHost, solverProof, plugins, config } = sources;
  const { pluginsDir, potProviderUrl } = config;

  return {
    gauge() {
      const { mode, facts } = engineHost.status();
      const tools = watch.current();
      return {
        yt_dlp_version: tools.ytDlp?.version ?? null,
        age_days: tools.ytDlp?.ageDays ?? null,
        mode: mode === 'starting' ? 'cold' : mode,
        sandbox: facts?.sandbox.level ?? null,
        ffmpeg_version: tools.ffmpeg?.version ?? null,
        js_runtime: runtimeName(tools),
      };
    },
    async checks() {
      await watch.look(true);
      const { mode, facts } = engineHost.status();
      return engineChecks({
        tools: watch.current(),
        isEngineRunning: mode !== 'missing',
        solver: await solverProof(),
        sandbox: facts?.sandbox ?? null,
        plugins: await plugins.look(),
      });
    },
    versions: () => toolVersions(watch.current(), engineHost.status().facts),
    plugins: plugins.names,
    explain(selection) {
      const { ytDlp, jsRuntime } = watch.current();
      return {
        ...sources.explain({
          selection,
          engine: ytDlp && {
            ytDlpVersion: ytDlp.version,
            kind: ytDlp.kind,
            jsRuntime: jsRuntime && { name: jsRuntime.name, path: jsRuntime.path },
            ...{ pluginsDir, potProviderUrl },
          },
          isProxyForAll: needsProxyForAll(selection.options, ytDlp?.kind ?? 'module'),
        }),
        output_example: exampleName(selection, config.nameTemplate),
      };
    },
  };
}
