import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeAuthorities } from '../../src/adapters/tools/authorities.ts';
import type { EngineTools } from '../../src/adapters/engine/engine-host.ts';
import { areFormatsMissing, inLightOfEngine } from '../../src/worker/failure/engine-trouble.ts';
import { classifyFailure } from '../../src/worker/failure/failure.ts';
import { startCanary, type Canary } from '../origin/canary.ts';
import {
  AUTHORITY_FILE,
  PLAYLIST_ENTRIES,
  PLAYLIST_ID,
  startFakeYouTube,
  type FakeYouTube,
} from '../origin/youtube/fake-youtube.ts';
import { toolsUnderTest } from '../tools-under-test.ts';
import {
  downloadArgv,
  startEngine,
  type EngineUnderTest,
  type JobResult,
} from './engine-under-test.ts';

/** The head of an mp4, and nothing that anybody would play. */
const CLIP = Buffer.concat([
  Buffer.from('000000206674797069736f6d0000020069736f6d69736f32617663316d703431', 'hex'),
  Buffer.alloc(50_000, 1),
]);

// yt-dlp's own extractor, its solver and the runtime of this installation; only YouTube is not there.
describe('YouTube', () => {
  let engine: EngineUnderTest;
  let site: FakeYouTube;
  let canary: Canary;
  let folder: string;
  let tools: EngineTools;
  let runtime: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'youtube-'));
    const { jsRuntime, ...found } = await toolsUnderTest();
    if (jsRuntime === null) throw new Error('These tests need Deno: npm run tools.');
    runtime = `${jsRuntime.name}:${jsRuntime.path}`;
    tools = { ...found, jsRuntime };
    const authorities = await writeAuthorities(AUTHORITY_FILE, folder);
    [site, canary, engine] = await Promise.all([
      startFakeYouTube(CLIP),
      startCanary(),
      startEngine('warm', { tools, authorities, runtimeCpuSeconds: 2 }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([engine.close(), site.close(), canary.close()]);
    await rm(folder, { recursive: true });
  });

  let players = 0;

  beforeEach(() => {
    site.hostile = '';
    // Each test has a player of its own: the engine keeps those that it knows.
    players += 1;
    site.playerId = String(players).padStart(8, '0');
  });

  function fetchFrom(on: EngineUnderTest, url: string, ...options: readonly string[]) {
    return on.run({
      argv: downloadArgv(url, '--proxy', site.proxyUrl, '--fixup', 'never', ...options),
      egress: { allow: [site.hostPort], proxy: null },
    });
  }

  const watch = (id: string) => `https://www.youtube.com/watch?v=${id}`;
  const withRuntime = () => ['--js-runtimes', runtime];
  const download = (id: string, options = withRuntime()) =>
    fetchFrom(engine, watch(id), ...options);

  function codeOf({ exit, lines, controls }: JobResult) {
    const of = <Kind extends string>(kind: Kind) =>
      controls.filter(
        (control): control is Extract<typeof control, { kind: Kind }> => control.kind === kind,
      );
    const evidence = {
      exit,
      lines,
      refusals: of('refused'),
      responses: of('response'),
      errors: of('error'),
    };
    return inLightOfEngine(classifyFailure(evidence, Date.now()).code, lines);
  }

  it('gives its media to clients that solved both challenges, and 403 to others', async () => {
    const { exit, lines, folder: job } = await download('protected01');
    expect(exit.status, lines.join('\n')).toBe(0);
    expect(await readdir(job)).toContain('media.mp4');
    expect(areFormatsMissing(lines)).toBe(false);
    const media = 'https://rr1---sn-fake.googlevideo.com/videoplayback?n=a-challenge-for-n';
    const before = site.media.length;
    expect((await fetchFrom(engine, media)).exit.status).toBe(1);
    expect(site.media.slice(before)).toEqual([403]);
  });

  it('without a runtime fails as RUNTIME_MISSING, or gives the one easy format with a warning', async () => {
    expect(codeOf(await download('protected01', []))).toBe('RUNTIME_MISSING');
    const { exit, lines } = await download('easyformat1', []);
    expect(exit.status, lines.join('\n')).toBe(0);
    expect(areFormatsMissing(lines)).toBe(true);
  });

  it('is read when it speaks of an outdated page, an age limit or an upcoming stream', async () => {
    expect(codeOf(await download('reloadpage1'))).toBe('ENGINE_OUTDATED');
    expect(codeOf(await download('agegated001'))).toBe('LOGIN_REQUIRED');
    expect(codeOf(await download('beginssoon1'))).toBe('UPCOMING');
  });

  it('lists a playlist', async () => {
    const url = `https://www.youtube.com/playlist?list=${PLAYLIST_ID}`;
    const { lines } = await fetchFrom(engine, url, '--flat-playlist', '--print', 'id');
    expect(lines.filter((line) => /^entry\d{6}$/.test(line))).toHaveLength(PLAYLIST_ENTRIES);
  });

  it('gets nothing from a player script that tries network, files or programs', async () => {
    const { port } = canary;
    const attacks = [
      `fetch("http://127.0.0.1:${port}/").catch(()=>0);`,
      `new WebSocket("ws://127.0.0.1:${port}/");`,
      `import("http://127.0.0.1:${port}/x.js").catch(()=>0);`,
      'globalThis.found=Deno.readTextFileSync("/etc/hosts");',
      `Deno.writeTextFileSync("${folder}/written","x");`,
      `new Deno.Command("/bin/sh",{args:["-c","echo x > ${folder}/written"]}).outputSync();`,
      `process.getBuiltinModule("net").connect(${port},"127.0.0.1").on("error",()=>0);`,
    ];
    site.hostile = attacks.map((attack) => `try{${attack}}catch(e){}`).join('');
    // Its last words are still solutions: it ran.
    const { exit, lines } = await download('protected01');
    expect(exit.status, lines.join('\n')).toBe(0);
    expect([canary.connections, canary.datagrams]).toEqual([0, 0]);
    expect(await readdir(folder)).toEqual(['authorities.pem']);
  });

  it('ends an endless player script as SOLVER_FAILED', async () => {
    site.hostile = 'for(;;);';
    const started = await engine.open({
      argv: downloadArgv(watch('protected01'), '--proxy', site.proxyUrl, ...withRuntime()),
      egress: { allow: [site.hostPort], proxy: null },
    });
    const exit = await started.closed;
    expect(codeOf({ ...started, exit })).toBe('SOLVER_FAILED');
  });

  it('loads a player script once, for the first of its videos', async () => {
    const before = site.playerRequests;
    for (let video = 0; video < 3; video += 1) {
      const { exit, lines } = await download('protected01');
      expect(exit.status, lines.join('\n')).toBe(0);
    }
    expect(site.playerRequests - before).toBe(1);
    site.playerId = 'ffffffff';
    expect((await download('protected01')).exit.status).toBe(0);
    expect(site.playerRequests - before).toBe(2);
  });

  it('caches no player from a link that is not a YouTube video', async () => {
    const before = site.playerRequests;
    const elsewhere = 'https://www.youtube-nocookie.com/embed/protected01';
    const { exit, lines } = await fetchFrom(engine, elsewhere, ...withRuntime());
    expect(exit.status, lines.join('\n')).toBe(0);
    expect((await download('protected01')).exit.status).toBe(0);
    expect(site.playerRequests - before).toBe(2);
  });

  it('reports a missing solver when yt-dlp lacks it', async () => {
    const bare = await startEngine('cold', { tools: { ...tools, solverLibraries: null } });
    try {
      const authority = ['--no-check-certificates'];
      const result = await fetchFrom(bare, watch('protected01'), ...withRuntime(), ...authority);
      expect(codeOf(result), result.lines.join('\n')).toBe('SOLVER_MISSING');
    } finally {
      await bare.close();
    }
  });
});
