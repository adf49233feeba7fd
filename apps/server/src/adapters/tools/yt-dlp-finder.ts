import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { placesOf, type ToolAsker } from './tool-asker.ts';

/** A yt-dlp: where it is, how to start it, and what it can do. */
export interface YtDlpTool {
  /** `module`: a Python package the engine host can import; `binary`: only its own executable can run it. */
  readonly kind: 'module' | 'binary';
  /** The file or package folder that a person would name. */
  readonly path: string;
  /** Folder or zipapp to put first on `sys.path`; null when the interpreter finds the module by itself, and for a binary. */
  readonly modulePath: string | null;
  /** An interpreter with which it has worked, 3.10 or newer; null for a binary. */
  readonly pythonPath: string | null;
  /** yt-dlp's own version: a date with dots; nightly builds have a fourth number. */
  readonly version: string;
  /** Whole days since that date; 0 for a date in the future. */
  readonly ageDays: number;
  /** True for a copy in the tools folder of Artemis. */
  readonly isManaged: boolean;
  /** It has the scripts (yt-dlp-ejs) that YouTube needs besides a JavaScript runtime. */
  readonly hasEjs: boolean;
  /** Text of the script that names the solver's libraries, which Deno fetches; null when there is none. */
  readonly solverScript: string | null;
  /** Folder of the package; null inside a zipapp and for a binary. */
  readonly packagePath: string | null;
  /** Fast AES for encrypted HLS. */
  readonly hasCryptodome: boolean;
}

export interface PythonTool {
  /** The interpreter itself, even when a launcher or shim was found. */
  readonly path: string;
  readonly version: string;
  readonly hasPip: boolean;
}

export interface YtDlpFinder {
  /** The yt-dlp at exactly this file or folder; null when it does not run. */
  at(path: string, isManaged: boolean): Promise<YtDlpTool | null>;
  /** The first yt-dlp on PATH that runs. */
  onPath(): Promise<YtDlpTool | null>;
  /** The copies in `<folder>/<any name>/`. */
  managedIn(folder: string): Promise<readonly ManagedCopy[]>;
}

export interface ManagedCopy {
  readonly folder: string;
  /** Null when it does not run here. */
  readonly tool: YtDlpTool | null;
}

/**
 * Imports what the engine host will import, so that "found" means "runs here". Runs isolated (`-I`), because the environment
 * and the current folder of the caller must not help.
 */
const MODULE_PROBE = `
import importlib.util, json, os, pkgutil, sys
path = sys.argv[1]
if path:
    sys.path.insert(0, path)
try:
    import yt_dlp.version
except ImportError:
    if path:
        raise
    import site
    path = site.getusersitepackages()
    sys.path.insert(0, path)
    import yt_dlp.version
def works(name):
    try:
        importlib.import_module(name + '.Cipher.AES')
        return True
    except Exception:
        return False
folder = os.path.dirname(yt_dlp.__file__)
def solver_script():
    try:
        return pkgutil.get_data('yt_dlp', 'extractor/youtube/jsc/_builtin/vendor/yt.solver.deno.lib.js').decode()
    except Exception:
        return None
print(json.dumps({
    'version': yt_dlp.version.__version__,
    'python': sys.executable,
    'modulePath': path or None,
    'package': folder if os.path.isdir(folder) else None,
    'solverScript': solver_script(),
    'hasEjs': importlib.util.find_spec('yt_dlp_ejs') is not None,
    'hasCryptodome': works('Cryptodome') or works('Crypto'),
}))
`;

interface ModuleAnswer {
  readonly version: string;
  readonly python: string;
  readonly modulePath: string | null;
  /** Null inside a zipapp. */
  readonly package: string | null;
  readonly solverScript: string | null;
  readonly hasEjs: boolean;
  readonly hasCryptodome: boolean;
}

interface Launcher {
  readonly kind: 'zipapp' | 'script' | 'other';
  /** The interpreter of a Python script: a path, or a name to look up on PATH. */
  readonly interpreter: string | null;
}

export function createYtDlpFinder(options: {
  readonly asker: ToolAsker;
  readonly searchPath: string;
  /** Interpreters to try for a yt-dlp that does not name a working one itself, in this order. */
  readonly pythons: Promise<readonly PythonTool[]>;
  /** Whether `pythons` is a person's explicit choice. */
  readonly isPythonChosen: boolean;
  readonly today: Date;
}): YtDlpFinder {
  const { asker, searchPath, today } = options;

  async function at(path: string, isManaged: boolean): Promise<YtDlpTool | null> {
    if (await isFile(join(path, 'yt_dlp', '__init__.py'))) {
      return asModule(path, path, await anyPython(), isManaged);
    }
    if (!(await isFile(path))) return null;
    const launcher = await launcherAt(path);
    if (launcher.kind === 'zipapp') return asModule(path, path, await anyPython(), isManaged);
    if (launcher.kind === 'script') {
      // In an unpacked Debian package the module is beside the script, where no interpreter looks.
      const beside = join(dirname(dirname(path)), 'lib', 'python3', 'dist-packages');
      const own = options.isPythonChosen ? [] : interpretersOf(launcher);
      const isUnpacked =
        dirname(dirname(path)) !== '/usr' && (await isFile(join(beside, 'yt_dlp', '__init__.py')));
      // Its C modules fit the interpreter that it names, so that one is tried first unless a person chose another.
      const found = isUnpacked
        ? await asModule(path, beside, [...own, ...(await anyPython())], isManaged)
        : await asModule(path, null, interpretersOf(launcher), isManaged);
      if (found !== null) return found;
    }
    return asBinary(path, isManaged);
  }

  async function anyPython(): Promise<string[]> {
    return (await options.pythons).map((python) => python.path);
  }

  function interpretersOf(launcher: Launcher): string[] {
    if (launcher.interpreter === null) return [];
    if (launcher.interpreter.startsWith('/')) return [launcher.interpreter];
    return placesOf(launcher.interpreter, searchPath);
  }

  async function asModule(
    path: string,
    modulePath: string | null,
    interpreters: readonly string[],
    isManaged: boolean,
  ): Promise<YtDlpTool | null> {
    for (const interpreter of interpreters) {
      if (!(await isFile(interpreter))) continue;
      const answer = await asker.ask<ModuleAnswer>(
        {
          command: interpreter,
          args: ['-I', '-c', MODULE_PROBE, modulePath ?? ''],
          files: [path, interpreter],
        },
        ({ exitCode, stdout }) => (exitCode === 0 ? moduleAnswerIn(stdout) : null),
        watchedOf,
      );
      if (answer === null) continue;
      return {
        kind: 'module',
        path,
        modulePath: answer.modulePath,
        pythonPath: answer.python,
        version: answer.version,
        ageDays: ageInDays(answer.version, today),
        isManaged,
        hasEjs: answer.hasEjs,
        solverScript: answer.solverScript,
        packagePath: answer.package,
        hasCryptodome: answer.hasCryptodome,
      };
    }
    return null;
  }

  async function asBinary(path: string, isManaged: boolean): Promise<YtDlpTool | null> {
    const [version, libraries] = await Promise.all([
      asker.ask(
        { command: path, args: ['--ignore-config', '--version'], files: [path] },
        ({ exitCode, stdout }) => (exitCode === 0 ? versionIn(stdout) : null),
      ),
      // Without a link it ends with an error, but prints its libraries before.
      asker.ask(
        { command: path, args: ['--ignore-config', '--verbose'], files: [path] },
        ({ stderr }) => /Optional libraries: (.*)/.exec(stderr)?.[1] ?? null,
      ),
    ]);
    if (version === null) return null;
    return {
      kind: 'binary',
      path,
      modulePath: null,
      pythonPath: null,
      version,
      ageDays: ageInDays(version, today),
      isManaged,
      hasEjs: libraries?.includes('yt_dlp_ejs') ?? false,
      solverScript: null,
      packagePath: null,
      hasCryptodome: /Cryptodome|pycrypto/.test(libraries ?? ''),
    };
  }

  async function onPath(): Promise<YtDlpTool | null> {
    for (const path of placesOf('yt-dlp', searchPath)) {
      const found = await at(path, false);
      if (found !== null) return found;
    }
    return null;
  }

  async function managedIn(folder: string): Promise<readonly ManagedCopy[]> {
    const names = await readdir(folder).catch(() => []);
    // A leading dot marks a copy that is still being made.
    const copies = names.filter((name) => !name.startsWith('.')).map((name) => join(folder, name));
    return Promise.all(
      copies.map(async (copy) => ({ folder: copy, tool: await managedCopy(copy) })),
    );
  }

  async function managedCopy(copy: string): Promise<YtDlpTool | null> {
    for (const path of [join(copy, 'yt-dlp'), join(copy, 'usr', 'bin', 'yt-dlp'), copy]) {
      const found = await at(path, true);
      if (found !== null) return found;
    }
    return null;
  }

  return { at, onPath, managedIn };
}

/** The newer of two; for the same version the more complete one, else the first. */
export function newerOf(first: YtDlpTool | null, second: YtDlpTool | null): YtDlpTool | null {
  if (first === null || second === null) return first ?? second;
  const order = compareVersions(second.version, first.version);
  return order > 0 || (order === 0 && second.hasEjs && !first.hasEjs) ? second : first;
}

/** Positive when the first version is newer. All four numbers count: nightly builds have a fourth. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) =>
    version.split('.').map((part) => parseInt(part, 10)),
  );
  for (let index = 0; index < 4; index += 1) {
    const difference = (a?.[index] || 0) - (b?.[index] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The date in a yt-dlp version as days since the epoch; 0 (very old) when there is no date. */
export function releaseDay(version: string): number {
  const [, year, month, day] = /^(\d{4})\.(\d{1,2})\.(\d{1,2})/.exec(version) ?? [];
  if (year === undefined || month === undefined || day === undefined) return 0;
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000;
}

function ageInDays(version: string, today: Date): number {
  return Math.max(0, Math.floor(today.getTime() / 86_400_000) - releaseDay(version));
}

async function launcherAt(path: string): Promise<Launcher> {
  const head = await firstBytes(path, 512);
  if (!head.startsWith('#!')) return { kind: 'other', interpreter: null };
  const [first = '', second = ''] = head.split('\n', 2);
  const words = first.slice(2).trim().split(/\s+/);
  // `env` with or without -S; pip writes /bin/sh and a second line when the interpreter's path is too long for a first one.
  const named =
    basename(words[0] ?? '') === 'env'
      ? (words.find((word, index) => index > 0 && !word.startsWith('-')) ?? '')
      : (/^'''exec' "?([^"]+?)"? "\$0"/.exec(second)?.[1] ?? words[0] ?? '');
  if (!/^(python|pypy)/.test(basename(named))) return { kind: 'other', interpreter: null };
  // A zipapp is a `#!` line followed by a zip file.
  const isZipapp = head.slice(first.length + 1).startsWith('PK');
  return { kind: isZipapp ? 'zipapp' : 'script', interpreter: named };
}

async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return '';
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(count), position: 0 });
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function moduleAnswerIn(stdout: string): ModuleAnswer | null {
  try {
    const answer = JSON.parse(stdout) as ModuleAnswer;
    return versionIn(answer.version) === null ? null : answer;
  } catch {
    return null;
  }
}

function versionIn(stdout: string): string | null {
  return /^\d{4}\.\d{2}\.\d{2}[\w.+-]*$/.exec(stdout.trim())?.[0] ?? null;
}

// Also watches the folder above the package: a module that is added there (yt_dlp_ejs, Cryptodome) changes the answer.
function watchedOf({ package: folder, python }: ModuleAnswer): string[] {
  return folder === null ? [python] : [python, join(folder, 'version.py'), dirname(folder)];
}

export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
