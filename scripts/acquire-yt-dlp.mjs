import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDebian, unpackYtDlp } from './debian.mjs';
import { SetupError, mustRun, run } from './steps.mjs';
import { compareVersions } from './yt-dlp-age.mjs';
import { NotNewer, nightlyRelease, officialRelease, unpackRelease } from './yt-dlp-release.mjs';

const hourMs = 3_600_000;
/** The first import compiles yt-dlp, which may take long on a small machine. */
const firstRunMs = 60_000;
const debianModules = 'usr/lib/python3/dist-packages';

/** Optional libraries with C code: built for one Python, they may not load in another. */
const companionModules = {
  'Cryptodome.Cipher.AES': ['Cryptodome'],
  certifi: ['certifi'],
  websockets: ['websockets'],
  mutagen: ['mutagen'],
  brotli: ['brotli.py', '_brotli*.so'],
};

/**
 * Puts a current yt-dlp into `<toolsDir>/yt-dlp/<version>`: the official release, else the newest Debian
 * package. It appears there whole and proven to run, or not at all; other copies stay untouched. With `newerThan` an older or
 * equal version counts as a failure. Debian offers neither nightly builds nor a choice of version.
 * @param {{ toolsDir: string, python: string, oldestVersion: string, isStale: (version: string) => boolean, newerThan?: string | undefined, version?: string | undefined, channel?: 'stable' | 'nightly', source?: import('./yt-dlp-release.mjs').ReleaseSource | undefined }} options
 * @returns {Promise<string>} where it came from
 */
export async function acquireYtDlp(options) {
  const { toolsDir, python, oldestVersion, isStale, newerThan, version: wanted } = options;
  const { channel = 'stable' } = options;
  const source = options.source ?? (channel === 'nightly' ? nightlyRelease : officialRelease);
  const folder = join(toolsDir, 'yt-dlp');
  await mkdir(folder, { recursive: true });
  await writeFile(attemptFile(toolsDir), '');
  await removeLeftovers(folder);
  if (wanted !== undefined) {
    for (const modules of ['.', debianModules]) {
      const isHere = await isThere(python, join(folder, wanted, modules), wanted);
      if (isHere) return `an existing copy: yt-dlp ${wanted}`;
    }
  }
  const workDir = await mkdtemp(join(folder, '.new-'));
  /** @type {{ name: string, python: string, modules: string, unpack: (targetDir: string) => Promise<{ checksum: string } | string> }[]} */
  const sources = [
    {
      name: 'the official release',
      python,
      modules: '.',
      unpack: (targetDir) =>
        unpackRelease({
          workDir,
          targetDir,
          python,
          pinnedVersion: channel === 'stable' ? oldestVersion : null,
          version: wanted,
          newerThan,
          source,
        }),
    },
  ];
  if (channel === 'stable' && wanted === undefined && (await isDebian())) {
    sources.push({
      name: 'the Debian archive',
      python: '/usr/bin/python3',
      modules: debianModules,
      unpack: (targetDir) => unpackYtDlp({ workDir, targetDir, isStale }),
    });
  }
  const failures = [];
  try {
    for (const [index, { name, python: interpreter, modules, unpack }] of sources.entries()) {
      const copy = join(workDir, `copy-${index}`);
      try {
        const from = await unpack(copy);
        const version = await prove(interpreter, join(copy, modules));
        if (isStale(version))
          throw new SetupError(`It has only yt-dlp ${version}, which is too old.`);
        if (newerThan !== undefined && compareVersions(version, newerThan) <= 0) {
          throw new NotNewer(`It has yt-dlp ${version}, which is not newer.`);
        }
        const provenance = {
          source: typeof from === 'string' ? 'debian' : 'release',
          channel,
          checksum: typeof from === 'string' ? null : from.checksum,
        };
        // Read by the server (adapters/engines/provenance.ts).
        await writeFile(join(copy, 'artemis-engine.json'), JSON.stringify(provenance));
        const final = join(folder, version);
        // A server may be using the existing copy, so only one that does not run is replaced.
        if (!(await isThere(interpreter, join(final, modules), version))) {
          await putInPlace(copy, final, join(workDir, 'before'));
        }
        return `${name}: yt-dlp ${version}`;
      } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        // Debian packages releases, so it has nothing newer either.
        if (error instanceof NotNewer) throw error;
        failures.push(`${name}: ${error.message}`);
      }
    }
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  throw new SetupError(failures.join('\n  '));
}

/**
 * What is there goes away in one step, so that nobody meets half of it. Another set-up, or another server, may have been faster.
 * @param {string} copy @param {string} final @param {string} before
 */
async function putInPlace(copy, final, before) {
  await rename(final, before).catch(unless('ENOENT'));
  await rename(copy, final).catch(unless('ENOTEMPTY', 'EEXIST'));
}

/** @param {readonly string[]} codes @returns {(error: NodeJS.ErrnoException) => void} */
function unless(...codes) {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}

/** Whether the last attempt is long enough ago. @param {string} toolsDir */
export async function mayTryAgain(toolsDir) {
  const last = await stat(attemptFile(toolsDir)).catch(() => null);
  return last === null || Date.now() - last.mtimeMs > hourMs;
}

/**
 * Imports the copy, drops libraries that do not load here, and compiles the rest: a download may write nothing beside the
 * modules, so it would compile again each time.
 * @param {string} python @param {string} modules
 * @returns {Promise<string>} the version that yt-dlp reports
 */
async function prove(python, modules) {
  for (const [name, files] of Object.entries(companionModules)) {
    const { exitCode } = await run(python, ['-I', '-c', importScript(name), modules]);
    if (exitCode !== 0) await removeMatching(modules, files);
  }
  const script = `${importScript('yt_dlp.version')}; print(yt_dlp.version.__version__)`;
  const { stdout } = await mustRun(
    python,
    ['-I', '-c', script, modules],
    'It does not run with the Python of this computer.',
    { timeoutMs: firstRunMs },
  );
  await run(python, ['-I', '-m', 'compileall', '-q', '-j', '0', modules]);
  return stdout.trim();
}

/** @param {string} python @param {string} modules @param {string} version */
async function isThere(python, modules, version) {
  // Without this folder Python would import the yt-dlp of the system.
  if ((await stat(join(modules, 'yt_dlp')).catch(() => null)) === null) return false;
  const script = `${importScript('yt_dlp.version')}; print(yt_dlp.version.__version__)`;
  const { exitCode, stdout } = await run(python, ['-I', '-B', '-c', script, modules], {
    timeoutMs: firstRunMs,
  });
  return exitCode === 0 && stdout.trim() === version;
}

/** @param {string} name */
function importScript(name) {
  return `import sys; sys.path.insert(0, sys.argv[1]); import ${name}`;
}

/** @param {string} folder @param {readonly string[]} patterns */
async function removeMatching(folder, patterns) {
  const names = await readdir(folder);
  const isMeant = (/** @type {string} */ name) =>
    patterns.some((pattern) => {
      const [start = '', end] = pattern.split('*');
      return end === undefined ? name === pattern : name.startsWith(start) && name.endsWith(end);
    });
  for (const name of names.filter(isMeant)) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Removes what a killed set-up left behind. @param {string} folder */
async function removeLeftovers(folder) {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.new-')) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > hourMs)
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** @param {string} toolsDir */
function attemptFile(toolsDir) {
  return join(toolsDir, 'yt-dlp', '.last-attempt');
}
