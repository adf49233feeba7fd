import type { Configuration } from '@artemis/contracts';
import type { EngineFacts } from '../engine/engine-host.ts';
import type { Tools } from '../tools/tools.ts';

/** Null for a tool that is missing or whose version is not known. */
export type ToolVersions = Omit<Configuration['versions'], 'artemis' | 'node'>;

/** Python is the interpreter that runs yt-dlp, which only the engine host knows for sure. */
export function toolVersions(tools: Tools, facts: EngineFacts | null): ToolVersions {
  return {
    python: facts?.pythonVersion ?? pythonVersion(tools),
    yt_dlp: tools.ytDlp?.version ?? null,
    ffmpeg: tools.ffmpeg?.version ?? null,
    js_runtime: runtimeName(tools),
  };
}

/** Null when yt-dlp has an interpreter of its own: which version that is, only the host knows. */
function pythonVersion({ python, ytDlp }: Tools): string | null {
  const path = ytDlp?.pythonPath ?? python?.path;
  return python?.path === path ? (python?.version ?? null) : null;
}

export function runtimeName({ jsRuntime }: Tools): string | null {
  return jsRuntime && `${jsRuntime.name} ${jsRuntime.version}`;
}
