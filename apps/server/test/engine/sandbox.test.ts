import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineTools } from '../../src/adapters/engine/engine-host.ts';
import { startCanary, type Canary } from '../origin/canary.ts';
import {
  TIERS,
  downloadArgv,
  engineTools,
  folderWithSound,
  startEngine,
  waitUntil,
  type EngineUnderTest,
} from './engine-under-test.ts';
import { startLocalSite, type LocalSite } from './local-site.ts';

/** Refused by Landlock, by seccomp, or by both. */
const REFUSED = {
  'reads a secret': 'EACCES',
  'reads another work folder': 'EACCES',
  'lists another work folder': 'EACCES',
  'reads the accounts': 'EACCES',
  'reads the environment of the server': 'EACCES',
  'reads the command line of the server': 'EACCES',
  'writes over a file': 'EACCES',
  'empties a file': 'EACCES',
  'makes a file outside': 'EACCES',
  'makes a folder outside': 'EACCES',
  'makes a pipe outside': 'EPERM',
  'makes a link outside': 'EACCES',
  'takes a file in': 'EACCES',
  'links a file in': 'EXDEV',
  'moves a file out': 'EACCES',
  'deletes a file': 'EACCES',
  'changes who may read': 'EPERM',
  'gives a file away': 'EPERM',
  'signals the server': 'EPERM',
  'signals the host': 'EPERM',
  'traces the server': 'EPERM',
  'looks into the memory of the server': 'EPERM',
  'gives advice on the memory of any process': 'EPERM',
  'sets limits of the server': 'EPERM',
  'asks the engine host': 'EPERM',
  'waits for callers': 'EPERM',
  listens: 'EPERM',
  'sends raw packets': 'EPERM',
  'asks the kernel by netlink': 'EPERM',
  'makes streams of another kind': 'EPERM',
  mounts: 'EPERM',
  'leaves its namespaces': 'EPERM',
  'loads a program into the kernel': 'EPERM',
  'makes a ring of calls': 'EPERM',
  'catches page faults': 'EPERM',
  'makes a link': 'EACCES',
  'makes a device': 'EPERM',
  'makes a pipe': 'EPERM',
  'leaves its group': 'EPERM',
  'leaves its session': 'EPERM',
  'shares memory with the system': 'EPERM',
  'queues messages for the system': 'EPERM',
  'makes a pair for datagrams': 'EPERM',
  'slows the server down': 'EPERM',
  'sets flags of a file': 'EPERM',
  'watches a folder': 'EPERM',
};
const ALLOWED = {
  'reads its own folder': 0,
  'writes in its own folder': 0,
  'reads the system': 0,
  'connects where the guard lets it': 0,
};

let parent: string;
let site: LocalSite;
let canary: Canary;
let rogueTools: EngineTools;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'engine-sandbox-'));
  [site, canary] = await Promise.all([startLocalSite(), startCanary()]);
  const { ytDlp, ...tools } = await engineTools();
  const modulePath = join(parent, 'rogue-packages');
  await cp(join(ytDlp?.modulePath ?? '', 'yt_dlp'), join(modulePath, 'yt_dlp'), {
    recursive: true,
  });
  const entry = join(modulePath, 'yt_dlp', '__init__.py');
  await writeFile(
    entry,
    `${await readFile(entry, 'utf8')}
_original_main = main


def main(argv=None):
    if argv != ['--rogue']:
        return _original_main(argv)
    with open('rogue.py', encoding='utf-8') as file:
        exec(compile(file.read(), 'rogue.py', 'exec'), {'__name__': 'rogue'})
`,
  );
  rogueTools = { ...tools, ytDlp: ytDlp && { ...ytDlp, path: modulePath, modulePath } };
}, 60_000);

afterAll(async () => {
  await Promise.all([site.close(), canary.close()]);
  await rm(parent, { recursive: true, force: true });
});

async function targets(folder: string, socketPath: string) {
  const [data, other] = [join(folder, 'data'), join(folder, 'other-job')];
  for (const path of [data, other]) await mkdir(path);
  await writeFile(join(data, 'secret'), 'the secret');
  await writeFile(join(other, 'media.mp4'), 'of another download');
  return {
    secret: join(data, 'secret'),
    other: join(other, 'media.mp4'),
    outside: join(folder, 'outside'),
    server: process.pid,
    socket: socketPath,
    port: site.port,
  };
}

describe.each(TIERS)('the sandbox of a %s process', { timeout: 60_000 }, (tier) => {
  let engine: EngineUnderTest;

  beforeAll(async () => {
    engine = await startEngine(tier, { tools: rogueTools });
  }, 60_000);

  afterAll(() => engine.close());

  it('is full on this kernel', () => {
    expect(engine.host.status().facts?.sandbox).toEqual({
      level: 'full',
      missing: [],
      restrictsConnections: true,
    });
  });

  it('blocks files, processes and other sockets for code that bypasses the guard', async () => {
    const folder = await mkdtemp(join(parent, 'downloads-'));
    const job = join(folder, 'job');
    await mkdir(job);
    const found = await targets(folder, engine.host.current()?.socketPath ?? '');
    await writeFile(join(job, 'targets.json'), JSON.stringify(found));
    await cp(join(import.meta.dirname, 'rogue.py'), join(job, 'rogue.py'));
    const { lines } = await engine.run({
      argv: ['--rogue'],
      folder: job,
      egress: { allow: [site.address], proxy: null },
    });
    const results = JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
    expect(results, lines.join('\n')).toEqual({ ...REFUSED, ...ALLOWED });
    expect((await readdir(folder)).toSorted()).toEqual(['data', 'job', 'other-job']);
    expect(await readFile(found.other, 'utf8')).toBe('of another download');
    expect((await stat(found.other)).mode & 0o777).not.toBe(0o777);
  });
});

const reportIn = async (folder: string): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));

async function startedByJob(engine: EngineUnderTest, argv: readonly string[]) {
  const folder = await mkdtemp(join(parent, 'runtime-'));
  const code = `import subprocess\nsubprocess.Popen(${JSON.stringify(argv)}).wait()\n`;
  await writeFile(join(folder, 'rogue.py'), code);
  const proxy = { url: 'http://job:token@127.0.0.1:9', isForAll: false };
  const { lines } = await engine.run({
    argv: ['--rogue'],
    folder,
    egress: { allow: [], proxy },
  });
  return { lines, report: await reportIn(folder) };
}

describe.each(TIERS)('a program started by a %s process', { timeout: 60_000 }, (tier) => {
  let engine: EngineUnderTest;
  let words: readonly string[];
  const closed = {
    elsewhere: 'EACCES',
    datagram: 'EPERM',
    unix: 'EPERM',
    listen: 'EPERM',
    secret: 'EACCES',
    signal: 'EPERM',
    memory: 'EACCES',
    variables: expect.any(Array) as unknown,
  };
  const offline = { ...closed, proxy: 'EPERM', elsewhere: 'EPERM' };

  beforeAll(async () => {
    const names = ['encoder', 'runtime'].map((name) => join(parent, `${tier}-${name}`));
    for (const path of names) await cp(join(import.meta.dirname, 'curious-tool.py'), path);
    const [path = '', runtimePath = ''] = names;
    const tools: EngineTools = {
      ...rogueTools,
      ffmpeg: { path },
      jsRuntime: { name: 'deno', path: runtimePath },
    };
    engine = await startEngine(tier, { tools });
    const secret = join(parent, `${tier}-secret`);
    await writeFile(secret, 'the secret');
    words = [
      `@proxy=${site.port}`,
      `@canary=${canary.port}`,
      `@secret=${secret}`,
      `@server=${process.pid}`,
    ];
  }, 60_000);

  afterAll(() => engine.close());

  it('can connect only to the proxy when it fetches a stream', async () => {
    const { folder, lines } = await engine.run({
      argv: downloadArgv(
        `${site.origin}/clip.mp4`,
        ...['--downloader', 'ffmpeg', '--downloader-args', `ffmpeg_i:${words.join(' ')}`],
      ),
      egress: {
        allow: [site.address],
        proxy: { url: `http://job:token@127.0.0.1:${site.port}`, isForAll: false },
      },
    });
    expect(await reportIn(folder), lines.join('\n')).toEqual({ ...closed, proxy: 0 });
    expect([canary.connections, canary.datagrams]).toEqual([0, 0]);
  });

  it('cannot connect when it reads stored files', async () => {
    const { folder } = await engine.run({
      program: 'ffmpeg',
      argv: [...words, '-i', 'file:sound.wav'],
      folder: await folderWithSound(),
    });
    expect(await reportIn(folder)).toEqual(offline);
  });

  it('cannot connect when it runs the scripts of a site, and does not know the proxy', async () => {
    const argv = [join(parent, `${tier}-runtime`), ...words];
    const { lines, report } = await startedByJob(engine, argv);
    const variables = 'DENO_DIR DENO_NO_UPDATE_CHECK HOME LANG PATH TMPDIR'.split(' ');
    expect(report, lines.join('\n')).toEqual({ ...offline, variables });
  });

  it('runs when its files are in unusual places, which is reported', async () => {
    const library = join(parent, `${tier}-library`);
    const path = join(parent, `${tier}-far`);
    await writeFile(library, 'echo ffmpeg version 7.1\n');
    await writeFile(path, `#!/bin/sh\n. ${library}\n`, { mode: 0o755 });
    const far = await startEngine(tier, { tools: { ...rogueTools, ffmpeg: { path } } });
    try {
      await waitUntil(
        () => far.host.status().facts?.sandbox.level === 'partial',
        () => 'the check of the tools',
      );
      expect(far.host.status().facts?.sandbox.missing).toEqual(['reading']);
      const { exit } = await far.run({ program: 'ffmpeg', argv: ['-version'] });
      expect(exit.status).toBe(0);
    } finally {
      await far.close();
    }
  });
});

describe.each([
  { kernel: 'Linux 5.13', landlockAbi: 1, missing: ['truncation', 'connections', 'signals'] },
  { kernel: 'Linux 6.1', landlockAbi: 2, missing: ['truncation', 'connections', 'signals'] },
  { kernel: 'Linux 6.7', landlockAbi: 4, missing: ['signals'] },
])('the sandbox on $kernel', { timeout: 60_000 }, ({ landlockAbi, missing }) => {
  let engine: EngineUnderTest;
  let runtime: string;

  beforeAll(async () => {
    runtime = join(parent, `runtime-${landlockAbi}`);
    await cp(join(import.meta.dirname, 'curious-tool.py'), runtime);
    const tools: EngineTools = { ...rogueTools, jsRuntime: { name: 'node', path: runtime } };
    engine = await startEngine('cold', { tools, landlockAbi });
  }, 60_000);

  afterAll(() => engine.close());

  it('blocks a program from reading the memory of the process that started it', async () => {
    const given = { proxy: 9, canary: 9, secret: runtime, server: process.pid };
    const words = Object.entries(given).map(([name, value]) => `@${name}=${value}`);
    const { lines, report } = await startedByJob(engine, [runtime, ...words]);
    expect(report, lines.join('\n')).toMatchObject({ memory: 'EACCES' });
  });

  it('is partial, reports what is missing, and does the rest', async () => {
    const restrictsConnections = !missing.includes('connections');
    expect(engine.host.status().facts?.sandbox).toEqual({
      level: 'partial',
      missing,
      restrictsConnections,
    });
    const folder = await mkdtemp(join(parent, 'downloads-'));
    const job = join(folder, 'job');
    await mkdir(job);
    const found = await targets(folder, engine.host.current()?.socketPath ?? '');
    await writeFile(join(job, 'targets.json'), JSON.stringify(found));
    await cp(join(import.meta.dirname, 'rogue.py'), join(job, 'rogue.py'));
    const { lines } = await engine.run({
      argv: ['--rogue'],
      folder: job,
      egress: { allow: [site.address], proxy: null },
    });
    const results = JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
    expect(results, lines.join('\n')).toEqual({
      ...REFUSED,
      ...ALLOWED,
      ...(missing.includes('truncation') && { 'empties a file': 0 }),
      ...(missing.includes('signals') && { 'signals the server': 0, 'signals the host': 0 }),
    });
  });

  it('starts ffmpeg on a manifest by https only where its connections are restricted', async () => {
    const { folder, lines, controls } = await engine.run({
      argv: [
        ...downloadArgv('https://192.0.2.1/live.m3u8').slice(0, -2),
        ...['--downloader', 'ffmpeg', '--load-info-json', 'info.json'],
      ],
      folder: await folderWithManifest('https://192.0.2.1/live.m3u8'),
      egress: {
        allow: [],
        proxy: { url: `http://job:token@127.0.0.1:${site.port}`, isForAll: false },
      },
    });
    expect(await readdir(folder)).not.toContain('media.mp4');
    const refused = controls.find((control) => control.kind === 'refused');
    if (missing.includes('connections')) {
      expect(refused?.reason, lines.join('\n')).toContain('needs a kernel that restricts');
    } else {
      expect(refused).toBeUndefined();
      expect(site.requests).toContain('CONNECT 192.0.2.1:443');
    }
  });
});

it('is absent on a system without Landlock and seccomp, and downloads work', async () => {
  const engine = await startEngine('cold', { landlockAbi: 0 });
  try {
    expect(engine.host.status().facts?.sandbox).toEqual({
      level: 'none',
      missing: ['files', 'connections', 'signals', 'system_calls'],
      restrictsConnections: false,
    });
    const { exit } = await engine.run({
      argv: downloadArgv(`${site.origin}/clip.mp4`),
      egress: { allow: [site.address], proxy: null },
    });
    expect(exit.status).toBe(0);
  } finally {
    await engine.close();
  }
});

async function folderWithManifest(url: string): Promise<string> {
  const folder = await mkdtemp(join(parent, 'manifest-'));
  const info = { id: 'x', title: 'x', ext: 'mp4', url, protocol: 'm3u8_native', extractor: 'x' };
  const whole = { ...info, extractor_key: 'X', webpage_url: url };
  await writeFile(join(folder, 'info.json'), JSON.stringify(whole));
  return folder;
}
