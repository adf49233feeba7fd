import type { Explanation, Selection } from '@artemis/contracts';
import type { ProbeOutcome } from '../../domain/attempt.ts';
import type { ProbeRequest, Solution, SolveRequest, TaskEngine } from '../../worker/task.ts';

type NamedEngine = Pick<TaskEngine, 'ytDlpVersion' | 'jsRuntime' | 'pluginsDir' | 'potProviderUrl'>;

/** What of the worker runs on the main thread, because it needs a socket only. */
export interface MainThreadTasks {
  readonly look: (request: ProbeRequest) => Promise<ProbeOutcome>;
  readonly solve: (request: SolveRequest) => Promise<Solution>;
  /** Command lines that most downloads have. */
  readonly usualArgvs: (engine: NamedEngine) => readonly (readonly string[])[];
  /** The command line of a download with this selection; `engine` is null when there is none. */
  readonly explain: (input: {
    readonly selection: Selection;
    readonly engine: (NamedEngine & Pick<TaskEngine, 'kind'>) | null;
    readonly isProxyForAll: boolean;
  }) => Pick<Explanation, 'argv' | 'warnings'>;
}
