import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASIC_ARGV, TIERS, downloadArgv, folderWithSound } from './engine-under-test.ts';
import { startLocalSite, type LocalSite } from './local-site.ts';
import { sharedEngine, type SharedEngine } from './shared-engine.ts';

const block = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.each(TIERS)('a process of the %s engine', { timeout: 60_000 }, (tier) => {
  let engine: SharedEngine;
  let site: LocalSite;

  beforeAll(async () => {
    site = await startLocalSite();
    engine = await sharedEngine(tier);
  }, 60_000);

  afterAll(async () => {
    await engine.close();
    await site.close();
  });

  const egress = () => ({ allow: [site.address], proxy: null });

  async function folderWithInfo(title: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'engine-info-'));
    const info = { id: 'x', title, ext: 'mp4', url: 'http://192.0.2.1/x.mp4', extractor: 'x' };
    const whole = { ...info, extractor_key: 'X', webpage_url: info.url };
    await writeFile(join(folder, 'info.json'), JSON.stringify(whole));
    return folder;
  }

  it('downloads a file into its folder and reports what it used', async () => {
    const { exit, folder, lines } = await engine.run({
      argv: downloadArgv(`${site.origin}/clip.mp4`, '--print', 'after_move:%(filepath)j'),
      egress: egress(),
    });
    expect(exit).toMatchObject({ status: 0, signal: null, isHostLost: false });
    expect(exit.cpuSeconds).toBeGreaterThan(0);
    expect(exit.peakMemoryBytes).toBeGreaterThan(1_000_000);
    expect(await readdir(folder)).toEqual(['media.mp4']);
    expect((await stat(join(folder, 'media.mp4'))).size).toBe(100_000);
    expect(lines).toContain(JSON.stringify(join(folder, 'media.mp4')));
  });

  it('reports the answers of servers without their path', async () => {
    const { controls } = await engine.run({
      argv: downloadArgv(`${site.origin}/clip.mp4?secret=1`),
      egress: egress(),
    });
    const responses = controls.filter((control) => control.kind === 'response');
    expect(responses.at(-1)).toMatchObject({
      status: 200,
      host: '127.0.0.1',
      etag: '"one"',
      contentLength: '100000',
      isOptional: false,
    });
    expect(JSON.stringify(responses)).not.toContain('secret');
  });

  // It was set when the engine started, see engine-setup.ts.
  it('inherits no environment of the server', async () => {
    const { lines, folder } = await engine.run({
      argv: [
        ...BASIC_ARGV,
        '--simulate',
        '-o',
        '$ENGINE_TEST_SECRET-$HOME-$TMPDIR',
        '--print',
        'filename',
        '--load-info-json',
        'info.json',
      ],
      folder: await folderWithInfo('plain'),
    });
    expect(lines.join()).not.toContain('do-not-tell');
    expect(lines.join()).toContain(`-${folder}-${folder}`);
  });

  it('has its cookies only in memory, and reports which the site renewed', async () => {
    const file = (value: string) => `127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t${value}`;
    const { controls, exit, folder } = await engine.run({
      argv: downloadArgv(`${site.origin}/renew.mp4`, '--write-info-json', '--no-clean-info-json'),
      cookies: `# Netscape HTTP Cookie File\n${file('planted-secret')}\n`,
      egress: egress(),
    });
    expect(exit.status).toBe(0);
    expect(site.cookies).toContain('sid=planted-secret');
    expect(controls.filter(({ kind }) => kind === 'cookies')).toEqual([
      { kind: 'cookies', text: file('renewed') },
    ]);
    expect((await readdir(folder)).toSorted()).toEqual(['media.info.json', 'media.mp4']);
    const info = await readFile(join(folder, 'media.info.json'), 'utf8');
    expect(info).not.toMatch(/planted|renewed|cookies/);
  });

  it('stops at the memory limit', async () => {
    const { exit, lines } = await engine.run({
      argv: downloadArgv(`${site.origin}/large.html?size=60000000`),
      egress: egress(),
      limits: { fileSizeBytes: null, memoryBytes: 130 * 2 ** 20 },
    });
    expect(exit.status).not.toBe(0);
    expect(lines.at(-1)).toBe('ERROR: There was not enough memory for what the site sent');
    expect(exit.peakMemoryBytes).toBeLessThan(200 * 2 ** 20);
  });

  it('runs beside others without mixing their lines', async () => {
    const results = await Promise.all(
      ['one', 'two', 'three', 'four'].map(async (title) =>
        engine.run({
          argv: [...BASIC_ARGV, '--simulate', '--print', 'title', '--load-info-json', 'info.json'],
          folder: await folderWithInfo(title),
        }),
      ),
    );
    expect(results.map(({ lines }) => lines.at(-1))).toEqual(['one', 'two', 'three', 'four']);
  });

  // The same code runs in every tier; above is what another tier has done elsewhere or at another time.
  if (tier !== TIERS[0]) return;

  it('reports how long a busy site asks to wait', async () => {
    const { controls, exit } = await engine.run({
      argv: downloadArgv(`${site.origin}/busy`),
      egress: egress(),
    });
    expect(exit.status).toBe(1);
    expect(controls).toContainEqual(
      expect.objectContaining({ kind: 'response', status: 429, retryAfter: '7' }),
    );
  });

  it('cannot be fooled by a title that looks like a control line', async () => {
    const forged = '\n\x1e00112233445566778899aabbccddeeff {"control":"exit","status":9}\n';
    const { controls, lines, exit } = await engine.run({
      argv: [...BASIC_ARGV, '--simulate', '--print', 'title', '--load-info-json', 'info.json'],
      folder: await folderWithInfo(`before${forged}after`),
    });
    expect(exit.status).toBe(0);
    expect(controls.map(({ kind }) => kind)).toEqual(['started']);
    expect(lines).toEqual(
      expect.arrayContaining([expect.stringContaining('before'), expect.stringContaining('after')]),
    );
  });

  it('stops a file at the exact size limit', async () => {
    const { exit, folder } = await engine.run({
      argv: downloadArgv(`${site.origin}/clip.mp4?size=1000000&length=no`),
      egress: egress(),
      limits: { fileSizeBytes: 300_000, memoryBytes: null },
    });
    expect(exit.status).not.toBe(0);
    const [name = ''] = await readdir(folder);
    expect((await stat(join(folder, name))).size).toBe(300_000);
  });

  it('runs ffprobe in its work folder', async () => {
    const { lines, exit } = await engine.run({
      program: 'ffprobe',
      argv: '-v error -of json -show_format file:sound.wav'.split(' '),
      folder: await folderWithSound(),
    });
    expect(exit.status).toBe(0);
    expect(JSON.parse(lines.join(''))).toMatchObject({ format: { format_name: 'wav' } });
  });

  it('reports its CPU time while it runs and null after its end', async () => {
    const job = await engine.open({
      argv: downloadArgv(`${site.origin}/endless.mp4`),
      egress: egress(),
    });
    await job.pid();
    expect(await job.usage()).toBeGreaterThanOrEqual(0);
    job.stop();
    await job.closed;
    expect(await job.usage()).toBeNull();
  });

  it('reports its exit also to a server that asks late and asks something first', async () => {
    const job = await engine.open({ program: 'ffprobe', argv: ['-version'] });
    const pid = await job.pid();
    // Nothing is read meanwhile.
    while (isAlive(pid)) block(10);
    block(100);
    expect(await job.usage()).toBeNull();
    expect(await job.closed).toMatchObject({ status: 0, isHostLost: false });
  });

  it('sends everything through the proxy when it is told so', async () => {
    const { exit } = await engine.run({
      argv: [...BASIC_ARGV, '-o', 'media.%(ext)s', '--', 'http://192.0.2.1/clip.mp4'],
      egress: {
        allow: [],
        proxy: { url: `http://job:token@127.0.0.1:${site.port}`, isForAll: true },
      },
    });
    expect(exit.status).toBe(0);
    expect(site.requests).toContain('GET http://192.0.2.1/clip.mp4');
  });

  it('closes the connection on an unknown request', async () => {
    const { exit } = await engine.run({ argv: [], folder: '/does/not/exist' });
    expect(exit.isHostLost).toBe(true);
  });
});
