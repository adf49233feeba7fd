import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngineProber, type EngineProberOptions } from '../../src/adapters/prober.engine.ts';
import type { ProbeOutcome } from '../../src/domain/attempt.ts';
import { selectionOf } from '../../src/domain/selection/presets.ts';
import type { ProbeRequest, TaskEngine } from '../../src/worker/task.ts';

const engine: TaskEngine = {
  socketPath: '/nowhere',
  tier: 'warm',
  kind: 'module',
  ytDlpVersion: '2026.10.26',
  hasFfmpeg: true,
  restrictsConnections: false,
  jsRuntime: null,
};
const never = new AbortController().signal;

let home: string;
let asked: ProbeRequest[];
let issued: (string | null)[];
let open: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'artemis-prober-'));
  asked = [];
  issued = [];
  open = 0;
});
afterEach(() => rm(home, { recursive: true, force: true }));

const seen = ({ url }: ProbeRequest): Promise<ProbeOutcome> =>
  Promise.resolve({
    kind: 'seen',
    probe: { kind: 'playlist', url, title: null, entry_count: 0, entries: [], next_cursor: null },
    media: null,
  });

const untilAborted = ({ signal }: ProbeRequest): Promise<ProbeOutcome> =>
  new Promise((done) => {
    const stop = () => done({ kind: 'stopped' });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

function start(look: EngineProberOptions['look'], rest: Partial<EngineProberOptions> = {}) {
  return createEngineProber({
    folder: join(home, 'probes'),
    look: (request) => {
      asked.push(request);
      return look(request);
    },
    withEngine: async (use) => use(await Promise.resolve(engine)),
    issueProxy: (upstream) => {
      issued.push(upstream);
      open += 1;
      return { url: 'http://job:x@127.0.0.1:1', revoke: () => void (open -= 1) };
    },
    egressAllow: () => ['lan:80'],
    memoryBytes: 1,
    ...rest,
  });
}

const link = (options = {}) => ({
  ...{ url: 'https://a.example/', selection: selectionOf({ options }), firstEntry: 1 },
  cookies: {
    ...{ site: 'a.example', text: 'the cookies', version: '1' },
    succeeded: () => Promise.resolve(),
  },
});

describe('a prober that runs the engine', () => {
  it('gives each probe an empty folder and access through the proxy, and takes both back', async () => {
    await mkdir(join(home, 'probes/left-by-a-crash'), { recursive: true });
    await writeFile(join(home, 'probes/left-by-a-crash/x'), 'x');
    const prober = start(async (request) => {
      expect(await readdir(request.folder)).toEqual([]);
      expect(await readdir(join(home, 'probes'))).toHaveLength(1);
      await writeFile(join(request.folder, 'thumbnail.jpg'), 'x');
      return seen(request);
    });
    await prober.probe(link({ proxy: 'http://proxy.example:3128' }), never);
    expect(asked[0]?.egress).toMatchObject({ allow: ['lan:80'], isProxyForAll: true });
    expect(issued).toEqual(['http://proxy.example:3128']);
    expect([open, existsSync(asked[0]?.folder ?? '')]).toEqual([0, false]);
  });

  it('gives a standalone yt-dlp no cookies', async () => {
    await start(seen).probe(link(), never);
    const binary = { ...engine, kind: 'binary' as const };
    await start(seen, { withEngine: (use) => use(binary) }).probe(link(), never);
    expect(asked.map(({ cookies }) => cookies)).toEqual(['the cookies', null]);
  });

  it('fails like an attempt when there is no engine', async () => {
    for (const [absence, code] of [
      ['missing', 'ENGINE_MISSING'],
      ['starting', 'INTERRUPTED'],
    ] as const) {
      const prober = start(seen, { withEngine: () => Promise.resolve(absence) });
      expect(await prober.probe(link(), never)).toMatchObject({ kind: 'failed', code });
    }
  });

  it('ends running probes when it is closed, and starts none afterwards', async () => {
    const prober = start(untilAborted);
    const probing = prober.probe(link(), never);
    await prober.close();
    expect(await probing).toEqual({ kind: 'stopped' });
    expect(open).toBe(0);
    expect(await prober.probe(link(), never)).toEqual({ kind: 'stopped' });
    expect(asked.length).toBeLessThan(2);
  });
});

it('a folder that could not be made is made by the next probe', async () => {
  await writeFile(join(home, 'file'), '');
  const prober = start(seen, { folder: join(home, 'file', 'probes') });
  await expect(prober.probe(link(), never)).rejects.toThrow();
  await rm(join(home, 'file'));
  expect(await prober.probe(link(), never)).toMatchObject({ kind: 'seen' });
  await prober.close();
});
