import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BASIC_ARGV,
  TIERS,
  downloadArgv,
  engineTools,
  startEngine,
  type EngineUnderTest,
} from './engine-under-test.ts';
import { startCanary, startLocalSite, type Canary, type LocalSite } from './local-site.ts';

const engineDir = resolve(import.meta.dirname, '../../engine');

describe.each(TIERS)('the guard of a %s process', { timeout: 60_000 }, (tier) => {
  let engine: EngineUnderTest;
  let site: LocalSite;
  let canary: Canary;
  let canary6: Canary;
  /** Where the server itself would listen. */
  let own: Canary;

  beforeAll(async () => {
    site = await startLocalSite();
    [canary, canary6] = [await startCanary('127.0.0.1'), await startCanary('::1')];
    own = await startCanary('127.0.0.1');
    engine = await startEngine(tier, { ownPorts: [own.port] });
  }, 60_000);

  afterAll(async () => {
    await engine.close();
    await Promise.all([site.close(), canary.close(), canary6.close(), own.close()]);
  });

  const secretUrl = () => `http://127.0.0.1:${canary.port}/secret`;

  async function refusals(url: string, resolver = {}, ...options: readonly string[]) {
    const { controls, exit } = await engine.run({
      argv: downloadArgv(url, ...options),
      egress: { allow: [site.address], proxy: null, resolver },
    });
    expect(exit.status).toBe(1);
    expect([canary.connections(), canary6.connections()]).toEqual([0, 0]);
    return controls.filter((control) => control.kind === 'refused');
  }

  const refusedConnect = (address: string, port: number): unknown =>
    expect.objectContaining({ event: 'connect', address, port, isOptional: false });

  it('refuses a private address', async () => {
    expect(await refusals(secretUrl())).toContainEqual(refusedConnect('127.0.0.1', canary.port));
  });

  it('refuses a segment of a playlist', async () => {
    const list = `${site.origin}/list.m3u8?segment=${encodeURIComponent(`${secretUrl()}.ts`)}`;
    expect(
      await refusals(list, {}, '--abort-on-unavailable-fragments', '--downloader', 'native'),
    ).toContainEqual(refusedConnect('127.0.0.1', canary.port));
  });

  it('refuses files outside the folder and other programs, whatever the arguments say', async () => {
    const outside = join(await realpath(tmpdir()), `engine-outside-${process.pid}`);
    const written = await engine.run({
      argv: downloadArgv(`${site.origin}/clip.mp4`, '-o', `${outside}/x.mp4`),
      egress: { allow: [site.address], proxy: null },
    });
    expect(written.exit.status).toBe(1);
    expect(written.controls).toContainEqual(
      expect.objectContaining({ kind: 'refused', event: 'mkdir', path: outside }),
    );
    expect(existsSync(outside)).toBe(false);

    const started = await engine.run({
      argv: downloadArgv(`${site.origin}/clip.mp4`, '--exec', `touch ${outside}`),
      egress: { allow: [site.address], proxy: null },
    });
    expect(started.controls).toContainEqual(
      expect.objectContaining({ kind: 'refused', event: 'process', path: '/bin/sh' }),
    );
    expect(existsSync(outside)).toBe(false);
  });

  it('does not report harmless refusals that happen in every process', async () => {
    const { controls } = await engine.run({
      argv: downloadArgv(`${site.origin}/clip.mp4`),
      egress: { allow: [site.address], proxy: null },
    });
    expect(controls.filter(({ kind }) => kind === 'refused')).toEqual([]);
  });

  // The same code runs in every tier; above is what another tier has done elsewhere or at another time.
  if (tier !== TIERS[0]) return;

  it('refuses an IPv6 address of this machine', async () => {
    expect(await refusals(`http://[::1]:${canary6.port}/`)).toContainEqual(
      refusedConnect('::1', canary6.port),
    );
  });

  it('refuses a redirect to a private address', async () => {
    const target = `${site.origin}/redirect?to=${encodeURIComponent(secretUrl())}`;
    expect(await refusals(target)).toContainEqual(refusedConnect('127.0.0.1', canary.port));
  });

  it('refuses the key of an encrypted playlist', async () => {
    const segment = encodeURIComponent(`${site.origin}/clip.mp4`);
    const list = `${site.origin}/list.m3u8?segment=${segment}&key=${encodeURIComponent(secretUrl())}`;
    expect(
      await refusals(list, {}, '--abort-on-unavailable-fragments', '--downloader', 'native'),
    ).toContainEqual(refusedConnect('127.0.0.1', canary.port));
  });

  it('refuses a name that leads to private addresses, each of them', async () => {
    const found = await refusals(`http://inside.test:${canary.port}/`, {
      'inside.test': [['127.0.0.1', '::1']],
    });
    expect(found).toContainEqual(refusedConnect('127.0.0.1', canary.port));
    expect(found).toContainEqual(refusedConnect('::1', canary.port));
  });

  it('refuses a name that changes to a private address after it was judged', async () => {
    const to = encodeURIComponent(`http://site.test:${canary.port}/secret`);
    const { controls } = await engine.run({
      argv: downloadArgv(`http://site.test:${site.port}/redirect?to=${to}`),
      egress: {
        allow: [`site.test:${site.port}`],
        proxy: null,
        resolver: { 'site.test': ['127.0.0.1', '127.0.0.1', '127.0.0.1'] },
      },
    });
    // Pinned is the address with its port: the same name on another port is not.
    expect(controls).toContainEqual(refusedConnect('127.0.0.1', canary.port));
    expect(canary.connections()).toBe(0);
  });

  it.each(['127.0.0.1', '[::ffff:127.0.0.1]', 'server.test'])(
    'refuses the port of the server itself, although %s is allowed',
    async (name) => {
      const { controls, exit } = await engine.run({
        argv: downloadArgv(`http://${name}:${own.port}/readyz`),
        egress: {
          allow: [`${name}:${own.port}`],
          proxy: null,
          resolver: { 'server.test': ['127.0.0.1'] },
        },
      });
      expect(exit.status).toBe(1);
      expect(controls).toContainEqual(
        expect.objectContaining({ event: 'connect', port: own.port }),
      );
      expect(own.connections()).toBe(0);
    },
  );

  it('reaches only the proxy when all traffic goes through it', async () => {
    const { controls, exit } = await engine.run({
      argv: downloadArgv(secretUrl()),
      egress: {
        allow: [`127.0.0.1:${canary.port}`],
        proxy: { url: `http://job:token@127.0.0.1:${site.port}`, isForAll: true },
      },
    });
    expect(exit.status).toBe(1);
    expect(controls).toContainEqual(refusedConnect('127.0.0.1', canary.port));
  });

  it('marks a refusal as optional when it was for a subtitle or a thumbnail', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'engine-info-'));
    const info = {
      id: 'x',
      title: 'x',
      ext: 'mp4',
      url: `${site.origin}/clip.mp4`,
      webpage_url: site.origin,
      extractor: 'x',
      extractor_key: 'X',
      subtitles: { en: [{ url: secretUrl(), ext: 'vtt' }] },
      thumbnails: [{ url: secretUrl(), id: '0' }],
    };
    await writeFile(join(folder, 'info.json'), JSON.stringify(info));
    const { controls, exit, lines } = await engine.run({
      folder,
      argv: [...BASIC_ARGV, '--proxy', '', '-o', 'media.%(ext)s', '--no-abort-on-error'].concat(
        '--write-subs',
        '--write-thumbnail',
        '--load-info-json',
        'info.json',
      ),
      egress: { allow: [site.address], proxy: null },
    });
    const refused = controls.filter((control) => control.kind === 'refused');
    // Each is told when it is refused and once more when its request has failed for good.
    expect(refused).toHaveLength(4);
    expect(refused.every(({ isOptional }) => isOptional)).toBe(true);
    expect(lines.filter((line) => line.startsWith('ERROR'))).toEqual([]);
    expect(exit.status).toBe(0);
    expect(await readdir(folder)).toContain('media.mp4');
  });
});

describe('the rules of the guard', () => {
  it('refuse every other audited operation and let a download work', async () => {
    const [canary, canary6] = [await startCanary('127.0.0.1'), await startCanary('::1')];
    const parent = await mkdtemp(join(await realpath(tmpdir()), 'engine-guard-'));
    const folder = join(parent, 'job');
    await mkdir(folder);
    const { pythonPath } = await engineTools();
    const { stdout, stderr } = await promisify(execFile)(pythonPath, [
      '-I',
      '-B',
      join(import.meta.dirname, 'guard_cases.py'),
      engineDir,
      folder,
      String(canary.port),
      String(canary6.port),
      pythonPath,
    ]);
    const results = JSON.parse(stdout) as Record<'refused' | 'passed', Record<string, string>>;
    expect(results.refused).toEqual(everyOne(results.refused, 'refused'));
    expect(results.passed).toEqual(everyOne(results.passed, 'passed'));
    expect(stderr.split('\n').filter((line) => line.includes('"refused"'))).toHaveLength(
      Object.keys(results.refused).length,
    );
    // The two that are allowed have asked what they take for their proxy.
    expect([canary.connections(), canary6.connections()]).toEqual([2, 0]);
    expect(await readdir(parent)).toEqual(['job']);
    await rm(parent, { recursive: true });
    await Promise.all([canary.close(), canary6.close()]);
  });
});

function everyOne(results: Record<string, string>, value: string): Record<string, string> {
  return Object.fromEntries(Object.keys(results).map((name) => [name, value]));
}
