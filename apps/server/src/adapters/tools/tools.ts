import { existsSync, readFileSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { bundledDeno, findJsRuntime, type JsRuntimeTool } from './js-runtimes.ts';
import { repositoryDir } from './repository.ts';
import { solverLibraries } from './solver-libraries.ts';
import { problemsOf, type ToolProblem } from './tool-problems.ts';
import { createToolAsker, placesOf, type ToolAsker } from './tool-asker.ts';
import { isAtLeast, type Version } from './versions.ts';
import {
  createYtDlpFinder,
  isFile,
  newerOf,
  releaseDay,
  type ManagedCopy,
  type PythonTool,
  type YtDlpFinder,
  type YtDlpTool,
} from './yt-dlp-finder.ts';

export type { JsRuntimeTool } from './js-runtimes.ts';
export type { ToolProblem } from './tool-problems.ts';
export type { PythonTool, YtDlpTool } from './yt-dlp-finder.ts';

/** The yt-dlp that this version of Artemis was tested with, and how much older another one may be. */
const TRIED_YTDLP = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../tried-yt-dlp.json'), 'utf8'),
) as { readonly version: string; readonly toleranceDays: number };

/** The oldest that current versions of yt-dlp run on. */
const PYTHON: Version = [3, 10];

export interface Tool {
  readonly path: string;
  readonly version: string;
}

export interface Tools {
  /** The interpreter for the engine host, 3.9 or newer. */
  readonly python: PythonTool | null;
  readonly ytDlp: YtDlpTool | null;
  readonly ffmpeg: Tool | null;
  readonly ffprobe: Tool | null;
  readonly jsRuntime: JsRuntimeTool | null;
  /** Folder with the libraries of the solver scripts; null when yt-dlp has its own, or there are none. */
  readonly solverLibraries: string | null;
  /** Folder of the managed copies. */
  readonly toolsDir: string;
  /** In the order of the names above; empty when everything is there. */
  readonly problems: readonly ToolProblem[];
}

export interface FindToolsOptions {
  /** Holds managed copies (`yt-dlp/<name>/`) and `found.json`, the remembered answers. Need not exist. */
  readonly toolsDir: string;
  /** Explicit settings, absolute or relative to the repository. A setting that does not run is a problem; there is no fallback. */
  readonly ytDlpPath?: string | undefined;
  readonly pythonPath?: string | undefined;
  /** The executable, or the folder with ffmpeg and ffprobe. */
  readonly ffmpegPath?: string | undefined;
  readonly ffprobePath?: string | undefined;
  /** The PATH to search: absolute folders, separated by colons. */
  readonly searchPath: string;
  /** The Node this process runs on. */
  readonly nodeExecPath: string;
  readonly nodeVersion: string;
  readonly today?: Date;
  /** Chooses one of the managed copies; default: the newest that runs. */
  readonly pickManaged?: (copies: readonly ManagedCopy[]) => YtDlpTool | null;
  /** For tests: replaces the folder of the Deno in our dependencies; null: no Deno. */
  readonly bundledDeno?: string | null;
}

/**
 * Looks for all tools that a download needs. A tool counts only when it answers within 5 s. Answers are saved in the tools
 * folder by path, modification time and size, so that an unchanged machine needs no process. Never rejects, installs
 * nothing, and uses no network.
 */
export async function findTools(given: FindToolsOptions): Promise<Tools> {
  const options = {
    ...given,
    ytDlpPath: chosen(given.ytDlpPath, given.searchPath),
    pythonPath: chosen(given.pythonPath, given.searchPath),
    ffmpegPath: chosen(given.ffmpegPath, given.searchPath),
    ffprobePath: chosen(given.ffprobePath, given.searchPath),
  };
  const { searchPath, toolsDir } = options;
  const asker = await createToolAsker(join(toolsDir, 'found.json'), searchPath);
  const pythons = findPythons(asker, options);
  const finder = createYtDlpFinder({
    asker,
    searchPath,
    pythons: pythons.then((found) => found.filter(({ version }) => isAtLeast(version, PYTHON))),
    isPythonChosen: options.pythonPath !== undefined,
    today: options.today ?? new Date(),
  });
  const [python, ytDlp, ffmpeg, ffprobe, jsRuntime] = await Promise.all([
    pythons.then((found) => found[0] ?? null),
    findYtDlp(finder, options),
    findFfmpegTool(asker, 'ffmpeg', options),
    findFfmpegTool(asker, 'ffprobe', options),
    findJsRuntime(asker, {
      ...options,
      bundledDeno: options.bundledDeno === undefined ? bundledDeno() : options.bundledDeno,
    }),
  ]);
  await asker.remember();
  const libraries =
    ytDlp === null || ytDlp.hasEjs || ytDlp.solverScript === null
      ? null
      : await solverLibraries(toolsDir, ytDlp.solverScript);
  const problems = problemsOf({
    ytDlp,
    ytDlpSetting: options.ytDlpPath,
    isStale: ytDlp !== null && isStale(ytDlp.version),
    python,
    pythonSetting: options.pythonPath,
    hasFfmpeg: ffmpeg !== null,
    hasFfprobe: ffprobe !== null,
    ffmpegSetting: options.ffmpegPath,
    ffprobeSetting: options.ffprobePath,
    jsRuntime,
    hasSolverLibraries: libraries !== null,
    toolsDir,
  });
  return {
    python,
    ytDlp,
    ffmpeg,
    ffprobe,
    jsRuntime,
    solverLibraries: libraries,
    toolsDir,
    problems,
  };
}

function isStale(version: string): boolean {
  return releaseDay(TRIED_YTDLP.version) - releaseDay(version) > TRIED_YTDLP.toleranceDays;
}

async function findYtDlp(
  finder: YtDlpFinder,
  { toolsDir, ytDlpPath, pickManaged = newestOf }: FindToolsOptions,
): Promise<YtDlpTool | null> {
  if (ytDlpPath !== undefined) return finder.at(ytDlpPath, false);
  const [onPath, copies] = await Promise.all([
    finder.onPath(),
    finder.managedIn(join(toolsDir, 'yt-dlp')),
  ]);
  const managed = pickManaged(copies);
  return onPath !== null && !isStale(onPath.version) ? onPath : newerOf(managed, onPath);
}

function newestOf(copies: readonly ManagedCopy[]): YtDlpTool | null {
  return copies.map(({ tool }) => tool).reduce(newerOf, null);
}

async function findPythons(
  asker: ToolAsker,
  { pythonPath, searchPath }: FindToolsOptions,
): Promise<PythonTool[]> {
  const ask = async (places: readonly string[]): Promise<PythonTool | null> => {
    const path = await firstExecutable(places);
    return path === null ? null : askPython(asker, path);
  };
  if (pythonPath !== undefined) {
    const found = await ask([pythonPath]);
    return found === null ? [] : [found];
  }
  const usual = await Promise.all([
    ask(placesOf('python3', searchPath)),
    ask(['/usr/bin/python3']),
  ]);
  const found = usual.filter((python) => python !== null);
  if (found.some(({ version }) => isAtLeast(version, PYTHON))) return distinct(found);
  // Systems with an old python3 often have a newer one under its full name.
  const named = await Promise.all(
    [14, 13, 12, 11, 10].map((minor) => ask(placesOf(`python3.${minor}`, searchPath))),
  );
  return distinct([...named.filter((python) => python !== null), ...found]);
}

function distinct(pythons: readonly PythonTool[]): PythonTool[] {
  return [...new Map(pythons.map((python) => [python.path, python])).values()];
}

function askPython(asker: ToolAsker, path: string): Promise<PythonTool | null> {
  const script =
    'import sys, importlib.util as u; print(sys.executable, "%d.%d.%d" % sys.version_info[:3], u.find_spec("pip") is not None, sep="\\n")';
  return asker.ask(
    { command: path, args: ['-I', '-c', script], files: [path] },
    ({ exitCode, stdout }) => {
      const [executable, version, hasPip] = stdout.trim().split('\n');
      if (exitCode !== 0 || executable === undefined || version === undefined) return null;
      if (!isAtLeast(version, [3, 9])) return null;
      return { path: executable, version, hasPip: hasPip === 'True' };
    },
    (python) => [python.path],
  );
}

async function findFfmpegTool(
  asker: ToolAsker,
  name: 'ffmpeg' | 'ffprobe',
  { ffmpegPath, ffprobePath, searchPath }: FindToolsOptions,
): Promise<Tool | null> {
  const explicit = name === 'ffmpeg' ? ffmpegPath : (ffprobePath ?? ffmpegPath);
  const isNamed = name === 'ffmpeg' || ffprobePath !== undefined;
  const places =
    explicit === undefined
      ? placesOf(name, searchPath)
      : await explicitPlaces(explicit, name, isNamed);
  const path = await firstExecutable(places);
  if (path === null) return null;
  return asker.ask({ command: path, args: ['-version'], files: [path] }, ({ exitCode, stdout }) => {
    const version = new RegExp(`^${name} version (\\S+)`).exec(stdout)?.[1];
    return exitCode === 0 && version !== undefined ? { path, version } : null;
  });
}

async function explicitPlaces(setting: string, name: string, isNamed: boolean): Promise<string[]> {
  if (await isFolder(setting)) return [join(setting, name)];
  // FFMPEG_PATH may name one executable of the pair; the other one is beside it.
  return [isNamed ? setting : join(dirname(setting), name)];
}

/** An empty setting, such as `YTDLP_PATH=`, counts as not set. A bare name is looked up on PATH, as in a shell. */
function chosen(setting: string | undefined, searchPath: string): string | undefined {
  if (setting === undefined || setting === '') return undefined;
  if (setting.includes('/')) return resolve(repositoryDir, setting);
  const places = searchPath.split(':').map((folder) => join(folder, setting));
  return places.find((place) => existsSync(place)) ?? resolve(repositoryDir, setting);
}

async function firstExecutable(places: readonly string[]): Promise<string | null> {
  for (const place of places) {
    if ((await isFile(place)) && (await isExecutable(place))) return place;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
