import type { ReadinessCheck } from '@artemis/contracts';
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
    const { message = 'There is no JavaScript runtime.', remedy = null } = missing ?? {};
    return { state: 'warn', message, remedy };
  }
  const name = `${jsRuntime.name === 'deno' ? 'Deno' : 'Node'} ${jsRuntime.version}`;
  if (solver?.works === false) {
    const message = solver.isEngineTooOld
      ? `This yt-dlp is too old for YouTube: ${solver.trouble ?? ''}`
      : `${name} and yt-dlp ${ytDlp?.version ?? ''} do not solve the challenges of YouTube: ${solver.trouble ?? ''}`;
    const newer = toolsCommand(toolsDir, true);
    const isDoubtful = solverLibraries !== null && !solver.isEngineTooOld;
    return {
      state: 'warn',
      message,
      remedy: isDoubtful ? `rm -r '${solverLibraries}' && ${newer}` : newer,
    };
  }
  const how =
    solver === null
      ? `${name} is there for the challenges of YouTube; whether it solves them was not tried.`
      : `${name} solves challenges like those of YouTube.`;
  if (jsRuntime.deniesNetwork) return fine(how);
  if (sandbox !== null && keepsRuntimesOffline(sandbox)) {
    return fine(`${how} It is the last resort, as only the kernel keeps its scripts offline.`);
  }
  return {
    state: 'warn',
    message: `${how} It is the last resort: neither this Node nor the kernel keeps its scripts from private addresses.`,
    remedy: toolsCommand(toolsDir),
  };
}

function fine(message: string): Finding {
  return { state: 'ok', message, remedy: null };
}

/** Either part of the sandbox is enough: one refuses connections, the other any socket (`engine/sandbox.py`). */
function keepsRuntimesOffline({ level, missing }: EngineSandbox): boolean {
  if (level === 'none') return false;
  return !missing.includes('connections') || !missing.includes('system_calls');
}
