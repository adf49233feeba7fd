import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Probe } from '@artemis/contracts';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProber, type ProberOptions } from '../../src/adapters/prober.ts';
import {
  createListedLanguages,
  unknownLanguages,
} from '../../src/domain/selection/language-tags.ts';
import { createProbedMediaCache } from '../../src/domain/links/probed-media.ts';
import type { RequestError } from '../../src/domain/errors.ts';
import type { ProbeOutcome } from '../../src/domain/attempt.ts';
import type { ProbeRequest, TaskEngine } from '../../src/worker/task.ts';

const HOURS = 3_600_000;
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
let looked: ProbeRequest[];
let issued: (string | null)[];
let open: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'artemis-prober-'));
  looked = [];
  issued = [];
  open = 0;
});
afterEach(() => rm(home, { recursive: true, force: true }));

function probeOf(url: string): Probe {
  return { kind: 'playlist', url, title: null, entry_count: 0, entries: [], next_cursor: null };
}

const seen = ({ url }: ProbeRequest): Promise<ProbeOutcome> =>
  Promise.resolve({ kind: 'seen', probe: probeOf(url), media: null });

const untilAborted = ({ signal }: ProbeRequest): Promise<ProbeOutcome> =>
  new Promise((done) => {
    const stop = () => done({ kind: 'stopped' });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

function start(look: ProberOptions['look'], rest: Partial<ProberOptions> = {}) {
  return createProber({
    folder: join(home, 'probes'),
    look: (request) => {
      looked.push(request);
      return look(request);
    },
    checkUrl: (raw) =>
      raw.includes('private')
        ? { ok: false, reason: 'It is private.' }
        : { ok: true, url: new URL(raw).href },
    withEngine: async (use) => use(await Promise.resolve(engine)),
    issueProxy: (upstream) => {
      issued.push(upstream);
      open += 1;
      return { url: 'http://job:x@127.0.0.1:1', revoke: () => void (open -= 1) };
    },
    egressAllow: () => ['lan:80'],
    memoryBytes: 1,
    lendCookies: () => null,
    probedMedia: createProbedMediaCache(),
    listedLanguages: createListedLanguages(),
    isDownloaded: () => false,
    planOutput: () => Promise.resolve(null),
    logger: pino({ level: 'silent' }),
    ...rest,
  });
}

async function refusal(answer: Promise<unknown>): Promise<RequestError> {
  return answer.then(
    () => {
      throw new Error('it was answered');
    },
    (error: RequestError) => error,
  );
}

describe('the prober', () => {
  it('answers the same question for six hours, and another one not', async () => {
    let nowMs = 0;
    const prober = start(seen, { nowMs: () => nowMs });
    await prober.probe({ url: 'https://a.example' }, never);
    await prober.probe({ url: 'https://a.example/', options: {}, cursor: '1' }, never);
    expect(looked).toHaveLength(1);
    await prober.probe({ url: 'https://a.example', quality: '720p' }, never);
    await prober.probe({ url: 'https://a.example', cursor: '201' }, never);
    expect(looked.map(({ firstEntry }) => firstEntry)).toEqual([1, 1, 201]);
    nowMs = 6 * HOURS - 1;
    await prober.probe({ url: 'https://a.example' }, never);
    expect(looked).toHaveLength(3);
    nowMs = 6 * HOURS;
    await prober.probe({ url: 'https://a.example' }, never);
    expect(looked).toHaveLength(4);
  });

  it('looks with the cookies of the site, and anew when they are others', async () => {
    let version = 'a 1';
    const probedMedia = createProbedMediaCache();
    const lendCookies = () => ({
      ...{ site: 'a.example', text: `cookies ${version}`, version },
      succeeded: () => Promise.resolve(),
    });
    const media = { metadata: { title: 'signed in' }, info: '{}' };
    const look = ({ url }: ProbeRequest): Promise<ProbeOutcome> =>
      Promise.resolve({ kind: 'seen', probe: probeOf(url), media });
    const prober = start(look, { lendCookies, probedMedia });
    for (const next of ['a 1', 'a 1', 'a 2']) {
      version = next;
      await prober.probe({ url: 'https://a.example' }, never);
    }
    await prober.probe({ url: 'https://a.example' }, never, true);
    expect(looked.map(({ cookies }) => cookies)).toEqual([
      'cookies a 1',
      'cookies a 2',
      'cookies a 2',
    ]);
    // A download after the cookies were deleted must not begin from what a sign-in has shown.
    expect(probedMedia.metadata('https://a.example/')).toEqual({ title: 'signed in' });
    expect(probedMedia.info('https://a.example/', null)).toBeNull();
    const binary = { ...engine, kind: 'binary' as const };
    const discreet = start(look, { lendCookies, withEngine: (use) => use(binary) });
    await discreet.probe({ url: 'https://a.example' }, never);
    expect(looked.at(-1)?.cookies).toBeNull();
  });

  it('remembers a hundred answers at most, the newest', async () => {
    const prober = start(seen);
    for (let n = 0; n <= 100; n += 1) await prober.probe({ url: `https://a.example/${n}` }, never);
    await prober.probe({ url: 'https://a.example/100' }, never);
    expect(looked).toHaveLength(101);
    await prober.probe({ url: 'https://a.example/0' }, never);
    expect(looked).toHaveLength(102);
  });

  it('does not remember a failure, and tells its code', async () => {
    const prober = start(() => Promise.resolve({ kind: 'failed', code: 'NETWORK', detail: 'x' }));
    for (let n = 0; n < 2; n += 1) {
      const error = await refusal(prober.probe({ url: 'https://a.example' }, never));
      expect([error.code, error.failureCode, error.status]).toEqual([
        'PROBE_FAILED',
        'NETWORK',
        422,
      ]);
    }
    expect(looked).toHaveLength(2);
    for (const [absence, code] of [
      ['missing', 'ENGINE_MISSING'],
      ['starting', 'INTERRUPTED'],
    ] as const) {
      const without = start(seen, { withEngine: () => Promise.resolve(absence) });
      const refused = await refusal(without.probe({ url: 'https://a.example' }, never));
      expect(refused.failureCode).toBe(code);
    }
  });

  it('gives each look an empty folder and a way through the proxy, and takes both back', async () => {
    await mkdir(join(home, 'probes/left-by-a-crash'), { recursive: true });
    await writeFile(join(home, 'probes/left-by-a-crash/x'), 'x');
    const prober = start(async (request) => {
      expect(await readdir(request.folder)).toEqual([]);
      expect(await readdir(join(home, 'probes'))).toHaveLength(1);
      await writeFile(join(request.folder, 'thumbnail.jpg'), 'x');
      return seen(request);
    });
    const options = { proxy: 'http://proxy.example:3128' };
    await prober.probe({ url: 'https://a.example', options }, never);
    expect(looked[0]?.egress).toMatchObject({ allow: ['lan:80'], isProxyForAll: true });
    expect(issued).toEqual(['http://proxy.example:3128']);
    expect([open, existsSync(looked[0]?.folder ?? '')]).toEqual([0, false]);
  });

  it('says which entries of a list were downloaded here, as it is at that moment', async () => {
    const links = ['https://a.example/1', 'https://a.example/2', null];
    const entries = links.map((url, place) => {
      return { index: place + 1, id: null, url, title: null, duration: null };
    });
    const downloaded = new Set<string>();
    const list = { ...probeOf('https://a.example'), entries } as Probe;
    const prober = start(() => Promise.resolve({ kind: 'seen', probe: list, media: null }), {
      isDownloaded: (_selection, url) => downloaded.has(url),
    });
    const look = async () => {
      const probe = await prober.probe({ url: 'https://a.example' }, never);
      return probe.kind === 'playlist' ? probe.entries.map((entry) => entry.is_downloaded) : [];
    };
    expect(await look()).toEqual([undefined, undefined, undefined]);
    downloaded.add('https://a.example/2');
    expect(await look()).toEqual([undefined, true, undefined]);
    expect(looked).toHaveLength(1);
  });

  it('takes two at a time, and none that a submission would not take', async () => {
    const prober = start(untilAborted);
    const first = new AbortController();
    const looks = ['https://a.example', 'https://b.example'].map((url) =>
      refusal(prober.probe({ url }, first.signal)),
    );
    const third = await refusal(prober.probe({ url: 'https://c.example' }, never));
    expect([third.code, third.retryAfterSeconds]).toEqual(['TOO_MANY_PROBES', 3]);
    const refused = await refusal(prober.probe({ url: 'https://private.example' }, never));
    expect([refused.code, refused.details[0]?.path]).toEqual(['URL_NOT_ALLOWED', '/url']);
    const unknown = await refusal(
      prober.probe({ url: 'https://a.example', options: { name_template: '{x}' } }, never),
    );
    expect(unknown.details[0]?.path).toBe('/options/name_template');
    first.abort();
    await Promise.all(looks);
    expect(open).toBe(0);
  });

  it('ends what runs when it is closed, and then takes nothing', async () => {
    const prober = start(untilAborted);
    const looking = refusal(prober.probe({ url: 'https://a.example' }, never));
    await prober.close();
    expect((await looking).code).toBe('SHUTTING_DOWN');
    expect(await readdir(home)).toEqual([]);
    const late = await refusal(prober.probe({ url: 'https://a.example' }, never));
    expect(late.code).toBe('SHUTTING_DOWN');
  });

  it('remembers what subtitles are called that no language is known by, and takes them in whatever case', async () => {
    const media = {
      ...{ kind: 'media', url: 'https://a.example/', title: null, uploader: null, duration: 1 },
      ...{ is_live: false, thumbnail: null, formats: [], picks: [], chapters: 0, output: null },
      ...{ subtitles: ['qq', 'en'], automatic_captions: ['zzz-Latn'], next_cursor: null },
    } as const satisfies Probe;
    const listedLanguages = createListedLanguages();
    const look = () => Promise.resolve({ kind: 'seen', probe: media, media: null } as const);
    await start(look, { listedLanguages }).probe({ url: 'https://a.example' }, never);
    const options = { subtitles: { languages: ['QQ', 'zzz_latn', 'qy'] } };
    const unknown = unknownLanguages(options, listedLanguages.has);
    expect(unknown.map(({ path }) => path)).toEqual(['/options/subtitles/languages/2']);
  });
});
