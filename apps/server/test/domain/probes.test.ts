import type { Probe } from '@artemis/contracts';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ProbeOutcome } from '../../src/domain/attempt.ts';
import type { RequestError } from '../../src/domain/errors.ts';
import { createProbedMediaCache } from '../../src/domain/links/probed-media.ts';
import type { LinkToProbe, Prober } from '../../src/domain/ports.ts';
import { createProbes, type ProbesDependencies } from '../../src/domain/probes.ts';
import {
  createListedLanguages,
  unknownLanguages,
} from '../../src/domain/selection/language-tags.ts';

const HOURS = 3_600_000;
const never = new AbortController().signal;

let asked: LinkToProbe[];
beforeEach(() => void (asked = []));

function probeOf(url: string): Probe {
  return { kind: 'playlist', url, title: null, entry_count: 0, entries: [], next_cursor: null };
}

const seen: Prober['probe'] = ({ url }) =>
  Promise.resolve({ kind: 'seen', probe: probeOf(url), media: null });

const untilAborted: Prober['probe'] = (_link, signal) =>
  new Promise((done) => {
    const stop = () => done({ kind: 'stopped' });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

function start(probe: Prober['probe'], rest: Partial<ProbesDependencies> = {}) {
  return createProbes({
    prober: {
      probe(link, signal) {
        asked.push(link);
        return probe(link, signal);
      },
      close: () => Promise.resolve(),
    },
    checkUrl: (raw) =>
      raw.includes('private')
        ? { ok: false, reason: 'It is private.' }
        : { ok: true, url: new URL(raw).href },
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

describe('probes', () => {
  it('remembers the answer to the same request for six hours, and not to another one', async () => {
    let nowMs = 1;
    const probes = start(seen, { nowMs: () => nowMs });
    await probes.probe({ url: 'https://a.example' }, never);
    await probes.probe({ url: 'https://a.example/', options: {}, cursor: '1' }, never);
    expect(asked).toHaveLength(1);
    await probes.probe({ url: 'https://a.example', quality: '720p' }, never);
    await probes.probe({ url: 'https://a.example', cursor: '201' }, never);
    expect(asked.map(({ firstEntry }) => firstEntry)).toEqual([1, 1, 201]);
    nowMs = 6 * HOURS;
    await probes.probe({ url: 'https://a.example' }, never);
    expect(asked).toHaveLength(3);
    nowMs = 6 * HOURS + 2;
    await probes.probe({ url: 'https://a.example' }, never);
    expect(asked).toHaveLength(4);
  });

  it('probes with the cookies of the site, and again when they change', async () => {
    let version = 'a 1';
    const probedMedia = createProbedMediaCache();
    const lendCookies = () => ({
      ...{ site: 'a.example', text: `cookies ${version}`, version },
      succeeded: () => Promise.resolve(),
    });
    const media = { metadata: { title: 'signed in' }, info: '{}' };
    const look = ({ url }: LinkToProbe): Promise<ProbeOutcome> =>
      Promise.resolve({ kind: 'seen', probe: probeOf(url), media });
    const probes = start(look, { lendCookies, probedMedia });
    for (const next of ['a 1', 'a 1', 'a 2']) {
      version = next;
      await probes.probe({ url: 'https://a.example' }, never);
    }
    await probes.probe({ url: 'https://a.example' }, never, true);
    expect(asked.map(({ cookies }) => cookies?.text)).toEqual([
      'cookies a 1',
      'cookies a 2',
      'cookies a 2',
    ]);
    // A download after the cookies were deleted must not begin from what a sign-in has shown.
    expect(probedMedia.metadata('https://a.example/')).toEqual({ title: 'signed in' });
    expect(probedMedia.info('https://a.example/', null)).toBeNull();
  });

  it('remembers a hundred answers at most, the newest', async () => {
    const probes = start(seen);
    for (let n = 0; n <= 100; n += 1) await probes.probe({ url: `https://a.example/${n}` }, never);
    await probes.probe({ url: 'https://a.example/100' }, never);
    expect(asked).toHaveLength(101);
    await probes.probe({ url: 'https://a.example/0' }, never);
    expect(asked).toHaveLength(102);
  });

  it('reports the code of a failure and does not remember it', async () => {
    const probes = start(() => Promise.resolve({ kind: 'failed', code: 'NETWORK', detail: 'x' }));
    for (let n = 0; n < 2; n += 1) {
      const error = await refusal(probes.probe({ url: 'https://a.example' }, never));
      expect([error.code, error.failureCode, error.status]).toEqual([
        'PROBE_FAILED',
        'NETWORK',
        422,
      ]);
    }
    expect(asked).toHaveLength(2);
  });

  it('says which entries of a list were already downloaded at that moment', async () => {
    const links = ['https://a.example/1', 'https://a.example/2', null];
    const entries = links.map((url, place) => {
      return { index: place + 1, id: null, url, title: null, duration: null };
    });
    const downloaded = new Set<string>();
    const list = { ...probeOf('https://a.example'), entries } as Probe;
    const probes = start(() => Promise.resolve({ kind: 'seen', probe: list, media: null }), {
      isDownloaded: (_selection, url) => downloaded.has(url),
    });
    const look = async () => {
      const probe = await probes.probe({ url: 'https://a.example' }, never);
      return probe.kind === 'playlist' ? probe.entries.map((entry) => entry.is_downloaded) : [];
    };
    expect(await look()).toEqual([undefined, undefined, undefined]);
    downloaded.add('https://a.example/2');
    expect(await look()).toEqual([undefined, true, undefined]);
    expect(asked).toHaveLength(1);
  });

  it('runs two probes at a time, and refuses links that a submission would refuse', async () => {
    const probes = start(untilAborted);
    const first = new AbortController();
    const looks = ['https://a.example', 'https://b.example'].map((url) =>
      refusal(probes.probe({ url }, first.signal)),
    );
    const third = await refusal(probes.probe({ url: 'https://c.example' }, never));
    expect([third.code, third.retryAfterSeconds]).toEqual(['TOO_MANY_PROBES', 3]);
    const refused = await refusal(probes.probe({ url: 'https://private.example' }, never));
    expect([refused.code, refused.details[0]?.path]).toEqual(['URL_NOT_ALLOWED', '/url']);
    const unknown = await refusal(
      probes.probe({ url: 'https://a.example', options: { name_template: '{x}' } }, never),
    );
    expect(unknown.details[0]?.path).toBe('/options/name_template');
    first.abort();
    await Promise.all(looks);
    const after = start(seen).probe({ url: 'https://c.example' }, never);
    expect((await after).kind).toBe('playlist');
  });

  it('answer that the server is stopping once they are closed', async () => {
    const probes = start(seen);
    await probes.close();
    const late = await refusal(probes.probe({ url: 'https://a.example' }, never));
    expect(late.code).toBe('SHUTTING_DOWN');
  });

  it('remembers unusual tags of subtitles and sound and accepts them in any case', async () => {
    const sound = {
      ...{ format_id: '1', ext: 'm4a', vcodec: null, acodec: 'aac', language: 'qw', note: null },
      ...{ width: null, height: null, fps: null, bitrate: null },
      ...{ filesize: null, is_filesize_exact: false },
    };
    const media = {
      ...{ kind: 'media', url: 'https://a.example/', title: null, uploader: null, duration: 1 },
      ...{
        is_live: false,
        thumbnail: null,
        formats: [sound],
        picks: [],
        chapters: 0,
        output: null,
      },
      ...{ subtitles: ['qq', 'en'], automatic_captions: ['zzz-Latn'], next_cursor: null },
    } as const satisfies Probe;
    const listedLanguages = createListedLanguages();
    const look = () => Promise.resolve({ kind: 'seen', probe: media, media: null } as const);
    await start(look, { listedLanguages }).probe({ url: 'https://a.example' }, never);
    const options = {
      audio_languages: ['QW', 'qq', 'qx'],
      subtitles: { languages: ['QQ', 'zzz_latn', 'qy'] },
    };
    const unknown = unknownLanguages(options, listedLanguages.has);
    expect(unknown.map(({ path }) => path)).toEqual([
      '/options/audio_languages/2',
      '/options/subtitles/languages/2',
    ]);
  });
});
