import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectSidecars } from '../../src/worker/work-folder/folder-files.ts';
import { planOf } from '../../src/worker/plan/plan.ts';
import { measureMedia, ProbeError } from '../../src/worker/media/ffprobe.ts';
import { saying } from '../origin/hostile-routes.ts';
import { ffmpegPath } from '../origin/media.ts';
import { startTasks, type TaskRequest, type TasksUnderTest } from './task-under-test.ts';

let tasks: TasksUnderTest;
/** Media that no site has sent. */
let secrets: string;

beforeAll(async () => {
  tasks = await startTasks();
  secrets = await mkdtemp(join(tmpdir(), 'local-media-'));
  const words =
    '-v error -f lavfi -i sine=duration=33 -f lavfi -i testsrc=size=128x72:rate=5:duration=33';
  await promisify(execFile)(ffmpegPath, [...words.split(' '), join(secrets, 'secret.ts')]);
}, 60_000);

afterAll(async () => {
  await tasks.close();
  await rm(secrets, { recursive: true });
});

const playlist = (entry: string) =>
  `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:40\n#EXTINF:33,\n${entry}\n#EXT-X-ENDLIST\n`;
const local = () => playlist(`file://${secrets}/secret.ts`);
const list = (...segments: string[]) =>
  saying(
    'list.m3u8',
    `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n${segments
      .map((segment) => `#EXTINF:8,\n${segment}\n`)
      .join('')}#EXT-X-ENDLIST\n`,
    'application/vnd.apple.mpegurl',
  );
const id3 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x7f', 'latin1'), Buffer.alloc(127)]);

async function refused(path: string, request?: TaskRequest): Promise<string> {
  const { outcome, workFolder } = await tasks.run(path, request);
  expect(outcome).toMatchObject({ kind: 'failed', code: 'INVALID_MEDIA' });
  const left = await readdir(workFolder);
  expect(left.filter((name) => name.startsWith('media'))).toEqual([]);
  return outcome.kind === 'failed' ? outcome.detail : '';
}

describe('a fetched file that names other files', () => {
  it.each<[string, TaskRequest]>([
    ['as it is', {}],
    ['moved into a container', { options: { container: 'mkv' } }],
    ['as MP3', { format_preset: 'Audio only', options: { audio_codec: 'mp3' } }],
    ['with tags', { options: { embed_metadata: true } }],
  ])('is not followed as the only segment of a stream: %s', async (_, request) => {
    expect(await refused(list(saying('0.ts', local())), request)).toContain('it is a playlist');
  });

  it('is not followed when it comes after good segments', async () => {
    const path = list('/media/hls/v360-00.ts', saying('1.ts', local()));
    expect(await refused(path)).toContain('it is a playlist');
  });

  it('is not followed when it names itself', async () => {
    expect(await refused(list(saying('0.ts', playlist('media.mp4'))))).toContain('a playlist');
  });

  it.each<[string, string, () => string | Buffer]>([
    ['a playlist', 'clip.mp4', () => local()],
    ['a playlist', 'clip.mp3', () => Buffer.concat([id3, Buffer.from(local())])],
    ['a playlist', 'clip.webm', () => Buffer.concat([id3, id3, Buffer.from(local())])],
    ['a list of files', 'clip.mkv', () => `ffconcat version 1.0\nfile '${secrets}/secret.ts'\n`],
    [
      'a session description',
      'clip.m4a',
      () => 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n',
    ],
    [
      'a session description',
      'clip.ts',
      () => '\x01\x02 no text\nc=IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n',
    ],
    [
      'a manifest',
      'clip.mp4',
      () =>
        `<?xml version="1.0"?><MPD profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static"><Period><AdaptationSet><Representation><BaseURL>file://${secrets}/secret.ts</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ],
    ['XML', 'clip.ogg', () => '<?xml version="1.0"?><a/>'],
    ['a web page', 'clip.flv', () => '<!doctype html><html><title>Sorry</title></html>'],
    ['text', 'clip.wav', () => '{"error": "no such clip"}'],
  ])('is refused whatever it is called: %s as %s', async (what, name, content) => {
    const url = `${tasks.origin.url}${saying(name, content())}`;
    const page = `/page/video.html?${new URLSearchParams({ video: url })}`;
    expect(
      await refused(page, { format_preset: 'Audio only', options: { audio_codec: 'mp3' } }),
    ).toContain(`it is ${what}`);
  });

  it.each([
    ['/itself/list.m3u8', 'it is a playlist of playlists'],
    ['/itself/stream.m3u8', 'it is a playlist'],
    ['/itself/clip.smil', 'it is XML'],
  ])(
    'is fetched only a few times when it names itself by another file: %s',
    async (path, words) => {
      tasks.origin.requests.length = 0;
      expect(await refused(path)).toContain(words);
      expect(tasks.origin.requests.length).toBeLessThan(8);
    },
  );

  it('is refused by our own tools as well', async () => {
    const { jobs, workFolder } = await tasks.jobs();
    const path = join(workFolder, 'media.mp4');
    await writeFile(path, local());
    await expect(measureMedia(jobs, path)).rejects.toThrow(
      new ProbeError('INVALID_MEDIA', 'The file is no media: it is a playlist.'),
    );
    const copied = join(workFolder, 'copied.mp4');
    const argv = [
      '-v',
      'error',
      '-protocol_whitelist',
      'file',
      '-i',
      `file:${path}`,
      `file:${copied}`,
    ];
    expect((await jobs.runTool('ffmpeg', argv)).exit.status).toBe(1);
    await copyFile(join(secrets, 'secret.ts'), path);
    expect((await jobs.runTool('ffmpeg', argv)).exit.status).toBe(0);
  });
});

describe('an optional part of a download', () => {
  const both: TaskRequest = {
    options: { subtitles: { languages: ['en', 'de'] }, write_thumbnail: true, write_info: true },
  };
  const page = (parts: { readonly thumbnail?: string; readonly en?: string }) =>
    `/page/video.html?${new URLSearchParams({
      thumbnail: parts.thumbnail ?? '/media/thumbnail.jpg',
      tracks: `en=${parts.en ?? '/media/subtitles.en.vtt'},de=/media/subtitles.de.vtt`,
    })}`;

  it.each<[string, () => string]>([
    [
      'a web page',
      () => saying('x.vtt', '<!doctype html><html><!-- 1 --> 2 --></html>', 'text/vtt'),
    ],
    ['a playlist of local files', () => saying('x.vtt', local(), 'text/vtt')],
    [
      'a playlist behind a tag',
      () => saying('x.srt', Buffer.concat([id3, Buffer.from(local())]), 'text/vtt'),
    ],
    ['XML of no subtitles', () => saying('x.ttml', '<?xml version="1.0"?><MPD/>', 'text/xml')],
    ['a gzip bomb', () => '/packed/x.vtt?start=WEBVTT&type=text/vtt&mib=400'],
    ['without an end', () => '/page/endless.html?kib_per_s=0&x=.vtt'],
  ])(
    'is left out when it is a subtitle that is %s; the other one and the media are kept',
    async (_, en) => {
      const { suffixes, warnings } = await tasks.done(page({ en: en() }), both);
      expect(suffixes).toEqual(['.mp4', '.de.vtt', '.info.json', '.jpg']);
      expect(warnings).toEqual(['SUBTITLES_MISSING']);
    },
  );

  it.each<[string, () => string, Partial<TaskRequest['limits']>?]>([
    ['a playlist of local files', () => saying('x.jpg', local(), 'image/jpeg')],
    ['an SVG', () => saying('x.jpg', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/jpeg')],
    ['huge', () => '/huge-picture.jpg?mib=100'],
    [
      'larger than a file may be',
      () => '/huge-picture.jpg?mib=40',
      { maxFileSizeBytes: 20_000_000 },
    ],
    ['a gzip bomb', () => '/packed/x.jpg?type=image/jpeg&mib=400'],
    ['a video that calls itself one', () => '/media/clip-360.mp4'],
  ])('is left out when it is a thumbnail that is %s', async (_, thumbnail, limits) => {
    const { suffixes, warnings, media } = await tasks.done(page({ thumbnail: thumbnail() }), {
      ...both,
      limits: { ...limits },
    });
    expect(suffixes).toEqual(['.mp4', '.de.vtt', '.en.vtt', '.info.json']);
    expect(warnings).toEqual(['THUMBNAIL_MISSING']);
    expect(media?.sizeBytes).toBeGreaterThan(500_000);
  });
});

it('a thumbnail that never arrives is left out after the stall limit', async () => {
  const page = `/page/video.html?${new URLSearchParams({ thumbnail: '/fault/stalled.mp4' })}`;
  const { suffixes, warnings } = await tasks.done(page, {
    options: { write_thumbnail: true },
    limits: { stallTimeoutMs: 2_000 },
  });
  expect(suffixes).toEqual(['.mp4']);
  expect(warnings).toEqual(['THUMBNAIL_MISSING']);
});

it('an unchecked subtitle is not kept when it is a list of files', async () => {
  const { workFolder } = await tasks.jobs();
  const options = { subtitles: { languages: ['en', 'de', 'fr', 'pt-BR'] } };
  const plan = planOf({ format_preset: 'Smart (best combined)', quality: 'best', options });
  await writeFile(join(workFolder, 'media.en.vtt'), local());
  await writeFile(join(workFolder, 'media.de.vtt'), '<!doctype html><title>Sorry</title>');
  await writeFile(join(workFolder, 'media.fr.vtt'), 'WEBVTT\n');
  await writeFile(join(workFolder, 'media.pt_br.vtt'), 'WEBVTT\n\n00:01.000 --> 00:02.000\nSim\n');
  const { files, warnings } = await collectSidecars(workFolder, plan, false);
  expect(files.map(({ suffix }) => suffix)).toEqual(['.pt_br.vtt']);
  expect(warnings).toEqual(['SUBTITLES_MISSING']);
});

it('a thumbnail that is broken after its first bytes is left out when it cannot be embedded', async () => {
  const content = Buffer.from('\x89PNG\r\n\x1a\n and no more', 'latin1');
  const thumbnail = saying('x.png', content, 'image/png');
  const page = `/page/video.html?${new URLSearchParams({ thumbnail })}`;
  const { suffixes, warnings } = await tasks.done(page, { options: { embed_thumbnail: true } });
  expect(suffixes).toEqual(['.mp4']);
  expect(warnings).toEqual(['THUMBNAIL_MISSING']);
});

describe('an unreadable answer', () => {
  it.each([
    ['/page/endless.html?kib_per_s=0', 'larger than 64 MiB'],
    ['/page/gzip-bomb.html?mib=200', 'larger than 64 MiB'],
    ['/page/deep.html', 'nested too deeply'],
  ])('is reported as what it is: %s', async (path, words) => {
    const { outcome } = await tasks.run(path);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'INVALID_MEDIA' });
    expect(JSON.stringify(outcome)).toContain(words);
  });

  it('is reported as lack of memory when that ends the download', async () => {
    const { outcome } = await tasks.run('/page/gzip-bomb.html?mib=60', {
      limits: { memoryBytes: 100 * 1024 ** 2 },
    });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'WORKER_CRASHED' });
    expect(JSON.stringify(outcome)).toContain('not enough memory');
  });
});
