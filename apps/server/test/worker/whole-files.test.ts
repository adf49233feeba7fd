import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { DownloadOptions, FailureCode, FormatPreset } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, NO_CLAIMS } from '../../src/worker/media/length-claims.ts';
import type { OutcomeFile } from '../../src/domain/attempt.ts';
import { planOf } from '../../src/worker/plan/plan.ts';
import { verifyMedia } from '../../src/worker/media/verify.ts';
import { inspect } from '../integration/inspect.ts';
import { contentTypeOf } from '../origin/media-routes.ts';
import { startFileSite, type FileSite } from './file-site.ts';
import { startTasks, type TaskRequest, type TasksUnderTest } from './task-under-test.ts';

let tasks: TasksUnderTest;
let site: FileSite;
let folder: string;

beforeAll(async () => {
  site = await startFileSite();
  tasks = await startTasks([site.hostPort]);
  folder = await mkdtemp(join(tmpdir(), 'whole-files-'));
}, 120_000);

afterAll(async () => {
  await site.close();
  await tasks.close();
  await rm(folder, { recursive: true, force: true });
});

const medium = (name: string) => join(tasks.origin.mediaFolder, name);

function served(path: string, file: string, query: Readonly<Record<string, string>> = {}): string {
  const type = contentTypeOf(file);
  return `${path}?${new URLSearchParams({ file, type, ...query }).toString()}`;
}

const done = (path: string, request?: TaskRequest) => tasks.done(site.url + path, request);
const run = (path: string, request?: TaskRequest) => tasks.run(site.url + path, request);

async function changed(name: string, change: (content: Buffer) => Buffer): Promise<string> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}${extname(name)}`);
  await writeFile(path, change(await readFile(medium(name))));
  return path;
}

/** The first half of the fragments of an mp4 becomes free space, since places in it are counted from its first byte. */
function withoutFirstFragments(mp4: Buffer): Buffer {
  const nameAt = (at: number) => mp4.toString('latin1', at + 4, at + 8);
  const fragments: number[] = [];
  for (let at = 0; at < mp4.length; at += mp4.readUInt32BE(at)) {
    if (['moof', 'mdat'].includes(nameAt(at))) fragments.push(at);
  }
  for (const at of fragments.slice(0, fragments.length / 2)) mp4.write('free', at + 4, 'latin1');
  return mp4;
}

const AUDIO: { format_preset: FormatPreset } = { format_preset: 'Audio only' };
const lengths = (files: readonly OutcomeFile[]) =>
  Promise.all(files.map(async ({ path }) => (await inspect(path)).seconds));
const parts = (files: readonly OutcomeFile[]) =>
  files.filter(({ suffix }) => suffix.startsWith('-'));

describe('a complete file is never refused', () => {
  it.each([
    ...['clip.ts', 'clip.mkv', 'piped.mkv', 'fragments.mp4', 'late-chapters.mp4', 'clip.avi'],
    ...['piped.avi', 'clip.flv', 'clip.wmv', 'clip.mpg', 'clip.ogv'],
    ...['audio.aac', 'audio.flac', 'audio.wav', 'audio.opus'],
  ])('%s, and its duration is that of video and audio', async (name) => {
    const { suffixes, warnings, metadata } = await done(
      served(`/${name}`, medium(`kinds/${name}`)),
    );
    expect(suffixes).toEqual([extname(name)]);
    expect(warnings).toEqual([]);
    expect(metadata.duration).toBeGreaterThan(7.8);
    expect(metadata.duration).toBeLessThan(8.3);
  });

  it('when its fragments are from the middle of a longer stream', async () => {
    const later = await changed('kinds/fragments.mp4', withoutFirstFragments);
    const { warnings, metadata } = await done(served('/later.mp4', later));
    expect(warnings).toEqual([]);
    expect(metadata.duration).toBeGreaterThan(3.5);
    expect(metadata.duration).toBeLessThan(4.5);
  });

  it('for a newline that the server appends to it, as it is or converted', async () => {
    const longer = await changed('faststart.mp4', (content) =>
      Buffer.concat([content, Buffer.from('\r\n')]),
    );
    const path = served('/newline.mp4', longer);
    expect((await done(path)).warnings).toEqual([]);
    const sound = await done(path, { ...AUDIO, options: { audio_codec: 'mp3' } });
    expect(sound.suffixes).toEqual(['.mp3']);
  });

  it('for having no video, which is a warning when video was requested', async () => {
    const path = served('/audio.flac', medium('kinds/audio.flac'));
    const { warnings } = await done(path, { quality: '720p' });
    expect(warnings).toEqual(['VIDEO_MISSING']);
  });

  it('when its duration is only guessed from its bitrate, even in a clip beyond it', async () => {
    const path = served('/speech.mp3', medium('kinds/guessed.mp3'));
    const whole = await done(path, AUDIO);
    expect(whole.metadata.duration).toBeCloseTo(16, 0);
    expect(whole.warnings).toEqual([]);
    const clip = await done(path, { ...AUDIO, options: { section: { start: 10, end: 30 } } });
    expect(clip.metadata.duration).toBeGreaterThan(4);
  });

  it.each(['PT2M', 'PT3S'])(
    'although its page says that it lasts %s, which becomes a warning',
    async (duration) => {
      const page = served('/clip.mp4', medium('clip-360.mp4'));
      const query = new URLSearchParams({ page, duration });
      const { warnings, metadata } = await done(`/page.html?${query.toString()}`);
      expect(warnings).toEqual(['DURATION_DIFFERS']);
      expect(metadata.duration).toBeCloseTo(8, 0);
    },
  );
});

describe('the extension of a file matches its content', () => {
  it.each([
    ['/play.php', 'clip-360.mp4', 'video/mp4', '.mp4'],
    ['/clip.aspx', 'clip.webm', 'video/webm', '.webm'],
    ['/v1.0', 'clip-360.mp4', 'video/mp4', '.mp4'],
    ['/episode.1', 'kinds/guessed.mp3', 'audio/mpeg', '.mp3'],
    ['/clip.desktop', 'audio.m4a', 'audio/mp4', '.m4a'],
    ['/data.json', 'kinds/clip.mkv', 'video/x-matroska', '.mkv'],
    ['/clip.mp4', 'kinds/clip.ts', 'video/mp4', '.ts'],
    ['/radio.mp3', 'kinds/audio.opus', 'audio/mpeg', '.opus'],
  ])('when %s is really %s', async (path, name, type, extension) => {
    const { suffixes, media, metadata } = await done(served(path, medium(name), { type }));
    expect(suffixes).toEqual([extension]);
    expect(media?.path.endsWith(`media${extension}`)).toBe(true);
    expect(`.${metadata.container}`).toBe(extension);
  });

  it('on a page too, and for audio alone', async () => {
    const page = served('/play.php', medium('clip-360.mp4'));
    const query = new URLSearchParams({ page, duration: 'PT8S' });
    const url = `/page.html?${query.toString()}`;
    const { suffixes, events } = await done(url);
    expect(suffixes).toEqual(['.mp4']);
    const said = events.find((event) => event.kind === 'metadata');
    expect(said?.metadata.container).toBeNull();
    expect((await done(url, AUDIO)).suffixes).toEqual(['.m4a']);
  });

  it.each<[string, FormatPreset, string, readonly string[]]>([
    ['kinds/clip.ts', 'Video + Audio (muxed)', '.mp4', []],
    ['kinds/clip.wmv', 'Video + Audio (muxed)', '.wmv', ['CONTAINER_SHORTFALL']],
    ['kinds/clip.ts', 'Smart (best combined)', '.ts', []],
  ])('and %s is converted for %s when possible: %s', async (name, preset, extension, codes) => {
    const path = served('/clip.mp4', medium(name), { type: 'video/mp4' });
    const { warnings, suffixes, media } = await done(path, { format_preset: preset });
    expect(suffixes).toEqual([extension]);
    expect(warnings).toEqual(codes);
    const { format } = await inspect(media?.path ?? '');
    expect(format.includes('mp4')).toBe(extension === '.mp4');
  });
});

describe('a file that lacks bytes is refused', () => {
  const short = (name: string) =>
    changed(name, (content) => content.subarray(0, content.length * 0.6));

  it.each<[string, TaskRequest]>([
    ['faststart.mp4', { ...AUDIO, options: { audio_codec: 'mp3' } }],
    ['kinds/clip.mkv', { options: { container: 'mp4' } }],
    ['kinds/audio.wav', { ...AUDIO, options: { audio_codec: 'opus' } }],
  ])(
    '%s, by what its container says, although what was made of it is whole',
    async (name, asked) => {
      const { outcome } = await run(served(`/made/${name}`, await short(name)), asked);
      expect(outcome).toMatchObject({ kind: 'failed', code: 'TRUNCATED' });
      const { suffixes } = await done(served(`/made/${name}`, medium(name)), asked);
      expect(suffixes).toHaveLength(1);
    },
  );

  it.each([
    ...['kinds/clip.avi', 'kinds/clip.mkv', 'kinds/audio.wav', 'faststart.mp4'],
    ...['kinds/fragments.mp4', 'audio.mp3', 'kinds/audio.flac'],
  ])('%s, by what its container says', async (name) => {
    const { outcome } = await run(served(`/${name}`, await short(name), { chunked: '1' }));
    expect(outcome).toMatchObject({ kind: 'failed', code: 'TRUNCATED' });
  });

  it.each(['audio.mp3', 'kinds/audio.flac', 'kinds/clip.flv'])(
    'unless %s only counts wrong and the server has no more',
    async (name) => {
      const { warnings, metadata } = await done(served(`/${name}`, await short(name)));
      expect(warnings).toContain('DURATION_DIFFERS');
      expect(metadata.duration).toBeLessThan(6);
    },
  );
});

// Between two tries of a site they wait for seconds.
describe('a file that was continued', { concurrent: true }, () => {
  it('has everything that the server has, not only the last answer', async () => {
    const query = { cut: '0.5', cap: '50000' };
    const { media } = await done(served('/clip.ts', medium('kinds/clip.ts'), query));
    const [ours, theirs] = [media?.path ?? '', medium('kinds/clip.ts')];
    expect((await readFile(ours)).equals(await readFile(theirs))).toBe(true);
  });
});

describe('a clip whose connection breaks', { concurrent: true }, () => {
  it.each([
    ['clip-360.mp4', 'faststart.mp4'],
    ['sound.mp3', 'audio.mp3'],
    ['stream.ts', 'kinds/clip.ts'],
  ])('is fetched again, not continued: %s', async (path, name) => {
    const { outcome, workFolder } = await run(served(`/${path}`, medium(name), { cut: '0.6' }), {
      options: { section: { start: 1, end: 8 } },
    });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'NETWORK' });
    expect(await readdir(workFolder)).toEqual([]);
  });

  it('is recognised by its duration when the server named no length', async () => {
    const query = { cut: '0.6', chunked: '1' };
    const { outcome } = await run(served('/sound.mp3', medium('audio.mp3'), query), {
      ...AUDIO,
      options: { section: { start: 1, end: 8 } },
    });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'NETWORK' });
  });

  it('is not confused with one of a file whose chapters reach beyond the end', async () => {
    const { metadata } = await done(served('/a.mp4', medium('kinds/late-chapters.mp4')), {
      options: { section: { start: 3, end: 60 } },
    });
    expect(metadata.duration).toBeLessThan(9);
  });

  it.each(['faststart.mp4', 'audio.mp3', 'kinds/clip.ts'])(
    'is not confused with one of %s that reaches beyond the end',
    async (name) => {
      const { metadata, warnings } = await done(served(`/${name}`, medium(name)), {
        options: { section: { start: 3, end: 60 } },
      });
      expect(metadata.duration).toBeGreaterThan(2);
      expect(metadata.duration).toBeLessThan(9);
      expect(warnings).not.toContain('DURATION_DIFFERS');
    },
  );
});

describe('a clip', () => {
  const page = (name: string, chapters: string) => {
    const query = { page: served(`/${name}`, medium(name)), duration: 'PT8S', chapters };
    const thumbnail = `${tasks.origin.url}/media/thumbnail.jpg`;
    return `/page.html?${new URLSearchParams({ ...query, thumbnail }).toString()}`;
  };
  const split: DownloadOptions = { split_chapters: true };

  it.each([false, true])(
    'of MPEG-TS begins at the requested time and plays everywhere: precise %s',
    async (precise) => {
      const { metadata, suffixes, warnings } = await done(
        served('/stream.ts', medium('kinds/clip.ts')),
        { options: { section: { start: 2.5, end: 6, precise } } },
      );
      expect(metadata).toMatchObject({ vcodec: 'h264', acodec: 'aac' });
      expect(Math.abs((metadata.duration ?? 0) - 3.5)).toBeLessThan(0.2);
      expect([suffixes, warnings]).toEqual([['.mp4'], []]);
    },
  );

  it.each(['kinds/clip.ts', 'kinds/clip.mkv'])('beyond the end of %s is refused', async (name) => {
    const { outcome } = await run(served(`/${name}`, medium(name)), {
      options: { section: { start: 20, end: 30 } },
    });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'FORMAT_UNAVAILABLE' });
  });

  it('of Matroska reports when it begins at an earlier key frame', async () => {
    const { outcome } = await run(served('/clip.mkv', medium('kinds/clip.mkv')), {
      options: { section: { start: 2.5, end: 6 } },
    });
    expect(outcome.kind === 'done' ? outcome.warnings : []).toMatchObject([
      {
        code: 'OPTION_IGNORED',
        detail: expect.stringMatching(/^section\.start \(2\.0 s\)$/) as string,
      },
    ]);
  });

  it('of FLAC has its own duration', async () => {
    const { metadata, media, warnings } = await done(
      served('/audio.flac', medium('kinds/audio.flac')),
      { ...AUDIO, options: { audio_codec: 'flac', section: { start: 2, end: 5 } } },
    );
    expect(warnings).toEqual([]);
    expect(metadata.duration).toBeCloseTo(3, 0);
    expect((await inspect(media?.path ?? '')).seconds).toBeCloseTo(3, 0);
  });

  it.each<[string, TaskRequest]>([
    ['clip-360.mp4', { options: { ...split, embed_chapters: true, embed_metadata: true } }],
    ['clip-360.mp4', { ...AUDIO, options: { ...split, embed_chapters: true } }],
    ['clip-360.mp4', { ...AUDIO, options: { ...split, embed_chapters: true, audio_codec: 'mp3' } }],
    ['kinds/audio.flac', { ...AUDIO, options: { ...split, audio_codec: 'flac' } }],
    [
      'kinds/audio.opus',
      { ...AUDIO, options: { ...split, audio_codec: 'opus', embed_thumbnail: true } },
    ],
    ['clip-360.mp4', { options: { ...split, embed_thumbnail: true, container: 'mkv' } }],
  ])('of %s at a chapter lasts as long as the chapter: %j', async (name, request) => {
    const { outcome } = await run(page(name, '0-3,3-8'), request);
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    const [first = 0, second = 0] = await lengths(parts(outcome.files));
    expect(first).toBeCloseTo(3, 0);
    // Not encoded anew, it begins at the key frame before, a second away.
    expect(second).toBeGreaterThan(4.8);
    expect(second).toBeLessThan(6.2);
    expect(outcome.warnings).toEqual([]);
  });

  it('ends where the media ends, and there is none behind it', async () => {
    const { outcome } = await run(page('clip-360.mp4', '0-4,4-20,20-30'), {
      options: { ...split, embed_chapters: true },
    });
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    const found = parts(outcome.files);
    expect(found.map(({ suffix }) => suffix)).toEqual(['-01.mp4', '-02.mp4']);
    expect((await lengths(found)).map(Math.round)).toEqual([4, 4]);
  });
});

describe('uncounted fragments', () => {
  const playlist = (numbers: readonly number[]) =>
    [
      ...['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:2', '#EXT-X-PLAYLIST-TYPE:VOD'],
      ...numbers.flatMap((number) => ['#EXTINF:2.0,', tasks.origin.url + segment(number)]),
      '#EXT-X-ENDLIST',
    ].join('\n');
  const segment = (number: number) => `/media/hls/v360-0${number}.ts`;

  it.each<[string, readonly number[], FailureCode | null]>([
    ['whole', [0, 1, 2, 3], null],
    ['without their beginning', [1, 2, 3], null],
    ['with a hole', [0, 1, 3], 'TRUNCATED'],
  ])('are judged by their time stamps: %s', async (_, numbers, code) => {
    const file = join(folder, `${numbers.join('')}.m3u8`);
    await writeFile(file, playlist(numbers));
    const { outcome } = await run(served('/list.m3u8', file), { engine: { kind: 'binary' } });
    expect(outcome.kind === 'failed' ? outcome.code : null, JSON.stringify(outcome)).toBe(code);
  });
});

describe('a stream joined from fragments', () => {
  it('is not measured by its header, which may promise more than the fragments', async () => {
    const { jobs, workFolder } = await tasks.jobs();
    const plan = planOf({ format_preset: 'Smart (best combined)', quality: 'best', options: {} });
    const content = await readFile(medium('kinds/clip.mkv'));
    // The index lies behind the last fragment, and is none. Tools see no file outside of the folder.
    const file = join(workFolder, 'media.mkv');
    await writeFile(file, content.subarray(0, content.lastIndexOf('1c53bb6b', undefined, 'hex')));
    const verdictOf = (isJoined: boolean) =>
      verifyMedia(jobs, file, plan, { ...NO_CLAIMS, isJoined });
    expect(await verdictOf(false)).toMatchObject({ failure: 'TRUNCATED' });
    expect(await verdictOf(true)).toMatchObject({ warnings: [] });
  });
});

describe('the check of a file', () => {
  const plan = planOf({ format_preset: 'Smart (best combined)', quality: 'best', options: {} });

  it('accepts a file longer than declared', async () => {
    const { jobs } = await tasks.jobs();
    const stated = { least: 4, most: 6.5 };
    const verdict = await verifyMedia(jobs, medium('clip-360.mp4'), plan, { ...NO_CLAIMS, stated });
    expect(verdict).toMatchObject({ warnings: ['DURATION_DIFFERS'] });
  });

  it('refuses a stored file that has become shorter', async () => {
    const { jobs } = await tasks.jobs();
    const promised = { least: 9, most: Infinity };
    const claims = { ...NO_CLAIMS, promised };
    const verdict = await verifyMedia(jobs, medium('clip-360.mp4'), plan, claims);
    expect(verdict).toMatchObject({ failure: 'TRUNCATED' });
  });

  it('ignores time stamps once the fragments were counted', () => {
    const video = {
      fields: {},
      formats: [
        {
          ...{ formatId: '1', sizeBytes: null, isSizeExact: false, bitrate: null },
          ...{ hasVideo: true, protocol: 'm3u8_native' },
        },
      ],
      durationSeconds: 8,
      isLive: false,
      sponsorSeconds: 0,
    };
    const ffmpeg = { inputs: [], isInputLost: false, isAnswerShort: false };
    const areUncounted = (areFragmentsCounted: boolean) =>
      claimsOf({ plan, video, ffmpeg, areFragmentsCounted, areBytesComplete: false, lists: [] })
        .areFragmentsUncounted;
    expect([areUncounted(false), areUncounted(true)]).toEqual([true, false]);
  });
});
