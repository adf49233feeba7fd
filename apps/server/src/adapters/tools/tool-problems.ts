import { join } from 'node:path';
import { say, type ProseCode, type ProseValues, type Said } from '@artemis/contracts';
import { missingForChallenges, toolsCommand } from './js-problems.ts';
import { isDenoOffered, type JsRuntimeTool } from './js-runtimes.ts';
import type { PythonTool, YtDlpTool } from './yt-dlp-finder.ts';

/** A missing or doubtful tool, and the command that fixes it. */
export interface ToolProblem extends Said {
  readonly name: 'engine' | 'ffmpeg' | 'ffprobe' | 'python' | 'js_runtime';
  /** `fail`: no download can run. */
  readonly level: 'fail' | 'warn';
  readonly remedy: string;
  /** Unless the remedy is a command. */
  readonly remedy_code?: ProseCode;
  readonly remedy_values?: ProseValues;
}

/** The tools that were found, and the explicit settings as absolute paths. */
export interface Findings {
  readonly ytDlp: YtDlpTool | null;
  readonly ytDlpSetting: string | undefined;
  readonly isStale: boolean;
  readonly python: PythonTool | null;
  readonly pythonSetting: string | undefined;
  readonly hasFfmpeg: boolean;
  readonly hasFfprobe: boolean;
  readonly ffmpegSetting: string | undefined;
  readonly ffprobeSetting: string | undefined;
  readonly jsRuntime: JsRuntimeTool | null;
  readonly hasSolverLibraries: boolean;
  readonly toolsDir: string;
}

/** Problems in the order engine, ffmpeg, ffprobe, python, js_runtime; empty when nothing is missing. */
export function problemsOf(findings: Findings): ToolProblem[] {
  const { ffmpegSetting, ffprobeSetting } = findings;
  return [
    engineProblem(findings),
    findings.hasFfmpeg ? null : missingFfmpegTool('ffmpeg', 'FFMPEG_PATH', ffmpegSetting),
    findings.hasFfprobe
      ? null
      : missingFfmpegTool('ffprobe', 'FFMPEG_PATH (for ffprobe)', ffprobeSetting ?? ffmpegSetting),
    findings.python === null ? missingPython(findings.pythonSetting) : null,
    jsProblem(findings),
  ].filter((problem) => problem !== null);
}

function engineProblem({
  ytDlp,
  ytDlpSetting,
  isStale,
  python,
  toolsDir,
}: Findings): ToolProblem | null {
  const remedy = ytDlpSetting === undefined ? pipCommand(toolsDir, python) : 'unset YTDLP_PATH';
  if (ytDlp === null) {
    const said =
      ytDlpSetting === undefined
        ? say('TOOL_NOT_FOUND', { tool: 'yt-dlp' })
        : doesNotRun('YTDLP_PATH', ytDlpSetting);
    return { name: 'engine', level: 'fail', ...said, remedy };
  }
  if (!isStale) return null;
  const { version, path } = ytDlp;
  return { name: 'engine', level: 'warn', ...say('ENGINE_STALE', { version, path }), remedy };
}

function missingFfmpegTool(
  name: 'ffmpeg' | 'ffprobe',
  settingName: string,
  setting: string | undefined,
): ToolProblem {
  return setting === undefined
    ? {
        name,
        level: 'fail',
        ...say('TOOL_NOT_FOUND', { tool: name }),
        remedy: systemPackage('ffmpeg'),
      }
    : {
        name,
        level: 'fail',
        ...doesNotRun(settingName, setting),
        remedy: 'unset FFMPEG_PATH',
      };
}

function missingPython(setting: string | undefined): ToolProblem {
  return setting === undefined
    ? {
        name: 'python',
        level: 'fail',
        ...say('PYTHON_NOT_FOUND'),
        remedy: systemPackage('python3'),
      }
    : {
        name: 'python',
        level: 'fail',
        ...say('PYTHON_DOES_NOT_RUN', { path: setting }),
        remedy: 'unset PYTHON_PATH',
      };
}

/** Everything that is missing for YouTube, as one problem. */
function jsProblem(findings: Findings): ToolProblem | null {
  const said = missingForChallenges(findings);
  if (said === null) return null;
  return { name: 'js_runtime', level: 'warn', ...said, remedy: challengeRemedy(findings) };
}

function challengeRemedy({ ytDlp, python, toolsDir }: Findings): string {
  const isBinary = ytDlp?.kind === 'binary' && !ytDlp.hasEjs;
  // The tools command fetches the scripts for Deno. They fit neither into a standalone yt-dlp nor into another runtime.
  if (isDenoOffered() && !isBinary) return toolsCommand(toolsDir);
  if (ytDlp === null || ytDlp.hasEjs) return toolsCommand(toolsDir);
  // A yt-dlp outside the tools folder stays in use, so its scripts must go where it looks for them.
  return ytDlp.isManaged || ytDlp.pythonPath === null
    ? pipCommand(toolsDir, python)
    : `${ytDlp.pythonPath} -m pip install 'yt-dlp[default]'`;
}

/** Installs a complete yt-dlp into the tools folder, on any machine with Python, and changes nothing else. */
function pipCommand(toolsDir: string, python: PythonTool | null): string {
  const target = join(toolsDir, 'yt-dlp', 'pip');
  const install = `${python?.path ?? 'python3'} -m pip install --upgrade --target '${target}' 'yt-dlp[default]'`;
  return python?.hasPip === false ? `${systemPackage('python3-pip')} && ${install}` : install;
}

function systemPackage(name: string): string {
  if (process.platform === 'darwin') return `brew install ${name}`;
  const install = `apt-get install --yes --no-install-recommends ${name}`;
  return process.getuid?.() === 0 ? install : `sudo ${install}`;
}

function doesNotRun(setting: string, path: string): Said {
  return say('SETTING_DOES_NOT_RUN', { setting, path });
}
