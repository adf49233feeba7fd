import { resolve } from 'node:path';
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

/** What is missing for YouTube's challenges, one sentence each; empty when nothing is missing. */
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

/** The fetched libraries are for Deno only: no other runtime can use them, and a standalone yt-dlp does not find them. */
function lacksScripts({ ytDlp, jsRuntime, hasSolverLibraries }: ChallengeTools): boolean {
  if (ytDlp === null || ytDlp.hasEjs) return false;
  return !hasSolverLibraries || ytDlp.kind === 'binary' || jsRuntime?.name === 'node';
}
