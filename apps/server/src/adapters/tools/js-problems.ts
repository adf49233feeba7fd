import { resolve } from 'node:path';
import { say, type Said } from '@artemis/contracts';
import type { JsRuntimeTool } from './js-runtimes.ts';
import { repositoryDir } from './repository.ts';
import type { YtDlpTool } from './yt-dlp-finder.ts';

const usualToolsDir = resolve(repositoryDir, '.artemis/tools');

/**
 * The command that fetches missing tools into the tools folder. Any user can run it, even while the server runs. `newer`: it
 * also fetches a newer yt-dlp when the present one works.
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

/** What is missing for YouTube's challenges; null when nothing is missing. */
export function missingForChallenges(tools: ChallengeTools): Said | null {
  if (tools.jsRuntime !== null) return lacksScripts(tools) ? say('SCRIPTS_NOT_FOUND') : null;
  return say(lacksScripts(tools) ? 'RUNTIME_AND_SCRIPTS_NOT_FOUND' : 'RUNTIME_NOT_FOUND');
}

/** The fetched libraries are for Deno only: no other runtime can use them, and a standalone yt-dlp does not find them. */
function lacksScripts({ ytDlp, jsRuntime, hasSolverLibraries }: ChallengeTools): boolean {
  if (ytDlp === null || ytDlp.hasEjs) return false;
  return !hasSolverLibraries || ytDlp.kind === 'binary' || jsRuntime?.name === 'node';
}
