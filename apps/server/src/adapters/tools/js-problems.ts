import { resolve } from 'node:path';
import type { JsRuntimeTool } from './js-runtimes.ts';
import type { YtDlpTool } from './yt-dlp-finder.ts';

const repositoryDir = resolve(import.meta.dirname, '../../../../..');
const usualToolsDir = resolve(repositoryDir, '.artemis/tools');

/**
 * Gets what is missing into the tools folder, as any user, beside a server that runs. `newer`: a newer yt-dlp as well,
 * even when the one that is there works.
 */
export function toolsCommand(toolsDir: string, newer = false): string {
  const command = `npm --prefix '${repositoryDir}' run tools${newer ? ' -- newer' : ''}`;
  return toolsDir === usualToolsDir ? command : `TOOLS_DIR='${toolsDir}' ${command}`;
}

export interface ChallengeTools {
  readonly jsRuntime: JsRuntimeTool | null;
  readonly ytDlp: Pick<YtDlpTool, 'kind' | 'hasEjs'> | null;
  readonly hasSolverLibraries: boolean;
}

/** What YouTube's challenges cannot be solved without, each as one sentence; empty when all of it is there. */
export function missingForChallenges(tools: ChallengeTools): string[] {
  const missing: string[] = [];
  if (tools.jsRuntime === null) {
    missing.push(
      'No JavaScript runtime (Deno 2.3 or newer, or Node 22 or newer) was found; YouTube needs one.',
    );
  }
  if (lacksScripts(tools)) {
    missing.push('This yt-dlp comes without the scripts (yt-dlp-ejs) that YouTube needs.');
  }
  return missing;
}

/** The libraries are Deno's: no other runtime takes them, and a standalone yt-dlp does not find them. */
function lacksScripts({ ytDlp, jsRuntime, hasSolverLibraries }: ChallengeTools): boolean {
  if (ytDlp === null || ytDlp.hasEjs) return false;
  return !hasSolverLibraries || ytDlp.kind === 'binary' || jsRuntime?.name === 'node';
}
