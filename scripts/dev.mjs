// `npm run dev`: the server from its sources, restarted when they or the contracts change, and the web page
// by vite. Ctrl-C ends both.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repositoryDir } from './steps.mjs';

const serverDir = join(repositoryDir, 'apps/server');
const webDir = join(repositoryDir, 'apps/web');
const resolveFrom = (/** @type {string} */ folder, /** @type {string} */ name) =>
  createRequire(join(folder, 'package.json')).resolve(name);

// The watcher of Node 20 loses a file that an editor replaces when it saves.
const server = start(
  [
    resolveFrom(serverDir, 'tsx/cli'),
    'watch',
    '--clear-screen=false',
    '--conditions=@artemis/source',
    'src/main.ts',
  ],
  serverDir,
  'pipe',
);
const readable = start(
  [
    resolveFrom(serverDir, 'pino-pretty/bin.js'),
    '--translateTime',
    'HH:MM:ss',
    '--ignore',
    'pid,hostname',
  ],
  serverDir,
  'inherit',
);
const web = start(
  [join(webDir, 'node_modules/vite/bin/vite.js'), '--clearScreen', 'false'],
  webDir,
  'inherit',
);
if (server.stdout !== null && readable.stdin !== null) server.stdout.pipe(readable.stdin);

let isEnding = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => end(0));
}
server.on('exit', (code) => end(code ?? 1));
web.on('exit', (code) => end(code ?? 1));

/** @param {string[]} args @param {string} cwd @param {'pipe' | 'inherit'} stdout */
function start(args, cwd, stdout) {
  // A group of its own: Ctrl-C reaches us alone, and each child is told once.
  return spawn(process.execPath, args, {
    cwd,
    detached: true,
    stdio: ['pipe', stdout, 'inherit'],
  });
}

/** @param {number} exitCode */
function end(exitCode) {
  if (isEnding) return;
  isEnding = true;
  process.exitCode = exitCode;
  server.kill('SIGTERM');
  web.kill('SIGTERM');
}
