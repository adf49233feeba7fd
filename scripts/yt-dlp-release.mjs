import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { download, redirectOf } from './download.mjs';
import { dearmor, fingerprintOf } from './openpgp.mjs';
import { SetupError, mustRun, run } from './steps.mjs';
import { compareVersions } from './yt-dlp-age.mjs';

/**
 * The key of the yt-dlp project ("yt-dlp signing key", public.key in its repository, read 2026-11). Only the fingerprint is
 * kept here, so the key itself may come from anywhere.
 */
const signingKeyFingerprint = 'AC0CBBE6848D6A873464AF4E57CF65933B5A7581';

/** `key`: where its public key is when that is not in the project itself. @typedef {{ project: string, fingerprint: string, key?: string }} ReleaseSource */

/** @type {ReleaseSource} */
export const officialRelease = {
  project: 'https://github.com/yt-dlp/yt-dlp',
  fingerprint: signingKeyFingerprint,
};

/** Built each day by the same workflow and signed with the same key, which only the main repository has. */
/** @type {ReleaseSource} */
export const nightlyRelease = {
  project: 'https://github.com/yt-dlp/yt-dlp-nightly-builds',
  fingerprint: signingKeyFingerprint,
  key: 'https://github.com/yt-dlp/yt-dlp/raw/master/public.key',
};

/** There is a release, but it is not newer than `newerThan`. */
export class NotNewer extends SetupError {}

const totalMs = 60_000;
const checkMs = 10_000;
const releaseBytes = 100 * 1024 * 1024;
const smallBytes = 1024 * 1024;

/**
 * Downloads the newest official release (or the pinned one, when the newest cannot be told), checks it
 * against the signed list of checksums and unpacks it: as files it starts faster than as a zip file, which
 * Python would compile again for every download. With `version` it is exactly that one, with `newerThan` nothing else is
 * downloaded.
 * @param {{ workDir: string, targetDir: string, python: string, pinnedVersion: string | null, version?: string | undefined, newerThan?: string | undefined, source?: ReleaseSource }} options
 * @returns {Promise<{ tag: string, checksum: string }>}
 */
export async function unpackRelease(options) {
  const { workDir, targetDir, python, pinnedVersion, source = officialRelease } = options;
  const signal = AbortSignal.timeout(totalMs);
  const tag = options.version ?? (await newestTag(source, pinnedVersion, signal));
  if (options.newerThan !== undefined && compareVersions(tag, options.newerThan) <= 0) {
    throw new NotNewer(`It has yt-dlp ${tag}, which is not newer.`);
  }
  const from = (/** @type {string} */ path, limitBytes = smallBytes) =>
    download(`${source.project}/${path}`, { signal, limitBytes });
  const assets = `releases/download/${tag}`;
  const [zipapp, sums, signature, armoredKey] = await Promise.all([
    from(`${assets}/yt-dlp`, releaseBytes),
    from(`${assets}/SHA2-256SUMS`),
    from(`${assets}/SHA2-256SUMS.sig`),
    source.key === undefined
      ? from(`raw/${tag}/public.key`)
      : download(source.key, { signal, limitBytes: smallBytes }),
  ]);
  await mkdir(workDir, { recursive: true });
  await checkSignature({ workDir, sums, signature, armoredKey, fingerprint: source.fingerprint });
  const digest = createHash('sha256').update(zipapp).digest('hex');
  if (!sums.toString('utf8').split('\n').includes(`${digest}  yt-dlp`)) {
    throw new SetupError('The downloaded yt-dlp is not the one that its project signed.');
  }
  const file = join(workDir, 'yt-dlp.zip');
  await writeFile(file, zipapp);
  await mkdir(targetDir, { recursive: true });
  await mustRun(
    python,
    ['-I', '-m', 'zipfile', '-e', file, targetDir],
    'The release of yt-dlp could not be unpacked.',
  );
  return { tag, checksum: digest };
}

/** @param {ReleaseSource} source @param {string | null} pinnedVersion @param {AbortSignal} signal */
async function newestTag({ project }, pinnedVersion, signal) {
  const location = await redirectOf(`${project}/releases/latest`, signal);
  const tag = /\/releases\/tag\/(\d{4}\.\d{2}\.\d{2}(?:\.\d+)?)$/.exec(location ?? '')?.[1];
  if (pinnedVersion !== null && (tag === undefined || compareVersions(tag, pinnedVersion) < 0)) {
    return pinnedVersion;
  }
  if (tag === undefined) throw new SetupError('It does not say which release is newest.');
  return tag;
}

/**
 * Both checks matter: our fingerprint refuses a foreign key file, and the signer's fingerprint refuses a second key that
 * somebody appended to the right one.
 * @param {{ workDir: string, sums: Buffer, signature: Buffer, armoredKey: Buffer, fingerprint: string }} options
 */
async function checkSignature({ workDir, sums, signature, armoredKey, fingerprint }) {
  const key = keyFrom(armoredKey);
  if (key === null || fingerprintOf(key) !== fingerprint) {
    throw new SetupError('The signing key of yt-dlp is not the known one.');
  }
  const keyFile = join(workDir, 'key.gpg');
  const sumsFile = join(workDir, 'SHA2-256SUMS');
  const signatureFile = `${sumsFile}.sig`;
  await writeFile(keyFile, key);
  await writeFile(sumsFile, sums);
  await writeFile(signatureFile, signature);
  const signers =
    (await signersByGpgv(keyFile, signatureFile, sumsFile)) ??
    (await signersBySqv(keyFile, signatureFile, sumsFile));
  if (signers === null)
    throw new SetupError('The signature of the release cannot be checked: install gpgv or sqv.');
  if (signers.length !== 1 || signers[0] !== fingerprint) {
    throw new SetupError(
      'The list of checksums of the yt-dlp release is not signed by its project.',
    );
  }
}

/** @param {string} key @param {string} signature @param {string} file */
async function signersByGpgv(key, signature, file) {
  const { exitCode, stdout } = await run(
    'gpgv',
    ['--status-fd', '1', '--keyring', key, signature, file],
    { timeoutMs: checkMs },
  );
  if (exitCode === null) return null;
  if (exitCode !== 0) return [];
  return [...stdout.matchAll(/^\[GNUPG:\] VALIDSIG (\w+) /gm)].map(([, signer]) => signer);
}

/**
 * Debian 13 has sqv instead, which prints the fingerprint of each certificate that signed.
 * @param {string} key @param {string} signature @param {string} file
 */
async function signersBySqv(key, signature, file) {
  const { exitCode, stdout } = await run('sqv', ['--keyring', key, signature, file], {
    timeoutMs: checkMs,
  });
  if (exitCode === null) return null;
  return exitCode === 0 ? stdout.trim().split('\n') : [];
}

/** @param {Buffer} armored */
function keyFrom(armored) {
  try {
    const key = dearmor(armored.toString('latin1'));
    fingerprintOf(key);
    return key;
  } catch {
    return null;
  }
}
