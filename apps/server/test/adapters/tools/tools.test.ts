import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findTools, type FindToolsOptions, type Tools } from '../../../src/adapters/tools/tools.ts';

const today = new Date('2026-11-22T10:00:00Z');
const current = '2026.10.20';
const old = '2025.04.30';
const repositoryDir = resolve(import.meta.dirname, '../../../../..');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-tools-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Only what a test put into `bin` can be found, apart from the system's python3. */
function find(options: Partial<FindToolsOptions> = {}): Promise<Tools> {
  return findTools({
    toolsDir: join(folder, 'tools'),
    searchPath: join(folder, 'bin'),
    nodeExecPath: process.execPath,
    nodeVersion: '22.1.0',
    bundledDeno: null,
    today,
    ...options,
  });
}

async function executable(path: string, content: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, 0o755);
  return file;
}

/** A program that says this, and leaves a line in `runs` each time it is started. */
function program(path: string, says: string): Promise<string> {
  return executable(path, `#!/bin/sh\necho run >> ${join(folder, 'runs')}\necho '${says}'\n`);
}

/** A package that only knows its version, below `path`. */
async function moduleIn(path: string, version: string): Promise<string> {
  const modules = join(folder, path);
  await mkdir(join(modules, 'yt_dlp'), { recursive: true });
  await writeFile(join(modules, 'yt_dlp', '__init__.py'), '');
  await writeFile(join(modules, 'yt_dlp', 'version.py'), `__version__ = '${version}'\n`);
  return modules;
}

/** A child that nobody waited for yet still has a pid. */
async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
}

async function runs(): Promise<number> {
  const lines = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
  return lines.split('\n').length - 1;
}

function problemOf(tools: Tools, name: string) {
  return tools.problems.find((problem) => problem.name === name);
}

describe('the yt-dlp that is used is', () => {
  test('the one on PATH when it is current, with its age in days', async () => {
    const path = await program('bin/yt-dlp', current);
    await moduleIn('tools/yt-dlp/newer', '2026.11.20');
    const tools = await find();
    expect(tools.ytDlp).toMatchObject({ path, kind: 'binary', version: current, ageDays: 33 });
    expect(problemOf(tools, 'engine')).toBeUndefined();
  });

  test('the next one on PATH if the first does not run', async () => {
    await executable('shims/yt-dlp', '#!/bin/sh\nexit 127\n');
    const path = await program('bin/yt-dlp', current);
    const tools = await find({ searchPath: `${join(folder, 'shims')}:${join(folder, 'bin')}` });
    expect(tools.ytDlp?.path).toBe(path);
  });

  test('one 120 days older than the pinned version, but not 121', async () => {
    await program('bin/yt-dlp', '2026.06.28');
    expect(problemOf(await find(), 'engine')).toBeUndefined();
    await program('bin/yt-dlp', '2026.06.27');
    expect(problemOf(await find(), 'engine')).toMatchObject({ level: 'warn' });
  });

  test('the newest managed copy if the one on PATH is old', async () => {
    await program('bin/yt-dlp', old);
    await moduleIn('tools/yt-dlp/2026.08.01', '2026.08.01');
    const newest = await moduleIn('tools/yt-dlp/2026.10.26', '2026.10.26');
    await moduleIn('tools/yt-dlp/.new-1', '2027.01.01');
    const tools = await find();
    expect(tools.ytDlp).toMatchObject({
      path: newest,
      kind: 'module',
      modulePath: newest,
      version: '2026.10.26',
      isManaged: true,
    });
  });

  test('the more complete one of two managed copies of one day', async () => {
    await moduleIn('tools/yt-dlp/a', current);
    const complete = await moduleIn('tools/yt-dlp/b', current);
    await mkdir(join(complete, 'yt_dlp_ejs'));
    await writeFile(join(complete, 'yt_dlp_ejs', '__init__.py'), '');
    await moduleIn('tools/yt-dlp/c', current);
    expect((await find()).ytDlp?.path).toBe(complete);
  });

  test('an old one, with a warning and a command, if there is nothing better', async () => {
    const path = await program('bin/yt-dlp', old);
    const tools = await find();
    expect(tools.ytDlp).toMatchObject({ path, version: old, isManaged: false });
    const problem = problemOf(tools, 'engine');
    expect(problem?.level).toBe('warn');
    expect(problem?.message).toContain(old);
    expect(problem?.remedy).toContain(`--target '${join(folder, 'tools/yt-dlp/pip')}'`);
  });

  test('the one that YTDLP_PATH names, also relative to the repository', async () => {
    await program('bin/yt-dlp', current);
    const chosen = await program('chosen/yt-dlp', '2026.09.01');
    const tools = await find({ ytDlpPath: relative(repositoryDir, chosen) });
    expect(tools.ytDlp).toMatchObject({ path: chosen, version: '2026.09.01' });
  });

  test('none if the one that YTDLP_PATH names does not run', async () => {
    await program('bin/yt-dlp', current);
    const chosen = await program('chosen/yt-dlp', 'usage: something else');
    const tools = await find({ ytDlpPath: chosen });
    expect(tools.ytDlp).toBeNull();
    expect(problemOf(tools, 'engine')).toMatchObject({
      level: 'fail',
      message: `YTDLP_PATH is set to ${chosen}, which does not run.`,
      remedy: 'unset YTDLP_PATH',
    });
  });

  test('found on PATH if the setting is empty', async () => {
    const path = await program('bin/yt-dlp', current);
    expect((await find({ ytDlpPath: '' })).ytDlp?.path).toBe(path);
  });
});

describe('how yt-dlp is started', () => {
  test('a zip file with a Python line in front is a module', async () => {
    const path = await executable('bin/yt-dlp', '');
    await copyFile(join(repositoryDir, 'scripts/test/fixtures/release/yt-dlp'), path);
    const tools = await find();
    expect(tools.ytDlp).toMatchObject({ kind: 'module', path, modulePath: path });
    expect(tools.ytDlp?.pythonPath).toMatch(/^\/.*python/);
  });

  test('an unpacked package has its module beside the script', async () => {
    const modules = await moduleIn('unpacked/usr/lib/python3/dist-packages', current);
    const path = await executable(
      'unpacked/usr/bin/yt-dlp',
      '#! /usr/bin/python3\nimport yt_dlp\n',
    );
    const tools = await find({ ytDlpPath: path });
    expect(tools.ytDlp).toMatchObject({ kind: 'module', path, modulePath: modules });
  });

  test.each([
    ['its first line', (python: string) => `#!${python} -I\nimport yt_dlp\n`],
    [
      'a line for a long path',
      (python: string) => `#!/bin/sh\n'''exec' "${python}" "$0" "$@"\n' '''\n`,
    ],
  ])('a script uses the interpreter of %s', async (_kind, content) => {
    const modules = await moduleIn('site', current);
    // An interpreter that finds the module by itself, as one of a virtual environment does, whatever the system has.
    const python = await executable(
      'venv/bin/python3',
      `#!/bin/sh\nshift 2\nexec /usr/bin/python3 -I -c "import sys; sys.path.insert(0, '${modules}')\n$1" "$2"\n`,
    );
    const path = await executable('venv/bin/yt-dlp', content(python));
    const tools = await find({ ytDlpPath: path });
    expect(tools.ytDlp).toMatchObject({ kind: 'module', path, modulePath: null, version: current });
  });

  test('anything else that runs is a binary, which names its own libraries', async () => {
    const path = await executable(
      'bin/yt-dlp',
      `#!/bin/sh\n[ "$2" = --version ] && echo ${current} && exit\necho '[debug] Optional libraries: Cryptodome-3.23.0, yt_dlp_ejs-0.8.0' >&2\nexit 2\n`,
    );
    const tools = await find();
    expect(tools.ytDlp).toMatchObject({
      kind: 'binary',
      path,
      modulePath: null,
      pythonPath: null,
      hasEjs: true,
      hasCryptodome: true,
    });
  });

  test('libraries beside the module are found as soon as they are there', async () => {
    const modules = await moduleIn('tools/yt-dlp/pip', current);
    const before = await find();
    expect(before.ytDlp).toMatchObject({ hasEjs: false });
    expect(problemOf(before, 'js_runtime')?.message).toContain('yt-dlp-ejs');
    await mkdir(join(modules, 'yt_dlp_ejs'));
    await writeFile(join(modules, 'yt_dlp_ejs', '__init__.py'), '');
    const after = await find();
    expect(after.ytDlp).toMatchObject({ hasEjs: true });
    expect(problemOf(after, 'js_runtime')).toBeUndefined();
  });
});

describe('what is remembered of tools', () => {
  test('unchanged tools are not run again, a changed tool is', async () => {
    const path = await program('bin/yt-dlp', current);
    await program('bin/ffmpeg', 'ffmpeg version 5.1');
    await program('bin/ffprobe', 'ffprobe version 5.1');
    // It names no libraries, so this one question stays open.
    const first = await find();
    const asked = await runs();
    const second = await find();
    expect(second).toEqual(first);
    expect(await runs()).toBe(asked + 1);
    await appendFile(path, '# another size\n');
    await find();
    expect(await runs()).toBe(asked + 3);
  });

  test('a damaged or unwritable memory changes nothing', async () => {
    await program('bin/ffmpeg', 'ffmpeg version 5.1');
    await mkdir(join(folder, 'tools'));
    await writeFile(join(folder, 'tools/found.json'), '{"half');
    expect((await find()).ffmpeg?.version).toBe('5.1');
    await writeFile(join(folder, 'file'), '');
    expect((await find({ toolsDir: join(folder, 'file') })).ffmpeg?.version).toBe('5.1');
  });
});

describe('the other tools', () => {
  test('FFMPEG_PATH names the executable, or the folder of both', async () => {
    const ffmpeg = await program('media/ffmpeg', 'ffmpeg version 7.1-static');
    const ffprobe = await program('media/ffprobe', 'ffprobe version 7.1-static');
    const expected = {
      ffmpeg: { path: ffmpeg, version: '7.1-static' },
      ffprobe: { path: ffprobe, version: '7.1-static' },
    };
    expect(await find({ ffmpegPath: ffmpeg })).toMatchObject(expected);
    expect(await find({ ffmpegPath: join(folder, 'media') })).toMatchObject(expected);
  });

  test('an FFMPEG_PATH that does not run is not replaced by the one on PATH', async () => {
    await program('bin/ffmpeg', 'ffmpeg version 5.1');
    const tools = await find({ ffmpegPath: join(folder, 'absent') });
    expect(tools.ffmpeg).toBeNull();
    expect(problemOf(tools, 'ffmpeg')?.message).toContain('FFMPEG_PATH is set to');
  });

  test('a tool that does not answer in time counts as missing and is ended with its children', async () => {
    const pidFile = join(folder, 'pid');
    await executable('bin/ffmpeg', `#!/bin/sh\n/bin/sleep 60 &\necho $! > ${pidFile}\nwait\n`);
    expect((await find()).ffmpeg).toBeNull();
    const pid = (await readFile(pidFile, 'utf8')).trim();
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test('Python must be 3.9 or newer', async () => {
    const path = await program('old/python3', '/old/python3\n3.8.20');
    const tools = await find({ pythonPath: path });
    expect(tools.python).toBeNull();
    expect(problemOf(tools, 'python')).toMatchObject({ level: 'fail' });
  });

  test('everything missing for YouTube is reported at once', async () => {
    await moduleIn('tools/yt-dlp/pip', current);
    const problem = problemOf(await find({ nodeVersion: '20.19.0' }), 'js_runtime');
    expect(problem).toMatchObject({ level: 'warn' });
    expect(problem?.message).toMatch(/No JavaScript runtime .* without the scripts \(yt-dlp-ejs\)/);
    expect(problem?.remedy).toContain('run tools');
  });

  test('everything missing is reported at once, in a fixed order', async () => {
    const tools = await find({ pythonPath: join(folder, 'absent'), nodeVersion: '20.19.0' });
    expect(tools.problems.map(({ name }) => name)).toEqual([
      'engine',
      'ffmpeg',
      'ffprobe',
      'python',
      'js_runtime',
    ]);
  });
});
