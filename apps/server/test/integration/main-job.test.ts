import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CreateDownloads, Download } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCanary } from '../origin/canary.ts';
import { startOrigin } from '../origin/origin.ts';
import {
  createServerHome,
  eventually,
  warmEngine,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

const run = promisify(execFile);
const MINUTES = 60_000;

let origin: Awaited<ReturnType<typeof startOrigin>>;
let canary: Awaited<ReturnType<typeof startCanary>>;
let home: ServerHome;
let server: ServerProcess;

beforeAll(async () => {
  origin = await startOrigin();
  canary = await startCanary();
  home = await createServerHome();
  server = await home.start({
    EGRESS_ALLOW: origin.hostPort,
    MAX_PER_HOST: '4',
    MAX_ATTEMPTS: '1',
    MAX_FILE_SIZE: '20000000',
    STALL_TIMEOUT: '4',
  });
  await warmEngine(server);
}, 2 * MINUTES);

afterAll(async () => {
  await home.remove();
  await origin.close();
  await canary.close();
});

async function download(path: string, request: Partial<CreateDownloads> = {}): Promise<Download> {
  const { downloads } = await server.client.createDownloads({ url: origin.url + path, ...request });
  return server.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 50 });
}

async function streamsOf(path: string): Promise<string[]> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'stream=codec_type,codec_name,height', '-of', 'csv=p=0'],
    path,
  ]);
  return stdout.trim().split('\n').toSorted();
}

function pathOf(record: Download): string {
  return join(home.downloadsDir, (record.storage_path ?? '').replace('downloads/', ''));
}

describe('twenty mixed links in one call', () => {
  const links: readonly [path: string, expected: string][] = [
    ['/media/clip-360.mp4', 'completed'],
    ['/media/clip-720.mp4', 'completed'],
    ['/media/faststart.mp4', 'completed'],
    ['/media/clip.webm', 'completed'],
    ['/media/audio.m4a', 'completed'],
    ['/media/audio.mp3', 'completed'],
    ['/media/hls/master.m3u8', 'completed'],
    ['/media/hls-aes/index.m3u8', 'completed'],
    ['/media/dash/manifest.mpd', 'completed'],
    ['/fault/no-length.mp4', 'completed'],
    ['/page/subtitles.html', 'completed'],
    ['/feed.rss?n=3', 'completed'],
    ['/fault/status/404/clip.mp4', 'MEDIA_UNAVAILABLE'],
    ['/fault/short-without-length.mp4', 'TRUNCATED'],
    ['/fault/endless.mp4', 'TOO_LARGE'],
    ['/fault/text.mp4', 'INVALID_MEDIA'],
    ['/fault/playlist.mp4', 'INVALID_MEDIA'],
    ['/fault/stalled.mp4', 'STALLED'],
    ['/page/empty.html', 'UNSUPPORTED_SITE'],
    // The last one, because the site is left alone for a while after it.
    ['/fault/status/429/clip.mp4', 'THROTTLED'],
  ];

  it(
    'end as they should, with files that play and failures that say what to do',
    async () => {
      const urls = links.map(([path]) => origin.url + path);
      const { downloads } = await server.client.createDownloads({ urls });
      const ended = await Promise.all(
        downloads.map(({ id }) => server.client.waitFor(id, { intervalMs: 100 })),
      );
      const results = ended.map((record, index) => [
        links[index]?.[0],
        record.status === 'failed' ? record.error?.code : record.status,
      ]);
      expect(results).toEqual(links.map(([path, expected]) => [path, expected]));
      for (const record of ended) {
        if (record.status === 'failed') {
          expect(record.error?.hint).not.toBe('');
          expect(record.storage_path).toBeNull();
          continue;
        }
        const content = await readFile(pathOf(record));
        expect(content.length).toBe(record.file_size);
        expect(await streamsOf(pathOf(record))).not.toEqual([]);
        expect(record).toMatchObject({ progress: 100, phase: null, speed_bps: null, error: null });
        expect(record.metadata.duration).toBeGreaterThan(1);
      }
      const plain = await readFile(pathOf(ended[0] ?? (await download('/media/clip-360.mp4'))));
      const source = await readFile(join(origin.mediaFolder, 'clip-360.mp4'));
      expect(createHash('sha256').update(plain).digest('hex')).toBe(
        createHash('sha256').update(source).digest('hex'),
      );
      expect(ended[11]?.warnings.map(({ code }) => code)).toContain('PLAYLIST_FIRST_ONLY');
    },
    4 * MINUTES,
  );

  it('leave one file for each completed download and no partial file', async () => {
    const completed = await server.client.listDownloads({ status: ['completed'], limit: 200 });
    expect(await home.storedFiles()).toHaveLength(completed.total);
    const ids = new Set(completed.downloads.map(({ id }) => id));
    // The last of them may still be putting its folder away.
    await eventually(async () => !(await home.partialFiles()).some((name) => ids.has(name)));
  });
});

describe('presets and qualities', () => {
  it('prefer a quality and accept a smaller one with a warning', async () => {
    const exact = await download('/media/hls/master.m3u8', { quality: '360p' });
    expect(exact).toMatchObject({ status: 'completed', metadata: { height: 360 }, warnings: [] });
    const short = await download('/media/hls/master.m3u8', { quality: '2160p' });
    expect(short).toMatchObject({ status: 'completed', metadata: { height: 720 } });
    expect(short.warnings.map(({ code }) => code)).toEqual(['QUALITY_SHORTFALL']);
  });

  it('make MP4 with M4A audio, or audio alone in the requested codec', async () => {
    const muxed = await download('/media/dash/manifest.mpd', {
      format_preset: 'Video + Audio (muxed)',
    });
    expect(pathOf(muxed)).toMatch(/\.mp4$/);
    expect(await streamsOf(pathOf(muxed))).toEqual([
      'aac,audio',
      expect.stringMatching(/^h264,video/),
    ]);
    const audio = await download('/media/clip-360.mp4', {
      format_preset: 'Audio only',
      options: { audio_codec: 'mp3' },
    });
    expect(pathOf(audio)).toMatch(/\.mp3$/);
    expect(await streamsOf(pathOf(audio))).toEqual(['mp3,audio']);
  });

  it('store subtitles, thumbnail and metadata beside the media', async () => {
    const record = await download(
      `/page/video.html?video=${encodeURIComponent('/media/clip-360.mp4')}&thumbnail=${encodeURIComponent('/media/thumbnail.jpg')}&tracks=${encodeURIComponent('en=/media/subtitles.en.vtt')}`,
      { format_preset: 'Subtitle + metadata' },
    );
    expect(record.status).toBe('completed');
    expect(record.artifacts.map(({ kind }) => kind).toSorted()).toEqual([
      'info',
      'media',
      'subtitle',
      'thumbnail',
    ]);
    const { artifact_urls: urls } = await server.client.getDownload(record.id);
    for (const [index, url] of urls.entries()) {
      const response = await fetch(server.client.resolveUrl(url));
      expect((await response.arrayBuffer()).byteLength).toBe(record.artifacts[index]?.size);
    }
  });

  it('list the entries of a playlist and download nothing', async () => {
    const before = await home.storedFiles();
    const record = await download('/feed.rss?n=5', { format_preset: 'Playlist (flat)' });
    expect(record).toMatchObject({ status: 'completed', artifacts: [], storage_path: null });
    expect(record.metadata.entries?.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
    expect(record.metadata.entries?.[0]?.url).toMatch(/\/entry\/1\/clip\.mp4$/);
    expect(await home.storedFiles()).toEqual(before);
  });
});

describe('a link into a private network', () => {
  it.each([
    ['a redirect', (to: string) => `/redirect?to=${encodeURIComponent(to)}`],
    ['a segment', (to: string) => `/hls/pointing.m3u8?part=segment&to=${encodeURIComponent(to)}`],
    ['a key', (to: string) => `/hls/pointing.m3u8?part=key&to=${encodeURIComponent(to)}`],
    ['a variant', (to: string) => `/hls/pointing.m3u8?part=variant&to=${encodeURIComponent(to)}`],
    ['a DASH base', (to: string) => `/dash/pointing.mpd?to=${encodeURIComponent(to)}`],
  ])('is refused in %s, and its target never contacted', async (_name, path) => {
    const before = canary.connections;
    const record = await download(path(`http://127.0.0.1:${canary.port}/x.mp4`));
    expect(record).toMatchObject({ status: 'failed', error: { code: 'EGRESS_BLOCKED' } });
    expect(canary.connections).toBe(before);
  });

  it('is refused in a clip that needs it', async () => {
    const before = canary.connections;
    const to = encodeURIComponent(`http://127.0.0.1:${canary.port}/x.ts`);
    const record = await download(`/hls/pointing.m3u8?part=segment&to=${to}`, {
      options: { section: { start: 0, end: 4 } },
    });
    expect(record).toMatchObject({ status: 'failed', error: { code: 'EGRESS_BLOCKED' } });
    expect(canary.connections).toBe(before);
  });

  it('is only a warning for a subtitle, whose address is not contacted', async () => {
    const before = canary.connections;
    const track = encodeURIComponent(`en=http://127.0.0.1:${canary.port}/en.vtt`);
    const record = await download(
      `/page/video.html?video=${encodeURIComponent('/media/clip-360.mp4')}&tracks=${track}`,
      { options: { subtitles: { languages: ['en'] } } },
    );
    expect(record.status).toBe('completed');
    expect(record.warnings.map(({ code }) => code)).toEqual(['SUBTITLES_MISSING']);
    expect(canary.connections).toBe(before);
  });
});

describe('the log of the server', () => {
  it('is JSON and holds no query string of a link', async () => {
    await download('/media/clip-360.mp4?token=very-secret-query');
    expect(server.stdout() + server.stderr()).not.toContain('very-secret-query');
    for (const line of server.stdout().trim().split('\n'))
      expect(JSON.parse(line)).toBeTypeOf('object');
    const { lines } = await server.client.log();
    expect(JSON.stringify(lines)).not.toContain('very-secret-query');
  });
});
