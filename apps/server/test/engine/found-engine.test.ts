import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createEngineHost,
  type EngineHost,
  type EngineTools,
} from '../../src/adapters/engine/engine-host.ts';
import { toolsUnderTest } from '../tools-under-test.ts';
import { downloadArgv, engineTools, startEngine, waitUntil } from './engine-under-test.ts';
import { startLocalSite } from './local-site.ts';

describe('the yt-dlp that was found', { timeout: 60_000 }, () => {
  const closing: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'engine-found-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  /** A package that only knows its version, below this folder. */
  async function moduleIn(folder: string, version: string): Promise<string> {
    await mkdir(join(folder, 'yt_dlp'));
    await writeFile(join(folder, 'yt_dlp', '__init__.py'), '');
    await writeFile(join(folder, 'yt_dlp', 'version.py'), `__version__ = '${version}'\n`);
    return folder;
  }

  /** Resolves once the host has said that yt-dlp is not what was found. */
  async function whenGone(ytDlp: { modulePath: string; pythonPath: string; version: string }) {
    const tools = await engineTools();
    let isGone = false;
    const host: EngineHost = createEngineHost({
      tools: { ...tools, ytDlp: { kind: 'module', path: ytDlp.modulePath, ...ytDlp } },
      logger: { info: () => undefined, warn: () => undefined },
      isWarmAllowed: false,
      onGone: () => (isGone = true),
    });
    closing.push(() => host.close());
    await waitUntil(
      () => isGone,
      () => 'the host to miss its yt-dlp',
    );
    return host;
  }

  it('is never replaced by another one that Python could import when its folder is gone', async () => {
    const environment = await temporaryFolder();
    const { pythonPath } = await engineTools();
    execFileSync(pythonPath, ['-m', 'venv', '--without-pip', environment]);
    const [version = ''] = await readdir(join(environment, 'lib'));
    await moduleIn(join(environment, 'lib', version, 'site-packages'), '2023.03.04');
    const host = await whenGone({
      modulePath: join(environment, 'gone'),
      pythonPath: join(environment, 'bin', 'python'),
      version: '2023.03.04',
    });
    expect(host.current()).toBeNull();
  });

  it('is not replaced by another version in its place', async () => {
    const { pythonPath } = await engineTools();
    const modulePath = await moduleIn(await temporaryFolder(), '2023.03.04');
    const host = await whenGone({ modulePath, pythonPath, version: '2026.10.26' });
    expect(host.current()).toBeNull();
  });

  it.runIf(process.platform === 'linux')(
    'serves downloads and solves challenges from memory when its folder is gone',
    async () => {
      const { ytDlp, jsRuntime, solverLibraries, ...found } = await toolsUnderTest();
      if (!ytDlp?.packagePath || jsRuntime === null) throw new Error('no yt-dlp, or no runtime');
      const place = join(await temporaryFolder(), 'modules');
      await symlink(dirname(ytDlp.packagePath), place);
      const tools: EngineTools = {
        ...{ ...found, jsRuntime, solverLibraries },
        ytDlp: { ...ytDlp, path: place, modulePath: place },
      };
      const engine = await startEngine('warm', { tools });
      closing.push(engine.close);
      await rm(place);

      const site = await startLocalSite();
      closing.push(() => site.close());
      const allow = { egress: { allow: [site.address], proxy: null } };
      const download = await engine.run({
        argv: downloadArgv(`${site.origin}/clip.mp4`),
        ...allow,
      });
      expect(download.exit.status, download.lines.join('\n')).toBe(0);

      const runtime = `${jsRuntime.name}:${jsRuntime.path}`;
      const argv = ['--ignore-config', '--no-js-runtimes', '--js-runtimes', runtime];
      const proof = await engine.run({ program: 'solver', argv });
      expect(proof.lines.at(-1)).toBe('{"solved": true, "trouble": null}');
    },
  );
});
