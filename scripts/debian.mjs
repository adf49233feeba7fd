import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError, mustRun, run } from './steps.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const aptMs = 600_000;
const aptEnvironment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };

/** Optional libraries of yt-dlp, from the release that this computer runs. */
const companions = [
  'python3-pycryptodome',
  'python3-certifi',
  'python3-websockets',
  'python3-mutagen',
  'python3-brotli',
];

/** Whether this is Debian itself; its derivatives have other archives. */
export async function isDebian() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID="?debian"?$/m.test(release) && existsSync('/usr/bin/apt-get');
}

/** Whether packages can be installed: Debian or a derivative with apt-get, as root. */
export async function canInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** @param {readonly string[]} packages */
export async function installPackages(packages) {
  const install = () =>
    run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], {
      env: aptEnvironment,
      timeoutMs: aptMs,
    });
  // A fresh machine has no package lists; old lists name files that are gone.
  if ((await install()).exitCode === 0) return;
  await updateLists();
  const { exitCode, output } = await install();
  if (exitCode !== 0) {
    const reason = output.split('\n').find((line) => line.startsWith('E: ')) ?? '';
    throw new SetupError(`apt-get could not install ${packages.join(' and ')}. ${reason}`.trim());
  }
}

/** @type {Promise<unknown> | undefined} */
let updated;

/** Runs once: of two at the same time, one would fail on the lock. */
async function updateLists() {
  updated ??= run('apt-get', ['update'], { env: aptEnvironment, timeoutMs: aptMs });
  await updated;
}

/**
 * Unpacks the newest yt-dlp that Debian has, with its libraries, without installing anything: yt-dlp is pure Python, so a
 * package of a newer release runs on an older one. It comes from the archive that this computer already trusts; only the
 * suite differs.
 * @param {{ workDir: string, targetDir: string, isStale: (version: string) => boolean }} options `targetDir` is created; on failure it may be half full
 * @returns {Promise<string>} the version of the package
 */
export async function unpackYtDlp({ workDir, targetDir, isStale }) {
  const uri = await ownArchiveUri();
  await mkdir(targetDir, { recursive: true });
  for (const suites of [
    ['stable-backports', 'trixie-backports'],
    ['testing', 'unstable'],
  ]) {
    const apt = await privateApt(join(workDir, suites.join('-')), uri, suites);
    const version = await candidate(apt, 'yt-dlp');
    if (version === null || isStale(version)) continue;
    const scripts = (await candidate(apt, 'yt-dlp-ejs')) === null ? [] : ['yt-dlp-ejs'];
    const downloads = join(workDir, 'downloads');
    await download(apt, downloads, ['yt-dlp', ...scripts]);
    await downloadCompanions(downloads);
    for (const name of (await readdir(downloads)).filter((file) => file.endsWith('.deb'))) {
      await mustRun(
        'dpkg',
        ['-x', join(downloads, name), targetDir],
        `dpkg could not unpack ${name}.`,
      );
    }
    return version;
  }
  throw new SetupError('No suite of the Debian archive has a current yt-dlp.');
}

/** Without them yt-dlp is slower or lacks a feature, so a failure does not stop the set-up. @param {string} folder */
async function downloadCompanions(folder) {
  const attempt = () =>
    download([], folder, companions).then(
      () => true,
      () => false,
    );
  if ((await attempt()) || process.getuid?.() !== 0) return;
  await updateLists();
  await attempt();
}

/** The address of the archive this machine was set up with. */
async function ownArchiveUri() {
  const ask = async () => {
    const { stdout } = await run(
      'apt-get',
      ['indextargets', '--format', '$(REPO_URI) $(CODENAME) $(ORIGIN)', 'Created-By: Packages'],
      { env: aptEnvironment, timeoutMs: 10_000 },
    );
    const lines = stdout.split('\n').map((line) => line.split(' '));
    return lines.find(([, codename = '', origin]) => origin === 'Debian' && /^\w+$/.test(codename));
  };
  let own = await ask();
  if (own === undefined && process.getuid?.() === 0) {
    await updateLists();
    own = await ask();
  }
  const [uri = ''] = own ?? [];
  if (uri === '') throw new SetupError('apt-get has no Debian archive configured.');
  return uri;
}

/**
 * Options that make apt look only at these suites, and keep everything in a folder of its own.
 * @param {string} folder @param {string} uri @param {readonly string[]} suites
 */
async function privateApt(folder, uri, suites) {
  const sources = join(folder, 'sources.list');
  await mkdir(join(folder, 'state/lists/partial'), { recursive: true });
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
  const lines = suites.map((suite) => `deb [signed-by=${keyring}] ${uri} ${suite} main\n`);
  await writeFile(sources, lines.join(''));
  const options = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=-',
    'Dir::Etc::preferences=-',
    'Dir::Etc::preferencesparts=-',
    `Dir::State=${join(folder, 'state')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    // The download user of apt may not write into a private folder.
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::Retries=0',
    'Acquire::http::Timeout=10',
    'Acquire::https::Timeout=10',
  ].flatMap((option) => ['-o', option]);
  // A missing suite must not prevent the use of the other.
  await run('apt-get', [...options, 'update'], { env: aptEnvironment, timeoutMs: aptMs });
  return options;
}

/** @param {readonly string[]} apt @param {string} name */
async function candidate(apt, name) {
  const { stdout } = await run('apt-cache', [...apt, 'policy', name], {
    env: aptEnvironment,
    timeoutMs: 30_000,
  });
  const version = /^ {2}Candidate: (\S+)$/m.exec(stdout)?.[1];
  return version === undefined || version === '(none)' ? null : version;
}

/** @param {readonly string[]} apt @param {string} folder @param {readonly string[]} packages */
async function download(apt, folder, packages) {
  await mkdir(folder, { recursive: true });
  const sandbox = ['-o', 'APT::Sandbox::User='];
  await mustRun(
    'apt-get',
    [...sandbox, ...apt, 'download', ...packages],
    `apt-get could not download ${packages.join(', ')}.`,
    { cwd: folder, env: aptEnvironment, timeoutMs: aptMs },
  );
}
