import { once } from 'node:events';
import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FailureCode, Selection, WarningCode } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOutcome } from '../../src/worker/work-folder/outcome-file.ts';
import { planOf } from '../../src/worker/plan/plan.ts';
import { measureMedia, readWholeMedia } from '../../src/worker/media/ffprobe.ts';
import { finishRecording } from '../../src/worker/media/recording.ts';
import { startCanary, type Canary } from '../origin/canary.ts';
import { hostileTitles } from '../origin/page-routes.ts';
import {
  progressOf,
  startTasks,
  type TaskRequest,
  type TasksUnderTest,
} from './task-under-test.ts';

let tasks: TasksUnderTest;
let canary: Canary;
let chapters: http.Server;
let chaptersUrl: string;

beforeAll(async () => {
  [tasks, canary] = await Promise.all([startTasks(), startCanary()]);
  chapters = http.createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(chaptersPage());
  });
  chapters.listen(0, '127.0.0.1');
  await once(chapters, 'listening');
  chaptersUrl = `http://127.0.0.1:${(chapters.address() as AddressInfo).port}/`;
}, 60_000);

afterAll(async () => {
  chapters.close();
  await canary.close();
  await tasks.close();
});

/** The way most sites name chapters. */
function chaptersPage(): string {
  const clip = (name: string, startOffset: number, endOffset: number) => ({
    '@type': 'Clip',
    ...{ name, startOffset, endOffset },
  });
  const video = {
    '@context': 'https://schema.org',
    '@type': 'VideoObject',
    name: 'With chapters',
    duration: 'PT8S',
    contentUrl: `${tasks.origin.url}/media/clip-360.mp4`,
    hasPart: [clip('One', 0, 4), clip('Two', 4, 8)],
  };
  return `<!doctype html><title>x</title><script type="application/ld+json">${JSON.stringify(video)}</script>`;
}

function recordingPlan(asked: Partial<Selection> = {}) {
  const live = { max_seconds: 60 };
  const options = { ...asked.options, live };
  return planOf({ format_preset: 'Smart (best combined)', quality: 'best', ...asked, options });
}

const done = (path: string, request?: TaskRequest) => tasks.done(path, request);

describe('presets', () => {
  it('download a file, check it and report its type', async () => {
    const { media, metadata, warnings, events, workFolder } = await done('/media/clip-360.mp4');
    expect(media).toMatchObject({ kind: 'media', suffix: '.mp4', contentType: 'video/mp4' });
    expect(media?.path).toBe(join(workFolder, 'media.mp4'));
    expect(media?.sizeBytes).toBe(
      (await stat(join(tasks.origin.mediaFolder, 'clip-360.mp4'))).size,
    );
    expect(metadata).toMatchObject({
      title: 'clip-360',
      height: 360,
      vcodec: 'h264',
      acodec: 'aac',
    });
    expect(metadata.duration).toBeCloseTo(8, 0);
    expect(warnings).toEqual([]);
    expect(events.some((event) => event.kind === 'metadata')).toBe(true);
    expect(progressOf(events).at(-1)).toMatchObject({ phase: 'verifying', progress: 99 });
  });

  it('join video and audio of HLS in the wanted quality, with subtitles in the wanted format', async () => {
    const { metadata, suffixes, warnings } = await done('/media/hls/master.m3u8', {
      quality: '360p',
      options: { subtitles: { languages: ['en', 'de'], format: 'srt' } },
    });
    expect(metadata).toMatchObject({
      height: 360,
      vcodec: 'h264',
      acodec: 'aac',
      container: 'mp4',
    });
    expect(suffixes).toEqual(['.mp4', '.de.srt', '.en.srt']);
    expect(warnings).toEqual([]);
  });

  it('make MP4 of DASH', async () => {
    const { metadata } = await done('/media/dash/manifest.mpd', {
      format_preset: 'Video + Audio (muxed)',
    });
    expect(metadata).toMatchObject({ height: 720, container: 'mp4', acodec: 'aac' });
  });

  it('extract the audio alone, unchanged or in another codec', async () => {
    const asIs = await done('/media/clip-360.mp4', { format_preset: 'Audio only' });
    expect(asIs.suffixes).toEqual(['.m4a']);
    expect(asIs.metadata).toMatchObject({ vcodec: null, acodec: 'aac' });
    const mp3 = await done('/media/clip-360.mp4', {
      format_preset: 'Audio only',
      options: { audio_codec: 'mp3' },
    });
    expect(mp3.suffixes).toEqual(['.mp3']);
    expect(mp3.warnings).toEqual([]);
  });

  it('store subtitles, thumbnail and metadata beside the media', async () => {
    const { suffixes, warnings } = await done('/page/subtitles.html', {
      format_preset: 'Subtitle + metadata',
    });
    expect(suffixes).toEqual(['.mp4', '.en.vtt', '.info.json', '.jpg']);
    expect(warnings).toEqual([]);
  });

  it('list a feed without downloading anything', async () => {
    tasks.origin.requests.length = 0;
    const { metadata, suffixes, entries } = await done('/feed.rss?n=30', {
      format_preset: 'Playlist (flat)',
    });
    expect(suffixes).toEqual([]);
    expect(metadata).toMatchObject({ title: 'Test feed', entry_count: 30 });
    expect(entries).toHaveLength(30);
    expect(entries?.[4]).toMatchObject({
      index: 5,
      title: 'Entry 005',
      url: `${tasks.origin.url}/entry/5/clip.mp4`,
      position: null,
    });
    expect(tasks.origin.requests.every(({ path }) => path === '/feed.rss')).toBe(true);
  });

  it('list the selected entries of a playlist for downloads of their own', async () => {
    const playlist = { mode: 'select' as const, items: '9,2-4,3', max_items: 3 };
    const { entries, suffixes } = await done('/feed.rss?n=10', { options: { playlist } });
    expect(suffixes).toEqual([]);
    expect(entries?.map(({ index }) => index)).toEqual([2, 3, 4]);
  });

  it('find entries chosen by id, also when the list was reversed', async () => {
    const path = '/feed.rss?n=6&gone=1&turn=chosen';
    const seen = await done(path, { format_preset: 'Playlist (flat)' });
    const [first, second, , , , last] = (seen.entries ?? []).map(({ id, url }) => id ?? url ?? '');
    const ids = [first ?? '', second ?? '', last ?? ''];
    const { entries, events } = await done(path, {
      options: { playlist: { mode: 'select', entry_ids: ids, items: '3' } },
    });
    expect(entries?.map(({ title, index }) => [title, index])).toEqual([
      ['Entry 002', 4],
      ['Entry 001', 5],
    ]);
    const texts = events.map((event) => (event.kind === 'log' ? event.text : ''));
    expect(texts.find((text) => text.includes('no longer in the list'))).toContain('/entry/6/');
  });

  it('distinguish several media on one page by their position', async () => {
    const url = '/page/several.html';
    const { entries } = await done(url, { options: { playlist: { mode: 'all' } } });
    expect(entries?.map(({ url: page, position }) => [page, position])).toEqual(
      [1, 2, 3].map((position) => [tasks.origin.url + url, position]),
    );
    tasks.origin.requests.length = 0;
    const third = await done(url, { options: { playlist: { mode: 'single', items: '3' } } });
    expect(third.warnings).toEqual([]);
    const fetched = new Set(tasks.origin.requests.map(({ path }) => path));
    expect([...fetched]).toEqual([url, '/entry/3/clip.mp4']);
  });

  it('take the media of a page that was listed, wherever the page has it now', async () => {
    const url = '/page/several.html?n=3&turn=media';
    const { entries } = await done(url, { options: { playlist: { mode: 'all' } } });
    const id = entries?.[2]?.id ?? '';
    tasks.origin.requests.length = 0;
    const options = { playlist: { mode: 'single' as const, items: '3', entry_ids: [id] } };
    const third = await done(url, { options });
    expect(third.warnings).toEqual([]);
    const media = () =>
      tasks.origin.requests.map(({ path }) => path).filter((path) => path.startsWith('/entry/'));
    expect(new Set(media())).toEqual(new Set(['/entry/3/clip.mp4']));
    tasks.origin.requests.length = 0;
    const { outcome } = await tasks.run(url.replace('n=3', 'n=2'), { options });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'MEDIA_UNAVAILABLE' });
    expect(media()).toEqual([]);
  });

  it('download a link that is not a list when its entries are requested', async () => {
    const { entries, suffixes, warnings } = await done('/media/clip-360.mp4', {
      options: { playlist: { mode: 'all' } },
    });
    expect(entries).toBeUndefined();
    expect(suffixes).toEqual(['.mp4']);
    expect(warnings).toEqual([]);
  });

  it('take the first entry of a list, with a warning', async () => {
    const { metadata, warnings } = await done('/feed.rss?n=4');
    expect(metadata.title).toBe('Entry 001');
    expect(warnings).toEqual(['PLAYLIST_FIRST_ONLY']);
  });

  it('download nothing when asked to simulate', async () => {
    const { metadata, suffixes, workFolder } = await done('/media/clip-360.mp4', {
      options: { simulate: true },
    });
    expect(metadata.title).toBe('clip-360');
    expect(suffixes).toEqual([]);
    expect((await readdir(workFolder)).filter((name) => name.startsWith('media'))).toEqual([]);
  });
});

describe('options', () => {
  it('cut a section through the proxy that judges addresses', async () => {
    const { metadata } = await done('/media/clip-360.mp4', {
      options: { section: { start: 2, end: '0:05' } },
    });
    expect(metadata.duration).toBeGreaterThan(2.5);
    expect(metadata.duration).toBeLessThan(5.5);
  });

  it('cut a section from a file whose connection always breaks', async () => {
    const { metadata } = await done('/fault/short-with-length.mp4?cut=60000&key=section', {
      options: { section: { start: 2, end: 5 } },
    });
    expect(metadata.duration).toBeGreaterThan(2.5);
    expect(metadata.duration).toBeLessThan(5.5);
  });

  it('end a live recording after max_seconds with a file that plays', async () => {
    const { metadata } = await done('/live/stream.m3u8?key=recording', {
      options: { live: { max_seconds: 3 } },
    });
    expect(metadata.is_live).toBe(true);
    expect(metadata.vcodec).toBe('h264');
    expect(metadata.duration).toBeGreaterThan(1.5);
    expect(metadata.duration).toBeLessThan(9);
  });

  it('split chapters into files of their own', async () => {
    const { suffixes } = await done(chaptersUrl, {
      options: { split_chapters: true },
      egressAllow: [tasks.origin.hostPort, new URL(chaptersUrl).host],
    });
    expect(suffixes).toEqual(['.mp4', '-01.mp4', '-02.mp4']);
  });

  it.each<[string, Record<string, string>]>([
    ['one stream', { 'media.mp4.part': 'live/segment-00.ts' }],
    ['a half-mended file', { 'media.mp4': 'live/segment-00.ts', 'media.temp.mp4': 'tiny.mp4' }],
    [
      'picture and sound apart',
      { 'media.f1.mp4.part': 'hls/v360-00.ts', 'media.f2.m4a.part': 'hls/de-00.ts' },
    ],
  ])('repair an interrupted recording: %s', async (_, parts) => {
    const { jobs, workFolder } = await tasks.jobs();
    for (const [name, source] of Object.entries(parts)) {
      await copyFile(join(tasks.origin.mediaFolder, source), join(workFolder, name));
    }
    const path = (await finishRecording(jobs, workFolder, recordingPlan()))?.path;
    expect(path).toBe(join(workFolder, 'media.mp4'));
    expect(await readdir(workFolder)).toEqual(['media.mp4']);
    const media = await measureMedia(jobs, path ?? '');
    expect(media?.formatName).toContain('mp4');
    expect(media?.streams.map(({ codec }) => codec)).toEqual(['h264', 'aac']);
  });

  it.each<[string, Pick<Selection, 'format_preset' | 'options'>, string, string[], WarningCode[]]>([
    ['sound as it is', { format_preset: 'Audio only', options: {} }, 'm4a', ['aac'], []],
    [
      'sound as MP3',
      { format_preset: 'Audio only', options: { audio_codec: 'mp3', audio_quality: 9 } },
      'mp3',
      ['mp3'],
      [],
    ],
    [
      'sound as WAV',
      { format_preset: 'Audio only', options: { audio_codec: 'wav' } },
      'wav',
      ['pcm_s16le'],
      [],
    ],
    [
      'MKV',
      { format_preset: 'Smart (best combined)', options: { container: 'mkv' } },
      'mkv',
      ['h264', 'aac'],
      [],
    ],
    [
      'WebM, which cannot hold it, with tags and a cover, which it does not get',
      {
        format_preset: 'Smart (best combined)',
        options: { container: 'webm', embed_metadata: true, embed_thumbnail: true },
      },
      'mp4',
      ['h264', 'aac'],
      ['CONTAINER_SHORTFALL', 'METADATA_MISSING', 'THUMBNAIL_MISSING'],
    ],
  ])('give a recording the requested format: %s', async (_, asked, ...expected) => {
    const { jobs, workFolder } = await tasks.jobs();
    await copyFile(
      join(tasks.origin.mediaFolder, 'live/segment-00.ts'),
      join(workFolder, 'media.mp4.part'),
    );
    const [extension, codecs, warnings] = expected;
    const recording = await finishRecording(jobs, workFolder, recordingPlan(asked));
    const path = join(workFolder, `media.${extension}`);
    expect(recording).toEqual({ path, warnings, gaps: [] });
    expect(await readdir(workFolder)).toEqual([`media.${extension}`]);
    const media = await measureMedia(jobs, recording?.path ?? '');
    expect(media?.streams.map(({ codec }) => codec)).toEqual(codecs);
  });

  it.each<[string, number, number, number, number[]]>([
    ['of picture and sound', 6, 4, 4, []],
    ['of sound and picture', 3, 8, 3, []],
    ['that lacks one of them for long, and say so', 3, 30, 30, [3]],
  ])('end both streams of a recording together: %s', async (_, picture, sound, seconds, lost) => {
    const { jobs, workFolder } = await tasks.jobs();
    for (const [stream, count] of [picture, sound].entries()) {
      const chunks = Array.from({ length: count }, (_, index) => {
        return `chunk-stream${stream}-${String(index + 1).padStart(5, '0')}.m4s`;
      });
      const contents = [`init-stream${stream}.m4s`, ...chunks].map((name) =>
        readFile(join(tasks.origin.mediaFolder, 'many/dash', name)),
      );
      const path = join(workFolder, `media.f${stream}.mp4.part`);
      await writeFile(path, Buffer.concat(await Promise.all(contents)));
    }
    const recording = await finishRecording(jobs, workFolder, recordingPlan());
    const media = await readWholeMedia(jobs, recording?.path ?? '');
    const ends = [...(media?.packetEnds.values() ?? [])].sort((a, b) => a - b);
    expect(Math.abs((ends.at(-1) ?? 0) - seconds)).toBeLessThan(0.3);
    if (lost.length === 0) expect((ends[1] ?? 0) - (ends[0] ?? 0)).toBeLessThan(0.2);
    expect(recording?.gaps.map(({ atSeconds }) => Math.round(atSeconds ?? 0))).toEqual(lost);
  });

  it('refuse a section beyond the end', async () => {
    const { outcome } = await tasks.run('/media/clip-360.mp4', {
      options: { section: { start: 100, end: 110 } },
    });
    expect(outcome).toMatchObject({
      code: 'FORMAT_UNAVAILABLE',
      figures: expect.stringMatching(/^1:40–1:50 \/ 0:\d\d$/) as string,
    });
  });

  it('warn about what was requested and is not offered', async () => {
    const { warnings, metadata } = await done('/media/clip-360.mp4', {
      quality: '1080p',
      options: { prefer_codec: 'av1', container: 'mkv', subtitles: { languages: ['fr'] } },
    });
    expect([...warnings].sort()).toEqual([
      'CODEC_SHORTFALL',
      'QUALITY_SHORTFALL',
      'SUBTITLES_MISSING',
    ]);
    expect(metadata.container).toBe('mkv');
  });

  it('embed a cover, and keep the picture beside the media too when asked', async () => {
    const { suffixes } = await done('/page/video.html?thumbnail=/media/thumbnail.jpg', {
      options: { embed_thumbnail: true, write_thumbnail: true, embed_metadata: true },
    });
    expect(suffixes).toEqual(['.mp4', '.jpg']);
  });
});

describe('optional parts that fail', () => {
  it('leave the other subtitles and the media intact', async () => {
    const { suffixes, warnings } = await done(
      '/page/video.html?tracks=en=/fault/status/404/x.vtt,de=/media/subtitles.de.vtt',
      { options: { subtitles: { languages: ['en', 'de'] } } },
    );
    expect(suffixes).toEqual(['.mp4', '.de.vtt']);
    expect(warnings).toEqual(['SUBTITLES_MISSING']);
  });

  it('include a thumbnail that is not a picture, even when it is named mp4', async () => {
    const { suffixes, warnings, media } = await done('/page/video.html?thumbnail=/fault/text.mp4', {
      options: { write_thumbnail: true },
    });
    expect(suffixes).toEqual(['.mp4']);
    expect(media?.sizeBytes).toBeGreaterThan(500_000);
    expect(warnings).toEqual(['THUMBNAIL_MISSING']);
  });

  it('include subtitles at a forbidden address', async () => {
    const to = `http://127.0.0.1:${canary.port}/x.vtt`;
    const { warnings } = await done(`/hls/pointing.m3u8?part=subtitles&to=${to}`, {
      options: { subtitles: { languages: ['en'] } },
    });
    expect(warnings).toContain('SUBTITLES_MISSING');
    expect(canary.connections).toBe(0);
  });
});

describe('a fault of a site', () => {
  const cases: readonly { code: FailureCode; path: string; request?: TaskRequest }[] = [
    { code: 'TRUNCATED', path: '/fault/short-without-length.mp4' },
    { code: 'TRUNCATED', path: '/fault/short-without-length.mp4?lack=1' },
    { code: 'TRUNCATED', path: '/fault/empty.mp4' },
    {
      code: 'TOO_LARGE',
      path: '/fault/trickle.mp4?kib_per_s=200',
      request: { limits: { maxFileSizeBytes: 500_000, downloadTimeoutMs: 10_000 } },
    },
    {
      code: 'FRAGMENTS_MISSING',
      path: '/hls/pointing.m3u8?to=/fault/status/404/gone.ts',
      request: { options: { section: { start: 0, end: 4 } } },
    },
    { code: 'INVALID_MEDIA', path: '/fault/text.mp4' },
    { code: 'INVALID_MEDIA', path: '/fault/html.mp4' },
    { code: 'INVALID_MEDIA', path: '/fault/playlist.mp4' },
    {
      code: 'TOO_LARGE',
      path: '/padded.mp4?size=9000000',
      request: { limits: { maxFileSizeBytes: 5_000_000 } },
    },
    {
      code: 'TOO_LARGE',
      path: '/fault/endless.mp4',
      request: { limits: { maxFileSizeBytes: 3_000_000 } },
    },
    {
      code: 'TIMED_OUT',
      path: '/fault/trickle.mp4',
      request: { limits: { downloadTimeoutMs: 1_500 } },
    },
    {
      code: 'STALLED',
      path: '/fault/stalled.mp4?after=20000',
      request: { limits: { stallTimeoutMs: 1_500 } },
    },
    { code: 'NETWORK', path: '/fault/reset.mp4' },
    { code: 'MEDIA_UNAVAILABLE', path: '/fault/status/404/clip.mp4' },
    { code: 'LOGIN_REQUIRED', path: '/fault/status/401/clip.mp4' },
    { code: 'SITE_REFUSED', path: '/fault/status/403/clip.mp4?good=1&key=late' },
    { code: 'UNSAFE_TYPE', path: '/media/thumbnail.jpg' },
    { code: 'UNSUPPORTED_SITE', path: '/page/empty.html' },
    {
      // There is no sound in it.
      code: 'FORMAT_UNAVAILABLE',
      path: '/media/hls/v360.m3u8',
      request: { format_preset: 'Audio only', options: { audio_codec: 'mp3' } },
    },
    {
      code: 'FORMAT_UNAVAILABLE',
      path: '/media/clip-360.mp4',
      request: { options: { format_id: '9999' } },
    },
  ];

  it.each(cases)('$code: $path', async ({ code, path, request }) => {
    const { outcome, workFolder } = await tasks.run(path, request);
    expect(outcome).toMatchObject({ kind: 'failed', code, retryAfterSeconds: null });
    expect(await readOutcome(workFolder)).toBeNull();
  });

  it('is reported with the time to wait', async () => {
    const { outcome } = await tasks.run('/fault/status/429/clip.mp4?retry_after=30');
    expect(outcome).toMatchObject({ kind: 'failed', code: 'THROTTLED', retryAfterSeconds: 30 });
  });

  it('is reported with the time to wait for this file alone when the media asks for it', async () => {
    tasks.origin.requests.length = 0;
    const { outcome } = await tasks.run('/fault/status/503/clip.mp4?good=1&retry_after=30&key=503');
    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'THROTTLED',
      retryAfterSeconds: 30,
      isOfFileAlone: true,
    });
    expect(tasks.origin.requests).toHaveLength(2);
  });

  it('keeps a refusal in the words of the site', async () => {
    const { outcome } = await tasks.run('/fault/status/418/clip.mp4');
    expect(outcome).toMatchObject({
      code: 'SITE_REFUSED',
      quote: expect.stringMatching(/HTTP Error 418/) as string,
    });
  });

  it('is overcome within the attempt when its connections break', async () => {
    const { events } = await done('/fault/short-with-length.mp4?cut=800000');
    const figures = progressOf(events).map(({ progress }) => progress);
    expect(figures).toEqual([...figures].sort((a, b) => a - b));
  });

  it.each(hostileTitles.map((title, index) => [index, title] as const))(
    'is not a strange title: number %i, %j',
    async (index) => {
      const { media, metadata } = await done(`/page/hostile-title.html?n=${index}`);
      expect(media?.suffix).toBe('.mp4');
      expect(metadata.title ?? '').not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    },
  );
});

describe('addresses that are not public', () => {
  const to = () => `http://127.0.0.1:${canary.port}/clip.mp4`;
  it.each([
    ['directly', () => to()],
    ['by a redirect', () => `/redirect?to=${encodeURIComponent(to())}`],
    ['in a page', () => `/page/video.html?video=${encodeURIComponent(to())}`],
    ['as a segment', () => `/hls/pointing.m3u8?to=${encodeURIComponent(to())}`],
    ['as a key', () => `/hls/pointing.m3u8?part=key&to=${encodeURIComponent(to())}`],
    ['in a DASH manifest', () => `/dash/pointing.mpd?to=${encodeURIComponent(to())}`],
  ])('are not contacted %s', async (_, path) => {
    const { outcome } = await tasks.run(path());
    expect(outcome).toMatchObject({ kind: 'failed', code: 'EGRESS_BLOCKED' });
    expect(canary.connections).toBe(0);
  });
});

describe('files of this computer', () => {
  const to = encodeURIComponent('file:///etc/hostname.ts');
  const section = { options: { section: { start: 0, end: 4 } } };
  it.each<[string, TaskRequest?]>([
    [`/page/video.html?video=${to}`],
    [`/hls/pointing.m3u8?to=${to}`],
    [`/hls/pointing.m3u8?part=key&to=${to}`],
    [`/hls/pointing.m3u8?to=${to}`, section],
    [`/hls/pointing.m3u8?part=key&to=${encodeURIComponent('file:///etc/hostname')}`, section],
  ])('are not read: %s %j', async (path, request) => {
    const { outcome } = await tasks.run(path, request);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'EGRESS_BLOCKED' });
  });
});

describe('the log of a download', () => {
  it('has the command line once, without secrets or the nonce', async () => {
    const { events } = await done('/media/clip-360.mp4?token=SECRET');
    const texts = events.flatMap((event) => (event.kind === 'log' ? [event.text] : []));
    expect(texts.filter((text) => text.startsWith('yt-dlp '))).toHaveLength(1);
    expect(texts.join('\n')).not.toMatch(/SECRET|job:/);
  });
});
