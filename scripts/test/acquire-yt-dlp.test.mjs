import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTools } from '../../apps/server/src/adapters/tools/tools.ts';
import { acquireYtDlp } from '../acquire-yt-dlp.mjs';
import { unpackRelease } from '../yt-dlp-release.mjs';

/** Python compiles the whole of a fetched yt-dlp, on a computer that may be busy otherwise. */
const COMPILING_MS = 120_000;

const fixtures = join(import.meta.dirname, 'fixtures/release');
const fingerprint = '5A7CA852208F6A90C4A120E99E2DE2E159942965';
const tag = '2027.01.05';

/** @type {string} */
let folder;
/** @type {Map<string, Buffer | string>} a text is an address to redirect to */
let answers;
/** @type {import('node:http').Server} */
let server;
/** @type {import('../yt-dlp-release.mjs').ReleaseSource} */
let source;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-acquire-'));
  const fixture = (/** @type {string} */ name) => readFile(join(fixtures, name));
  answers = new Map(
    /** @type {[string, Buffer | string][]} */ ([
      ['/releases/latest', `/releases/tag/${tag}`],
      [`/releases/download/${tag}/yt-dlp`, '/elsewhere/yt-dlp'],
      ['/elsewhere/yt-dlp', await fixture('yt-dlp')],
      [`/releases/download/${tag}/SHA2-256SUMS`, await fixture('SHA2-256SUMS')],
      [`/releases/download/${tag}/SHA2-256SUMS.sig`, await fixture('SHA2-256SUMS.sig')],
      [`/raw/${tag}/public.key`, await fixture('public.key')],
    ]),
  );
  server = createServer((request, response) => {
    const answer = answers.get(request.url ?? '');
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === 'string') response.writeHead(302, { location: answer }).end();
    else response.writeHead(200).end(answer);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  source = { project: `http://127.0.0.1:${address.port}`, fingerprint };
});

afterEach(async () => {
  await new Promise((closed) => server.close(closed));
  await rm(folder, { recursive: true, force: true });
});

function unpack() {
  return unpackRelease({
    workDir: join(folder, 'work'),
    targetDir: join(folder, 'copy'),
    python: 'python3',
    pinnedVersion: '2026.10.26',
    source,
  });
}

async function expectRefusal(/** @type {string} */ reason) {
  await expect(unpack()).rejects.toThrow(reason);
  // Nothing that was not checked may reach the disk as a module.
  expect(await readdir(folder)).not.toContain('copy');
}

test(
  'gets the newest signed release, proves that it runs, and the server finds it',
  async () => {
    const toolsDir = join(folder, 'tools');
    const from = await acquireYtDlp({
      toolsDir,
      python: 'python3',
      oldestVersion: '2026.10.26',
      isStale: () => false,
      source,
    });

    expect(from).toBe(`the official release: yt-dlp ${tag}`);
    const names = await readdir(join(toolsDir, 'yt-dlp'));
    expect(names.toSorted()).toEqual(['.last-attempt', tag]);
    expect(await readdir(join(toolsDir, 'yt-dlp', tag, 'yt_dlp'))).toContain('__pycache__');
    const { ytDlp } = await findTools({
      toolsDir,
      searchPath: '/usr/bin:/bin',
      nodeExecPath: process.execPath,
      nodeVersion: process.versions.node,
    });
    expect(ytDlp).toMatchObject({ kind: 'module', version: tag, isManaged: true });
  },
  COMPILING_MS,
);

test('refuses a file that is not the signed one', async () => {
  const zipapp = await readFile(join(fixtures, 'yt-dlp'));
  answers.set('/elsewhere/yt-dlp', Buffer.concat([zipapp, Buffer.from('x')]));
  await expectRefusal('not the one that its project signed');
});

test('refuses a list of checksums that was changed after signing', async () => {
  answers.set(`/releases/download/${tag}/SHA2-256SUMS`, Buffer.from('0000  yt-dlp\n'));
  await expectRefusal('not signed by its project');
});

test('refuses a foreign key, whatever it signed', async () => {
  answers.set(`/raw/${tag}/public.key`, await readFile(join(fixtures, 'foreign.key')));
  await replaceSignature();
  await expectRefusal('signing key of yt-dlp is not the known one');
});

test('refuses a signature by a second key that was appended to the right one', async () => {
  answers.set(`/raw/${tag}/public.key`, await appendedKeys());
  await replaceSignature();
  await expectRefusal('not signed by its project');
});

test('accepts a nightly build, whose key is in another project', async () => {
  const key = answers.get(`/raw/${tag}/public.key`) ?? '';
  answers.delete(`/raw/${tag}/public.key`);
  await expect(unpack()).rejects.toThrow(`answered 404 for /raw/${tag}/public.key`);
  answers.set('/main/public.key', key);
  source = { ...source, key: `${source.project}/main/public.key` };
  await expect(unpack()).resolves.toMatchObject({ tag });
});

test(
  'answers the server, and leaves a working copy alone',
  async () => {
    const toolsDir = join(folder, 'tools');
    const ask = async (/** @type {object} */ wanted) => {
      const child = execFile(process.execPath, [join(import.meta.dirname, '../fetch-yt-dlp.mjs')]);
      child.stdin?.end(
        JSON.stringify({ toolsDir, python: 'python3', channel: 'nightly', source, ...wanted }),
      );
      const { stdout } = child;
      return JSON.parse(stdout === null ? '' : await text(stdout));
    };
    // Of two servers with the same tools, at the same moment.
    const both = await Promise.all([ask({}), ask({})]);
    expect(both).toEqual(Array(2).fill({ kind: 'fetched', version: tag }));
    const names = await readdir(join(toolsDir, 'yt-dlp'));
    expect(names.toSorted()).toEqual(['.last-attempt', tag]);
    const mark = join(toolsDir, 'yt-dlp', tag, 'is-in-use');
    await writeFile(mark, '');
    expect(await ask({ version: tag })).toEqual({ kind: 'fetched', version: tag });
    await access(mark);
    expect(await ask({ newerThan: tag })).toEqual({ kind: 'nothing_newer' });
    expect(await ask({ version: '2027.12.24' })).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('answered 404 for /releases/download/2027.12.24/'),
    });
  },
  COMPILING_MS,
);

test('ends with the server, also with one that was killed', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../fetch-yt-dlp.mjs')], {
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    detached: true,
  });
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
});

test('takes the pinned release when the newest one is older or unknown', async () => {
  answers.set('/releases/latest', '/releases/tag/2020.01.01');
  await expect(unpack()).rejects.toThrow('answered 404 for /releases/download/2026.10.26/');
});

test('does not follow a redirect to another protocol', async () => {
  answers.set('/elsewhere/yt-dlp', 'ftp://127.0.0.1/yt-dlp');
  await expectRefusal('redirects from http:');
});

test('says in one sentence that the release cannot be reached', async () => {
  await new Promise((closed) => server.close(closed));
  await expect(unpack()).rejects.toThrow(/^127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\.$/);
  server.listen(0, '127.0.0.1');
});

async function replaceSignature() {
  const foreign = await readFile(join(fixtures, 'foreign.sig'));
  answers.set(`/releases/download/${tag}/SHA2-256SUMS.sig`, foreign);
}

async function appendedKeys() {
  const bodies = await Promise.all(
    ['public.key', 'foreign.key'].map(async (name) => {
      const { dearmor } = await import('../openpgp.mjs');
      return dearmor(await readFile(join(fixtures, name), 'latin1'));
    }),
  );
  const base64 = Buffer.concat(bodies).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return Buffer.from(
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${lines.join('\n')}\n-----END PGP PUBLIC KEY BLOCK-----\n`,
  );
}
