// `pnpm live-check [link…]`: reads public pages with the tools that the server would use, and prints their formats. For people
// with an internet connection, never part of the tests. It downloads nothing, and runs outside the sandbox of downloads.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSettings } from './settings.mjs';
import { repositoryDir, run, say } from './steps.mjs';

const pages = [
  'https://www.youtube.com/watch?v=jNQXAC9IVRw',
  'https://www.youtube.com/watch?v=aqz-KE-bpKQ',
  'https://vimeo.com/1084537',
];
const pageMs = 120_000;

const built = (/** @type {string} */ name) =>
  pathToFileURL(join(repositoryDir, 'apps/server/dist/adapters/tools', name));
if (!existsSync(built('tools.js'))) {
  say('Artemis is not set up yet: run npm start once.');
  process.exit(1);
}
const { findTools } = await import(built('tools.js').href);
const settings = await readSettings({ usesDotenv: true });
const { ytDlp, jsRuntime, solverLibraries } = await findTools({
  ...settings,
  searchPath: process.env['PATH'] ?? '',
  nodeExecPath: process.execPath,
  nodeVersion: process.versions.node,
});
if (ytDlp === null) {
  say('yt-dlp was not found. To get it, run: npm run tools');
  process.exit(1);
}
say(
  `yt-dlp ${ytDlp.version}, ${jsRuntime === null ? 'no JavaScript runtime' : `${jsRuntime.name} ${jsRuntime.version}`}`,
);

const script =
  'import sys; path = sys.argv.pop(1); path and sys.path.insert(0, path); import yt_dlp; yt_dlp.main()';
const [program, ...first] =
  ytDlp.kind === 'binary'
    ? [ytDlp.path]
    : [ytDlp.pythonPath, '-I', '-B', '-c', script, ytDlp.modulePath ?? ''];
const runtime = jsRuntime === null ? [] : ['--js-runtimes', `${jsRuntime.name}:${jsRuntime.path}`];
const options = ['--ignore-config', '--no-plugin-dirs', '--no-cache-dir', '--no-js-runtimes'];
const proxies = Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name));
const folder = await mkdtemp(join(tmpdir(), 'artemis-live-'));
/** @type {NodeJS.Dict<string>} */
const authorities = {};
try {
  if (settings.caFile !== undefined) {
    const { writeAuthorities } = await import(built('authorities.js').href);
    authorities['SSL_CERT_FILE'] = await writeAuthorities(settings.caFile, folder);
    options.push('--compat-options', 'no-certifi');
  }
  for (const page of process.argv.length > 2 ? process.argv.slice(2) : pages) {
    say(`\n${page}`);
    const { exitCode } = await run(
      program,
      [...first, ...options, ...runtime, '--simulate', '--list-formats', '--', page],
      {
        cwd: folder,
        env: {
          ...Object.fromEntries(proxies),
          ...authorities,
          PATH: process.env['PATH'],
          HOME: folder,
          LANG: 'C.UTF-8',
          DENO_DIR: solverLibraries ?? join(folder, 'deno'),
          DENO_NO_UPDATE_CHECK: '1',
        },
        timeoutMs: pageMs,
        isShown: true,
      },
    );
    if (exitCode !== 0) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
