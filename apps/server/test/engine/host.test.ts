import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createEngineHost,
  type EngineHost,
  type EngineTools,
} from '../../src/adapters/engine/engine-host.ts';
import { startEngineProcess } from '../../src/adapters/engine/engine-process.ts';
import { openEngineJob } from '../../src/worker/engine/engine-connection.ts';
import {
  BASIC_ARGV,
  ENDLESS_SOUND,
  engineTools,
  folderWithSound,
  processEntry,
  waitUntil,
} from './engine-under-test.ts';
import { startLocalSite } from './local-site.ts';

const silent = { info: () => undefined, warn: () => undefined };

describe('the engine host', { timeout: 60_000 }, () => {
  const hosts: EngineHost[] = [];
  const folders: string[] = [];

  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.close()));
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  function start(tools: EngineTools, isWarmAllowed = true): EngineHost {
    const host = createEngineHost({ tools, logger: silent, isWarmAllowed });
    hosts.push(host);
    return host;
  }

  async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'engine-host-'));
    folders.push(folder);
    return folder;
  }

  async function moduleIn(folder: string, version: string, source = ''): Promise<EngineTools> {
    const { pythonPath, ...tools } = await engineTools();
    await mkdir(join(folder, 'yt_dlp'), { recursive: true });
    await writeFile(join(folder, 'yt_dlp', '__init__.py'), source);
    await writeFile(join(folder, 'yt_dlp', 'version.py'), `__version__ = '${version}'\n`);
    return { ...tools, ytDlp: { kind: 'module', path: folder, modulePath: folder, pythonPath } };
  }

  it('says that it is missing when there is no yt-dlp', async () => {
    const host = start({ ...(await engineTools()), ytDlp: null });
    expect(host.status().mode).toBe('missing');
    expect(host.current()).toBeNull();
  });

  it.runIf(process.platform === 'linux')(
    'stays cold and says why when yt-dlp cannot be warmed',
    async () => {
      const host = start(
        await moduleIn(await temporaryFolder(), '2026.01.01', 'raise ValueError("odd")'),
      );
      await waitUntil(
        () => host.status().warmFailure !== null && host.status().mode !== 'starting',
        () => 'the warm host to give up and a cold one',
      );
      expect(host.status()).toMatchObject({ mode: 'cold', warmFailure: 'ValueError: odd' });
    },
  );

  it.runIf(process.platform === 'linux')(
    'has only the warm host until that has died twice, then stays cold',
    async () => {
      const host = start(await engineTools());
      for (let deaths = 0; deaths < 2; deaths += 1) {
        await waitUntil(
          () => host.current()?.tier === 'warm',
          () => 'a warm host',
        );
        const { socketPath = '' } = host.current() ?? {};
        await waitUntil(
          async () => {
            const sockets = await readdir(dirname(socketPath));
            return !sockets.some((name) => name.startsWith('cold-'));
          },
          () => 'the cold host to end',
        );
        process.kill(await hostPid(host), 'SIGKILL');
        await waitUntil(
          () => host.current()?.tier === 'cold',
          () => 'jobs to go cold',
        );
      }
      expect(host.status()).toMatchObject({ mode: 'cold', restarts: 1 });
      expect(host.status().warmFailure).toContain('SIGKILL');
    },
  );

  it.runIf(process.platform === 'linux')(
    'keeps a host while an attempt holds it, then ends it',
    async () => {
      const host = start(await engineTools());
      const cold = await waitUntil(
        () => host.current(),
        () => 'a cold host',
      );
      expect(cold.tier).toBe('cold');
      const [first, second] = [host.hold(cold.socketPath), host.hold(cold.socketPath)];
      await waitUntil(
        () => host.current()?.tier === 'warm',
        () => 'a warm host',
      );
      first();
      const job = openEngineJob(
        cold.socketPath,
        {
          program: 'ffprobe',
          argv: ['-version'],
          folder: await temporaryFolder(),
          limits: { fileSizeBytes: null, memoryBytes: null },
          egress: { allow: [], proxy: null },
        },
        { onLine: () => undefined, onControl: () => undefined },
      );
      expect(await job.closed).toMatchObject({ status: 0, isHostLost: false });
      second();
      await waitUntil(
        async () => !(await readdir(dirname(cold.socketPath))).includes(basename(cold.socketPath)),
        () => 'the cold host to end',
      );
    },
  );

  it.runIf(process.platform === 'linux')(
    'leaves no process when it is killed while it warms up',
    async () => {
      const hostPid = await warmingHost(await temporaryFolder(), null);
      const helper = await lastingChildOf(hostPid);
      process.kill(hostPid, 'SIGKILL');
      await waitForTheEndOf(helper);
    },
  );

  it.runIf(process.platform === 'linux')(
    'leaves no tool running when it is killed while it asks for a version',
    async () => {
      const folder = await temporaryFolder();
      const [ffmpeg, pidFile] = [join(folder, 'ffmpeg'), join(folder, 'pid')];
      await writeFile(
        ffmpeg,
        `#!/bin/sh\necho $$ > ${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nexec sleep 600\n`,
      );
      await chmod(ffmpeg, 0o755);
      const hostPid = await warmingHost(folder, ffmpeg);
      const asked = await waitUntil(
        () => readFile(pidFile, 'utf8').catch(() => null),
        () => 'ffmpeg to be asked',
      );
      process.kill(hostPid, 'SIGKILL');
      await waitForTheEndOf(Number(asked));
    },
  );

  it('does not wait for an unused host that is still starting', async () => {
    const folder = await temporaryFolder();
    const pythonPath = join(folder, 'python');
    await writeFile(pythonPath, '#!/bin/sh\nexec sleep 600\n');
    await chmod(pythonPath, 0o755);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const host = startEngineProcess({
      pythonPath,
      socketPath: join(folder, 'host.sock'),
      tier: 'warm',
      settings: {},
      onReady: () => undefined,
      onSandbox: () => undefined,
      onEnd: () => undefined,
      onLog: () => undefined,
    });
    const ended = host.end();
    vi.advanceTimersByTime(1);
    await ended;
  });

  it('notices another yt-dlp in the same place once it no longer changes', async () => {
    const folder = await temporaryFolder();
    const host = start(await moduleIn(folder, '2026.01.01'), false);
    await waitUntil(
      () => host.current(),
      () => 'a host',
    );
    expect(host.status().facts?.ytDlpVersion).toBe('2026.01.01');
    expect([await host.hasChanged(), await host.hasChanged()]).toEqual([false, false]);
    const changed = await moduleIn(folder, '2026.02.02.123');
    expect([await host.hasChanged(), await host.hasChanged()]).toEqual([false, true]);
    host.replace(changed);
    await waitUntil(
      () => host.status().facts?.ytDlpVersion === '2026.02.02.123',
      () => 'the new version',
    );
    expect([await host.hasChanged(), await host.hasChanged()]).toEqual([false, false]);
  });

  it('runs a standalone yt-dlp with all its traffic through the proxy', async () => {
    const site = await startLocalSite();
    const folder = await temporaryFolder();
    const { pythonPath, ytDlp, ...tools } = await engineTools();
    const path = join(folder, 'yt-dlp');
    const modulePath = JSON.stringify(ytDlp?.modulePath ?? '');
    await writeFile(
      path,
      `#!${pythonPath} -IB\nimport sys\nsys.path.insert(0, ${modulePath})\nimport yt_dlp\nyt_dlp.main()\n`,
    );
    await chmod(path, 0o755);
    const host = start({
      ...tools,
      ytDlp: { kind: 'binary', path, modulePath: null, pythonPath: null },
    });
    const current = await waitUntil(
      () => host.current(),
      () => 'a host',
    );
    expect(current.tier).toBe('cold');
    const lines: string[] = [];
    const { closed } = openEngineJob(
      current.socketPath,
      {
        program: 'yt-dlp',
        argv: [...BASIC_ARGV, '-o', 'media.%(ext)s', '--', 'http://192.0.2.1/clip.mp4'],
        folder,
        limits: { fileSizeBytes: null, memoryBytes: null },
        egress: {
          allow: [],
          proxy: { url: `http://job:token@127.0.0.1:${site.port}`, isForAll: true },
        },
      },
      { onLine: (line) => lines.push(line), onControl: () => undefined },
    );
    expect(await closed, lines.join('\n')).toMatchObject({ status: 0, isHostLost: false });
    expect(site.requests).toContain('GET http://192.0.2.1/clip.mp4');
    await site.close();
  });

  /** The first child that lives longer than the probes for versions do. */
  /** A host of the warm tier right after its start; resolves to its pid. */
  async function warmingHost(folder: string, ffmpegPath: string | null): Promise<number> {
    const { pythonPath, ytDlp } = await engineTools();
    const socketPath = join(folder, 'warm.sock');
    const host = startEngineProcess({
      pythonPath,
      socketPath,
      tier: 'warm',
      settings: {
        socket: socketPath,
        tier: 'warm',
        engine: { kind: 'module', path: ytDlp?.modulePath ?? null },
        ffmpeg_path: ffmpegPath,
        parent_pid: process.pid,
      },
      onReady: () => undefined,
      onSandbox: () => undefined,
      onEnd: () => undefined,
      onLog: () => undefined,
    });
    return host.pid ?? 0;
  }

  function waitForTheEndOf(pid: number) {
    return waitUntil(
      async () => (await processEntry(pid)) === null,
      () => 'what the host has started to end',
    );
  }

  function lastingChildOf(pid: number): Promise<number> {
    let before: number | undefined;
    return waitUntil(
      async () => {
        const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
        const [child] = children.trim().split(' ').filter(Boolean).map(Number);
        const isLasting = child !== undefined && child === before;
        before = child;
        return isLasting ? child : null;
      },
      () => 'a child of the host',
    );
  }

  async function hostPid(host: EngineHost): Promise<number> {
    const folder = await folderWithSound();
    folders.push(folder);
    const jobPid = await new Promise<number>((resolve) => {
      openEngineJob(
        host.current()?.socketPath ?? '',
        {
          program: 'ffmpeg',
          argv: ENDLESS_SOUND,
          folder,
          limits: { fileSizeBytes: null, memoryBytes: null },
          egress: { allow: [], proxy: null },
        },
        {
          onLine: () => undefined,
          onControl: (control) => control.kind === 'started' && resolve(control.pid),
        },
      );
    });
    return (await processEntry(jobPid))?.parentPid ?? 0;
  }
});
