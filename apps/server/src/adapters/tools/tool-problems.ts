import { join } from 'node:path';
import { missingForChallenges, toolsCommand } from './js-problems.ts';
import { isDenoOffered, type JsRuntimeTool } from './js-runtimes.ts';
import type { PythonTool, YtDlpTool } from './yt-dlp-finder.ts';

/** A missing or doubtful tool, and the command that fixes it. */
export interface ToolProblem {
  readonly name: 'engine' | 'ffmpeg' | 'ffprobe' | 'python' | 'js_runtime';
  /** `fail`: no download can run. */
  readonly level: 'fail' | 'warn';
  readonly message: string;
  readonly remedy: string;
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
    const message =
      ytDlpSetting === undefined ? 'yt-dlp was not found.' : doesNotRun('YTDLP_PATH', ytDlpSetting);
    return { name: 'engine', level: 'fail', message, remedy };
  }
  if (!isStale) return null;
  const message = `yt-dlp ${ytDlp.version} (${ytDlp.path}) is too old; many sites will fail.`;
  return { name: 'engine', level: 'warn', message, remedy };
}

function missingFfmpegTool(
  name: 'ffmpeg' | 'ffprobe',
  settingName: string,
  setting: string | undefined,
): ToolProblem {
  return setting === undefined
    ? { name, level: 'fail', message: `${name} was not found.`, remedy: systemPackage('ffmpeg') }
    : {
        name,
        level: 'fail',
        message: doesNotRun(settingName, setting),
        remedy: 'unset FFMPEG_PATH',
      };
}

function missingPython(setting: string | undefined): ToolProblem {
  return setting === undefined
    ? {
        name: 'python',
        level: 'fail',
        message: 'Python 3.9 or newer was not found.',
        remedy: systemPackage('python3'),
      }
    : {
        name: 'python',
        level: 'fail',
        message: `${doesNotRun('PYTHON_PATH', setting)} It must be Python 3.9 or newer.`,
        remedy: 'unset PYTHON_PATH',
      };
}

/** Everything that is missing for YouTube, as one problem. */
function jsProblem(findings: Findings): ToolProblem | null {
  const missing = missingForChallenges(findings);
  if (missing.length === 0) return null;
  const message = missing.join(' ');
  return { name: 'js_runtime', level: 'warn', message, remedy: challengeRemedy(findings) };
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

function doesNotRun(name: string, path: string): string {
  return `${name} is set to ${path}, which does not run.`;
}
