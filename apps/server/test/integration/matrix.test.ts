import { readFile } from 'node:fs/promises';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CreateDownloads, Download, DownloadOptions } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { inspect, type Inspected } from './inspect.ts';
import {
  createServerHome,
  warmEngine,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

const HLS = '/media/hls/master.m3u8';
const DASH = '/media/dash/manifest.mpd';
const PAGE = '/page/subtitles.html';
const DESCRIBED = '/page/described.html';
const QUALITIES = '/page/qualities.html';
const WEBM = '/media/clip.webm';
const LIVE = '/live/stream.m3u8?key=matrix';
const AUDIO = 'Audio only' as const;
const everything: DownloadOptions = {
  embed_metadata: true,
  embed_thumbnail: true,
  embed_chapters: true,
  write_thumbnail: true,
  write_info: true,
};

interface Expected extends Omit<Partial<Inspected>, 'seconds' | 'format' | 'tags'> {
  /** Within a quarter of a second, if not said otherwise. */
  readonly seconds?: number;
  readonly slack?: number;
  readonly format?: RegExp;
  readonly tags?: Readonly<Record<string, unknown>>;
  /** Extensions of everything that is stored, the media first. */
  readonly files?: readonly string[];
  readonly warnings?: readonly string[];
}

type Row = readonly [
  what: string,
  path: string,
  request: Omit<CreateDownloads, 'url'>,
  expected: Expected,
];

const MP4 = /mp4/;
const MKV = /matroska/;
const rows: readonly Row[] = [
  [
    'HLS as it comes',
    HLS,
    {},
    { video: 'h264', height: 720, audio: 'aac', format: MP4, seconds: 8 },
  ],
  ['HLS in 360p', HLS, { quality: '360p' }, { height: 360, audio: 'aac', warnings: [] }],
  ['HLS in 144p, which is the smallest there is', HLS, { quality: '144p' }, { height: 360 }],
  [
    'HLS in 2160p, which is not offered',
    HLS,
    { quality: '2160p' },
    { height: 720, warnings: ['QUALITY_SHORTFALL'] },
  ],
  ['HLS muxed', HLS, { format_preset: 'Video + Audio (muxed)' }, { format: MP4, files: ['.mp4'] }],
  ['HLS in MKV', HLS, { options: { container: 'mkv' } }, { format: MKV, files: ['.mkv'] }],
  ['DASH as it comes', DASH, {}, { video: 'h264', height: 720, audio: 'aac', seconds: 8 }],
  [
    'DASH in 360p MKV',
    DASH,
    { quality: '360p', options: { container: 'mkv' } },
    { format: MKV, height: 360 },
  ],
  ['a page in 720p', QUALITIES, { quality: '720p' }, { height: 720, warnings: [] }],
  [
    'a page in 1440p',
    QUALITIES,
    { quality: '1440p' },
    { height: 1080, warnings: ['QUALITY_SHORTFALL'] },
  ],
  [
    'a preferred codec',
    HLS,
    { options: { prefer_codec: 'h264' } },
    { video: 'h264', warnings: [] },
  ],
  [
    'a preferred codec that is not offered',
    HLS,
    { options: { prefer_codec: 'av1' } },
    { video: 'h264', warnings: ['CODEC_SHORTFALL'] },
  ],
  [
    'WebM',
    WEBM,
    { options: { container: 'webm' } },
    { video: 'vp8', audio: 'opus', files: ['.webm'] },
  ],
  [
    'WebM from a site that has none',
    PAGE,
    { options: { container: 'webm' } },
    { video: 'h264', files: ['.mp4'], warnings: ['CONTAINER_SHORTFALL'] },
  ],
  [
    'MP4 from a site that has VP8',
    WEBM,
    { format_preset: 'Video + Audio (muxed)' },
    { video: 'vp8', files: ['.webm'], warnings: ['CONTAINER_SHORTFALL'] },
  ],
  [
    'sound as it is',
    HLS,
    { format_preset: AUDIO },
    { video: null, audio: 'aac', files: ['.m4a'], seconds: 8 },
  ],
  [
    'sound as good MP3',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'mp3', audio_quality: 0 } },
    { video: null, audio: 'mp3', files: ['.mp3'] },
  ],
  [
    'sound as small MP3',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'mp3', audio_quality: 10 } },
    { video: null, audio: 'mp3', files: ['.mp3'] },
  ],
  [
    'sound as M4A',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'm4a' } },
    { audio: 'aac', files: ['.m4a'] },
  ],
  [
    'sound as Opus',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'opus' } },
    { audio: 'opus', files: ['.opus'] },
  ],
  [
    'sound as FLAC',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'flac' } },
    { audio: 'flac', files: ['.flac'] },
  ],
  [
    'sound as WAV',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'wav' } },
    { audio: 'pcm_s16le', files: ['.wav'] },
  ],
  [
    'sound in two languages',
    HLS,
    { options: { audio_languages: ['de', 'en'] } },
    { tags: { language: 'deu' }, files: ['.mp4'], warnings: [] },
  ],
  [
    'subtitles beside',
    HLS,
    { options: { subtitles: { languages: ['en', 'de'] } } },
    { subtitles: [], files: ['.mp4', '.de.vtt', '.en.vtt'], warnings: [] },
  ],
  [
    'subtitles as SRT beside',
    PAGE,
    { options: { subtitles: { languages: ['de'], format: 'srt' } } },
    { subtitles: [], files: ['.mp4', '.de.srt'] },
  ],
  [
    'subtitles inside MP4',
    HLS,
    { options: { subtitles: { languages: ['en', 'de'], embed: true } } },
    { subtitles: ['mov_text', 'mov_text'], languages: ['eng', 'deu'], files: ['.mp4'] },
  ],
  [
    'subtitles inside MKV',
    PAGE,
    { options: { container: 'mkv', subtitles: { languages: ['en'], embed: true, format: 'srt' } } },
    { subtitles: ['subrip'], languages: ['eng'], files: ['.mkv'] },
  ],
  [
    'subtitles inside WebM',
    WEBM,
    { options: { subtitles: { languages: ['fr'], embed: true, auto: true } } },
    { warnings: ['SUBTITLES_MISSING'] },
  ],
  [
    'subtitles of sound',
    PAGE,
    {
      format_preset: AUDIO,
      options: { audio_codec: 'mp3', subtitles: { languages: ['en'], embed: true } },
    },
    { files: ['.mp3', '.en.vtt'] },
  ],
  [
    'metadata inside',
    DESCRIBED,
    { options: { embed_metadata: true, embed_chapters: false } },
    {
      chapters: [],
      tags: { title: 'A described clip', artist: 'Test origin', date: '20260131' },
    },
  ],
  [
    'chapters inside',
    DESCRIBED,
    { options: { embed_chapters: true } },
    { chapters: ['Beginning', 'Middle', 'End'] },
  ],
  [
    'a cover in MP4',
    PAGE,
    { options: { embed_thumbnail: true } },
    { hasCover: true, files: ['.mp4'] },
  ],
  [
    'a cover in MKV',
    PAGE,
    { options: { embed_thumbnail: true, container: 'mkv' } },
    { hasCover: true, files: ['.mkv'] },
  ],
  ...(['mp3', 'm4a', 'opus', 'flac'] as const).map((codec): Row => [
    `a cover and metadata in ${codec}`,
    DESCRIBED,
    {
      format_preset: AUDIO,
      options: { audio_codec: codec, embed_thumbnail: true, embed_metadata: true },
    },
    { hasCover: true, files: [`.${codec}`], tags: { title: 'A described clip' }, warnings: [] },
  ]),
  [
    'a cover that WAV cannot hold',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'wav', embed_thumbnail: true } },
    { hasCover: false, files: ['.wav'] },
  ],
  [
    'everything in MP4',
    DESCRIBED,
    { options: { ...everything, container: 'mp4' } },
    {
      hasCover: true,
      chapters: ['Beginning', 'Middle', 'End'],
      files: ['.mp4', '.info.json', '.jpg'],
    },
  ],
  [
    'everything in MKV',
    DESCRIBED,
    { options: { ...everything, container: 'mkv' } },
    {
      hasCover: true,
      chapters: ['Beginning', 'Middle', 'End'],
      files: ['.mkv', '.info.json', '.jpg'],
    },
  ],
  [
    'subtitles and metadata',
    PAGE,
    { format_preset: 'Subtitle + metadata' },
    { files: ['.mp4', '.en.vtt', '.info.json', '.jpg'], warnings: [] },
  ],
  [
    'a fast clip of HLS',
    HLS,
    { options: { section: { start: 2, end: '0:05' } } },
    { seconds: 3, slack: 2.2, video: 'h264', audio: 'aac' },
  ],
  [
    'an exact clip',
    PAGE,
    { options: { section: { start: 1.5, end: 3.25, precise: true } } },
    { seconds: 1.75, video: 'h264', audio: 'aac' },
  ],
  [
    'a clip of DASH',
    DASH,
    { options: { section: { start: 3, end: 6, precise: true } } },
    { seconds: 3, slack: 0.5 },
  ],
  [
    'a clip of sound',
    PAGE,
    { format_preset: AUDIO, options: { audio_codec: 'mp3', section: { start: 1, end: 4 } } },
    { seconds: 3, audio: 'mp3' },
  ],
  [
    'a clip without the chapters of the whole',
    DESCRIBED,
    { options: { ...everything, section: { start: 4, end: 6, precise: true } } },
    { seconds: 2, chapters: [], hasCover: true },
  ],
  [
    'a clip of a file that has chapters of its own',
    '/media/chapters.mp4',
    { options: { section: { start: 3, end: 5 } } },
    { seconds: 2, slack: 1.1, chapters: [], video: 'h264', audio: 'aac' },
  ],
  [
    'a clip with its subtitles',
    PAGE,
    {
      options: {
        section: { start: 2, end: 4, precise: true },
        subtitles: { languages: ['en'], embed: true },
      },
    },
    { seconds: 2, files: ['.mp4', '.en.vtt'], warnings: ['OPTION_IGNORED'] },
  ],
  [
    'chapters as files',
    DESCRIBED,
    { options: { split_chapters: true } },
    { seconds: 8, files: ['.mp4', '-01.mp4', '-02.mp4', '-03.mp4'] },
  ],
  [
    'chapters of sound as files',
    DESCRIBED,
    { format_preset: AUDIO, options: { audio_codec: 'mp3', split_chapters: true } },
    { seconds: 8, files: ['.mp3', '-01.mp3', '-02.mp3', '-03.mp3'] },
  ],
  [
    'a limit of speed',
    '/media/clip-360.mp4',
    { options: { rate_limit_kbps: 100 } },
    { seconds: 8 },
  ],
  [
    'a folder',
    PAGE,
    { options: { directory: 'a/b c', name_template: '{title}' } },
    { files: ['.mp4'] },
  ],
  [
    'a name of many parts',
    DESCRIBED,
    { options: { name_template: '{uploader}/{upload_date} {title} [{height}]' } },
    { files: ['.mp4'] },
  ],
  [
    'live, for so long',
    LIVE,
    { options: { live: { max_seconds: 2 } } },
    { seconds: 2, slack: 0.6, video: 'h264' },
  ],
  [
    'live from its start',
    `${LIVE}start&keep=all`,
    { options: { live: { from_start: true, max_seconds: 2 } } },
    { video: 'h264', warnings: ['LIVE_FROM_NOW'] },
  ],
  [
    'SponsorBlock of a site that it does not know',
    PAGE,
    { options: { sponsorblock: { mode: 'remove', categories: ['sponsor'] } } },
    { seconds: 8, warnings: ['SPONSORBLOCK_MISSING'] },
  ],
  ['the first of a feed', '/feed.rss?n=3', {}, { seconds: 2, warnings: ['PLAYLIST_FIRST_ONLY'] }],
];

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;
let server: ServerProcess;
const ids = new Map<string, string>();

beforeAll(async () => {
  origin = await startOrigin();
  home = await createServerHome();
  server = await home.start({
    EGRESS_ALLOW: origin.hostPort,
    // What an overloaded machine does to a process is tested elsewhere.
    MAX_ATTEMPTS: '2',
    MAX_WORKERS: '4',
    MAX_PER_HOST: '4',
  });
  await warmEngine(server);
  for (const [what, path, request] of rows) {
    const { downloads } = await server.client.createDownloads({
      url: origin.url + path,
      force: true,
      ...request,
    });
    ids.set(what, downloads[0]?.id ?? '');
  }
}, 120_000);

afterAll(async () => {
  await home.remove();
  await origin.close();
});

const ended = (what: string) => server.client.waitFor(ids.get(what) ?? '', { intervalMs: 250 });
const pathOf = (storagePath: string | null) => join(home.folder, storagePath ?? '');

function extensions({ artifacts }: Download): string[] {
  const base = artifacts[0]?.name.replace(/\.[^.]*$/, '') ?? '';
  return artifacts.map(({ name }) => name.slice(base.length));
}

/** A forward proxy for plain http, as somebody may have one; counts what goes through it. */
async function startForwardProxy() {
  const passed: string[] = [];
  const proxy: Server = createServer((request, response) => {
    passed.push(request.url ?? '');
    const onward = forward(
      request.url ?? '',
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const { port } = proxy.address() as AddressInfo;
  return {
    passed,
    hostPort: `127.0.0.1:${port}`,
    async close() {
      proxy.closeAllConnections();
      await new Promise((done) => proxy.close(done));
    },
  };
}

/** What runs first is what an explanation shows, word by word. */
async function expectExplained(record: Download, request: Row[2]): Promise<void> {
  const { lines } = await server.client.downloadLog(record.id);
  const logged = lines.find(({ text }) => text.startsWith('yt-dlp --'))?.text;
  const { argv } = await server.client.explain(request);
  const explained = argv
    .map(({ argument }) => argument)
    // The origin speaks plain http, where there is no certificate to check; a link is assumed to be https.
    .filter((argument) => !argument.includes('-tls_verify'))
    .slice(0, -1);
  expect(logged?.split(' ').slice(0, -1).join(' ')).toBe(`yt-dlp ${explained.join(' ')}`);
}

describe('a selection gives the chosen file', () => {
  it.each(rows)('%s', { timeout: 240_000 }, async (what, _path, request, expected) => {
    const record = await ended(what);
    await expectExplained(record, request);
    const { lines } = await server.client.downloadLog(record.id);
    const said = lines.slice(-8).map(({ text }) => text.slice(0, 300));
    expect(record.status, JSON.stringify([record.error, said], null, 1)).toBe('completed');
    const found = await inspect(pathOf(record.storage_path));
    const { seconds, slack = 0.25, format, tags, files, warnings, ...exact } = expected;
    expect(found).toMatchObject(exact);
    if (seconds !== undefined) expect(Math.abs(found.seconds - seconds)).toBeLessThan(slack);
    if (format !== undefined) expect(found.format).toMatch(format);
    if (tags !== undefined) expect(found.tags).toMatchObject(tags);
    if (files !== undefined) expect(extensions(record)).toEqual(files);
    if (warnings !== undefined) expect(record.warnings.map(({ code }) => code)).toEqual(warnings);
  });
});

async function download(path: string, options: DownloadOptions, rest = {}): Promise<Download> {
  const { downloads } = await server.client.createDownloads({
    url: origin.url + path,
    options,
    ...rest,
  });
  return server.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 250 });
}

describe('an effect of a selection beyond the file', { timeout: 240_000 }, () => {
  it('audio quality changes the size of the file', async () => {
    const [good, small] = [await ended('sound as good MP3'), await ended('sound as small MP3')];
    expect(good.file_size).toBeGreaterThan((small.file_size ?? 0) * 1.5);
  });

  it('directory and template decide where the file is', async () => {
    expect((await ended('a folder')).storage_path).toMatch(/^downloads\/a\/b c\/A page with/);
    expect((await ended('a name of many parts')).storage_path).toBe(
      'downloads/Test origin/20260131 A described clip [360].mp4',
    );
  });

  it('split chapters last as long as declared', async () => {
    const { artifacts } = await ended('chapters as files');
    const seconds = await Promise.all(
      artifacts
        .slice(1)
        .map(async ({ storage_path: path }) => (await inspect(pathOf(path))).seconds),
    );
    expect(seconds.map(Math.round)).toEqual([3, 3, 2]);
  });

  it('subtitles are cut with their clip', async () => {
    const { artifacts } = await ended('a clip with its subtitles');
    const text = await readFile(pathOf(artifacts[1]?.storage_path ?? ''), 'utf8');
    expect(text).toContain('Two.');
    expect(text).not.toMatch(/One|Three|Four/);
    expect(text).toMatch(/00:00\.000 -->/);
  });

  it('a speed limit is kept', async () => {
    const {
      started_at: begin,
      completed_at: end,
      file_size: size,
    } = await ended('a limit of speed');
    const seconds = (Date.parse(end ?? '') - Date.parse(begin ?? '')) / 1000;
    expect(seconds).toBeGreaterThan(((size ?? 0) / 1024 / 100) * 0.7);
  });

  it('the info file has no secrets and no names of this computer', async () => {
    const { artifacts } = await ended('everything in MP4');
    const path = artifacts.find(({ kind }) => kind === 'info')?.storage_path ?? '';
    const text = await readFile(pathOf(path), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ title: 'A described clip', uploader: 'Test origin' });
    expect(text).not.toMatch(/http_headers|cookies|User-Agent|filepath|requested_downloads/);
    expect(text).not.toContain(home.folder);
  });

  it('everything goes through a named proxy', async () => {
    const proxy = await startForwardProxy();
    const other = await createServerHome();
    try {
      const through = await other.start({ EGRESS_ALLOW: `${origin.hostPort},${proxy.hostPort}` });
      const { downloads } = await through.client.createDownloads({
        url: `${origin.url}/page/subtitles.html?key=proxied`,
        options: {
          proxy: `http://${proxy.hostPort}`,
          section: { start: 1, end: 3 },
          subtitles: { languages: ['en'] },
        },
      });
      const record = await through.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 100 });
      expect([record.status, record.error]).toEqual(['completed', null]);
      expect(proxy.passed.some((url) => url.includes('/page/subtitles.html'))).toBe(true);
      expect(proxy.passed.some((url) => url.endsWith('.vtt'))).toBe(true);
      expect(proxy.passed.some((url) => url.endsWith('clip-360.mp4'))).toBe(true);
    } finally {
      await other.remove();
      await proxy.close();
    }
  });

  it('a format found by a probe can be downloaded', async () => {
    const media = await server.client.createProbe({ url: origin.url + DASH });
    if (media.kind !== 'media') throw new Error('not media');
    const format = media.formats.find(({ height }) => height === 360);
    const record = await download(DASH, { format_id: format?.format_id ?? '' });
    const found = await inspect(pathOf(record.storage_path));
    expect([found.height, found.audio, record.metadata.format_id]).toEqual([
      360,
      'aac',
      expect.stringContaining(format?.format_id ?? '') as string,
    ]);
  });

  it('a simulation and a flat list store nothing', async () => {
    const simulated = await download(HLS, { simulate: true });
    expect(simulated).toMatchObject({ status: 'completed', artifacts: [], storage_path: null });
    expect(simulated.metadata.height).toBe(720);
    const list = await download('/feed.rss?n=300', {}, { format_preset: 'Playlist (flat)' });
    expect(list).toMatchObject({ status: 'completed', artifacts: [] });
    expect(list.metadata.entry_count).toBe(300);
  });
});
