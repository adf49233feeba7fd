import { createRequire } from 'node:module';
import { access, constants, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { placesOf, type ToolAsker } from './tool-asker.ts';
import { isAtLeast, type Version } from './versions.ts';

export interface JsRuntimeTool {
  readonly path: string;
  readonly version: string;
  readonly name: 'node' | 'deno';
  /** The runtime itself can deny scripts the network. Node before 25 cannot, whatever yt-dlp asks of it. */
  readonly deniesNetwork: boolean;
}

export interface RuntimePlaces {
  /** Where the set-up installs Deno when npm has not. */
  readonly toolsDir: string;
  readonly searchPath: string;
  /** The Node that runs this process. */
  readonly nodeExecPath: string;
  readonly nodeVersion: string;
  /** Folder of the Deno in our own dependencies; null when npm has none for this system. */
  readonly bundledDeno: string | null;
}

/** Minimum versions of yt-dlp 2026.10.26. */
const DENO: Version = [2, 3];
const NODE: Version = [22, 0];
/** From this version on `--permission` covers the network. */
const NODE_WITHOUT_NETWORK: Version = [25, 0];

/**
 * The runtime that solves YouTube's challenges, in order of preference: our own Deno, another Deno, a Node that can deny
 * scripts the network, any other Node. Null when there is none.
 */
export async function findJsRuntime(
  asker: ToolAsker,
  places: RuntimePlaces,
): Promise<JsRuntimeTool | null> {
  return (await findDeno(asker, places)) ?? (await findNode(asker, places));
}

/** Folder of the npm package with the Deno executable for this system; null when it is not installed. */
export function bundledDeno(): string | null {
  try {
    const launcher = createRequire(import.meta.url).resolve('deno/package.json');
    const packageFile = createRequire(launcher).resolve(`${denoPackage()}/package.json`);
    return join(packageFile, '..');
  } catch {
    return null;
  }
}

/** Path of the Deno executable that the set-up installs into the tools folder, whether it exists or not. */
export function denoIn(toolsDir: string): string {
  return join(toolsDir, 'deno', 'node_modules', denoPackage(), 'deno');
}

/** Whether npm has a Deno for this system; it has none for musl and for other processors. */
export function isDenoOffered(): boolean {
  if (!['x64', 'arm64'].includes(process.arch)) return false;
  return process.platform === 'darwin' || (process.platform === 'linux' && hasGlibc());
}

let isGlibc: boolean | null = null;

/** Asked once, because the report is slow. */
function hasGlibc(): boolean {
  isGlibc ??= readGlibc();
  return isGlibc;
}

function readGlibc(): boolean {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime !== undefined;
}

/** Not the package `deno`, which is only a launcher and needs its install script. */
function denoPackage(): string {
  const libc = process.platform === 'linux' ? '-glibc' : '';
  return `@deno/${process.platform}-${process.arch}${libc}`;
}

async function findDeno(
  asker: ToolAsker,
  { bundledDeno: bundled, toolsDir, searchPath }: RuntimePlaces,
): Promise<JsRuntimeTool | null> {
  const ours = [...(bundled === null ? [] : [join(bundled, 'deno')]), denoIn(toolsDir)];
  for (const place of ours) {
    const path = await realExecutable(place);
    const found =
      path &&
      (await asker.ask(
        { command: path, args: ['--version'], files: [path] },
        ({ exitCode, stdout }) =>
          exitCode === 0 ? asDeno(path, /^deno (\S+)/.exec(stdout)?.[1]) : null,
      ));
    if (found) return found;
  }
  const command = await firstOf(placesOf('deno', searchPath));
  if (command === null) return null;
  return askForPath(
    asker,
    command,
    ['eval', 'console.log(Deno.execPath() + "\\n" + Deno.version.deno)'],
    asDeno,
  );
}

async function findNode(
  asker: ToolAsker,
  { nodeExecPath, nodeVersion, searchPath }: RuntimePlaces,
): Promise<JsRuntimeTool | null> {
  const own = asNode(nodeExecPath, nodeVersion.replace(/^v/, ''));
  if (own?.deniesNetwork) return own;
  const command = await firstOf(placesOf('node', searchPath));
  const other =
    command === null || command === nodeExecPath
      ? null
      : await askForPath(
          asker,
          command,
          ['-p', 'process.execPath + "\\n" + process.versions.node'],
          asNode,
        );
  return other?.deniesNetwork ? other : (own ?? other);
}

/** Also asks for the path, because jobs run with a fixed PATH, on which launchers and shims do not work. */
function askForPath(
  asker: ToolAsker,
  command: string,
  args: readonly string[],
  accept: (path: string, version?: string) => JsRuntimeTool | null,
): Promise<JsRuntimeTool | null> {
  return asker.ask(
    { command, args, files: [command] },
    ({ exitCode, stdout }) => {
      const [path, version] = stdout.trim().split('\n');
      return exitCode === 0 && path !== undefined ? accept(path, version) : null;
    },
    (runtime) => [runtime.path],
  );
}

function asDeno(path: string, version?: string): JsRuntimeTool | null {
  if (version === undefined || !isAtLeast(version, DENO)) return null;
  return { name: 'deno', path, version, deniesNetwork: true };
}

function asNode(path: string, version?: string): JsRuntimeTool | null {
  if (version === undefined || !isAtLeast(version, NODE)) return null;
  return { name: 'node', path, version, deniesNetwork: isAtLeast(version, NODE_WITHOUT_NETWORK) };
}

async function firstOf(places: readonly string[]): Promise<string | null> {
  for (const place of places) if ((await realExecutable(place)) !== null) return place;
  return null;
}

async function realExecutable(place: string): Promise<string | null> {
  try {
    await access(place, constants.X_OK);
    return await realpath(place);
  } catch {
    return null;
  }
}
