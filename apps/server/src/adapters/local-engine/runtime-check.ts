import { say, type ReadinessCheck, type Said } from '@artemis/contracts';
import type { EngineSandbox } from '../engine/engine-host.ts';
import { toolsCommand } from '../tools/js-problems.ts';
import type { SolverProof } from '../engine/solver-proof.ts';
import type { Tools } from '../tools/tools.ts';

export interface RuntimeSources {
  readonly tools: Pick<Tools, 'problems' | 'ytDlp' | 'jsRuntime' | 'solverLibraries' | 'toolsDir'>;
  readonly solver: SolverProof | null;
  readonly sandbox: EngineSandbox | null;
}

type Finding = Omit<ReadinessCheck, 'name'>;

/** Whether YouTube's challenges can be solved: proven, not concluded from files that are there. */
export function runtimeCheck({ tools, solver, sandbox }: RuntimeSources): Finding {
  const { jsRuntime, ytDlp, solverLibraries, toolsDir } = tools;
  const missing = tools.problems.find(({ name }) => name === 'js_runtime');
  if (missing !== undefined || jsRuntime === null) {
    if (missing === undefined) return { state: 'warn', ...say('RUNTIME_NONE'), remedy: null };
    const { level: state, name: _name, ...rest } = missing;
    return { ...rest, state };
  }
  const runtime = `${jsRuntime.name === 'deno' ? 'Deno' : 'Node'} ${jsRuntime.version}`;
  if (solver?.works === false) {
    const trouble = solver.trouble ?? '';
    const newer = toolsCommand(toolsDir, true);
    const isDoubtful = solverLibraries !== null && !solver.isEngineTooOld;
    return {
      state: 'warn',
      ...(solver.isEngineTooOld
        ? say('SOLVER_ENGINE_TOO_OLD', { trouble })
        : say('SOLVER_DOES_NOT_WORK', { runtime, version: ytDlp?.version ?? '', trouble })),
      remedy: isDoubtful ? `rm -r '${solverLibraries}' && ${newer}` : newer,
    };
  }
  const how = solver === null ? 'RUNTIME_UNTRIED' : 'RUNTIME_SOLVES';
  if (jsRuntime.deniesNetwork) return fine(say(how, { runtime }));
  if (sandbox !== null && keepsRuntimesOffline(sandbox)) {
    return fine(say(`${how}_OFFLINE`, { runtime }));
  }
  return {
    state: 'warn',
    ...say(`${how}_EXPOSED`, { runtime }),
    remedy: toolsCommand(toolsDir),
  };
}

function fine(said: Said): Finding {
  return { state: 'ok', ...said, remedy: null };
}

/** Either part of the sandbox is enough: one refuses connections, the other any socket (`engine/sandbox.py`). */
function keepsRuntimesOffline({ level, missing }: EngineSandbox): boolean {
  if (level === 'none') return false;
  return !missing.includes('connections') || !missing.includes('system_calls');
}
