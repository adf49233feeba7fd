import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateDownloads, CreateProbe, ProbedMedia, ProbedPlaylist } from '@artemis/contracts';
import { ApiError } from '@artemis/contracts/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCanary } from '../origin/canary.ts';
import { startOrigin } from '../origin/origin.ts';
import {
  createServerHome,
  eventually,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

let origin: Awaited<ReturnType<typeof startOrigin>>;
let canary: Awaited<ReturnType<typeof startCanary>>;
let home: ServerHome;
let server: ServerProcess;

beforeAll(async () => {
  origin = await startOrigin();
  canary = await startCanary();
  home = await createServerHome();
  server = await home.start({ EGRESS_ALLOW: origin.hostPort });
}, 60_000);

afterAll(async () => {
  await home.remove();
  await origin.close();
  await canary.close();
});

const probe = (path: string, rest: Omit<CreateProbe, 'url'> = {}) =>
  server.client.createProbe({ url: origin.url + path, ...rest });

async function mediaAt(path: string, rest: Omit<CreateProbe, 'url'> = {}): Promise<ProbedMedia> {
  const found = await probe(path, rest);
  if (found.kind !== 'media') throw new Error('not media');
  return found;
}

async function playlistAt(path: string, cursor?: string): Promise<ProbedPlaylist> {
  const found = await probe(path, cursor === undefined ? {} : { cursor });
  if (found.kind !== 'playlist') throw new Error('not a playlist');
  return found;
}

async function refusal(answer: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await answer.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`no refusal but ${String(error)}`);
  return error;
}

const foldersLeft = () => readdir(join(home.folder, '.artemis/probes')).catch(() => []);

describe('a probe of media', () => {
  it('gives its formats without fetching it, and a second probe asks no site', async () => {
    const media = await mediaAt('/media/clip-360.mp4');
    expect(media).toMatchObject({ kind: 'media', title: 'clip-360', is_live: false });
    expect(media.formats).toHaveLength(1);
    expect(media.picks).toEqual([media.formats[0]?.format_id]);
    const sent = origin.requests.filter(({ path }) => path === '/media/clip-360.mp4');
    expect(sent.length).toBe(1);
    expect(await mediaAt('/media/clip-360.mp4')).toEqual(media);
    expect(origin.requests.filter(({ path }) => path === '/media/clip-360.mp4')).toEqual(sent);
    expect(await home.storedFiles()).toEqual([]);
    expect(await foldersLeft()).toEqual([]);
  });

  it('says which formats preset and quality would choose', async () => {
    const path = '/media/hls/master.m3u8';
    const best = await mediaAt(path);
    const heightsOf = ({ formats, picks }: ProbedMedia) =>
      picks.map((id) => formats.find((format) => format.format_id === id)?.height ?? null);
    expect(new Set(best.formats.map(({ height }) => height))).toEqual(new Set([null, 360, 720]));
    expect(heightsOf(best)).toContain(720);
    expect(heightsOf(await mediaAt(path, { quality: '360p' }))).toContain(360);
    const sound = await mediaAt(path, { format_preset: 'Audio only' });
    expect(heightsOf(sound)).toEqual([null]);
  });

  it('has the thumbnail as a small re-encoded JPEG', async () => {
    const { thumbnail } = await mediaAt('/page/video.html');
    expect(thumbnail).toMatch(/^data:image\/jpeg;base64,/);
    const picture = Buffer.from(thumbnail?.split(',')[1] ?? '', 'base64');
    expect(picture.length).toBeLessThanOrEqual(64 * 1024);
    const stdout = await new Promise<string>((done) => {
      const child = execFile(
        'ffprobe',
        ['-v', 'error', '-show_entries', 'stream=codec_name,width', '-of', 'csv=p=0', '-'],
        (error, text) => done(error ? error.message : text),
      );
      child.stdin?.end(picture);
    });
    const [codec, width] = stdout.trim().split(',');
    expect(codec).toBe('mjpeg');
    expect(Number(width)).toBeLessThanOrEqual(480);
  });

  it.each([
    ['is missing', '/media/nothing.jpg'],
    ['is a playlist in disguise', '/fault/playlist.mp4'],
    ['is on a private address', 'canary'],
  ])('leaves out a thumbnail that %s', async (_what, path) => {
    const address = path === 'canary' ? `http://127.0.0.1:${canary.port}/x.jpg` : path;
    const media = await mediaAt(`/page/video.html?thumbnail=${encodeURIComponent(address)}`);
    expect(media).toMatchObject({ thumbnail: null, picks: ['0'] });
    expect(canary.connections).toBe(0);
  });
});

describe('a download that follows a probe', () => {
  const pages = (key: string) =>
    origin.requests.filter(({ path, query }) => path.startsWith('/page/') && query.includes(key));

  async function storedAfter(request: CreateDownloads) {
    const { downloads } = await server.client.createDownloads(request);
    return server.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 50 });
  }

  it('does not read the page again', async () => {
    const url = `${origin.url}/page/subtitles.html?key=reuse`;
    const media = await mediaAt('/page/subtitles.html?key=reuse');
    expect(media.subtitles).toEqual(['de', 'en']);
    const record = await storedAfter({
      url,
      options: { subtitles: { languages: ['de'] }, write_thumbnail: true },
    });
    expect([record.status, record.warnings]).toEqual(['completed', []]);
    expect(record.title).toBe(media.title);
    expect(record.artifacts.map(({ kind }) => kind).sort()).toEqual([
      'media',
      'subtitle',
      'thumbnail',
    ]);
    expect(pages('key=reuse')).toHaveLength(1);
    await storedAfter({ url, options: { proxy: `http://${origin.hostPort}` } });
    const { lines } = await server.client.downloadLog(record.id);
    expect(lines.some(({ text }) => text.includes('--load-info-json'))).toBe(true);
  });

  it('reads the page again when the saved information has expired', async () => {
    const path = `/page/video.html?${new URLSearchParams({ video: '/fault/closed/aged/clip-360.mp4', key: 'aged' })}`;
    await fetch(`${origin.url}/fault/open/aged`);
    await mediaAt(path);
    await fetch(`${origin.url}/fault/shut/aged`);
    const failed = await storedAfter({ url: origin.url + path });
    expect([failed.status, failed.error?.code]).toEqual(['failed', 'MEDIA_UNAVAILABLE']);
    expect(pages('key=aged')).toHaveLength(2);
  });
});

describe('the planned output of a probe', () => {
  const named = (name: string) => ({ options: { name_template: name } });

  it('is named before the start, with what already has that name', async () => {
    const path = '/page/video.html?title=Planned&key=planned';
    const request = named('{title}/{title} {height}p');
    const before = await mediaAt(path, { options: { name_template: 'same' } });
    expect(before.output).toEqual({ path: 'downloads/same.mp4', taken_by: null });
    const { downloads } = await server.client.createDownloads({
      url: `${origin.url}/page/video.html?video=/fault/stalled.mp4&key=slow`,
      ...named('same'),
    });
    const during = await mediaAt(path, { options: { name_template: 'same' } });
    expect(during.output).toEqual({ path: 'downloads/same.mp4', taken_by: 'download' });
    await server.client.cancelDownload(downloads[0]?.id ?? '');
    await writeFile(join(home.downloadsDir, 'same.mp4'), 'mine');
    const after = await mediaAt(path, { options: { name_template: 'same' } });
    expect(after.output).toEqual({ path: 'downloads/same.mp4', taken_by: 'file' });
    const unnamed = await mediaAt(path, { format_preset: 'Audio only' });
    expect(unnamed.output).toEqual({ path: 'downloads/{id}.m4a', taken_by: null });
    expect((await mediaAt(path, { options: { simulate: true } })).output).toBeNull();
    const long = await mediaAt(path, request);
    expect(long.output?.path).toMatch(/^downloads\/Planned.*\/Planned.* \w+p\.mp4$/);
  });
});

describe('a probe of a list', () => {
  it('gives its entries in pages', async () => {
    const first = await playlistAt('/feed.rss?n=450');
    expect(first).toMatchObject({ title: 'Test feed', entry_count: 450, next_cursor: '201' });
    expect(first.entries).toHaveLength(200);
    expect(first.entries[0]).toMatchObject({ index: 1, title: 'Entry 001' });
    const second = await playlistAt('/feed.rss?n=450', first.next_cursor ?? '');
    expect(second.entries[0]).toMatchObject({ index: 201, title: 'Entry 201' });
    const last = await playlistAt('/feed.rss?n=450', second.next_cursor ?? '');
    expect(last.entries).toHaveLength(50);
    expect(last.next_cursor).toBeNull();
    expect(origin.requests.some(({ path }) => path.startsWith('/entry/'))).toBe(false);
  });
});

describe('a probe that fails', () => {
  it.each([
    ['/fault/status/404/clip.mp4', 'MEDIA_UNAVAILABLE'],
    ['/fault/status/429/clip.mp4', 'THROTTLED'],
    ['/page/empty.html', 'UNSUPPORTED_SITE'],
  ])('says why: %s', async (path, code) => {
    const error = await refusal(probe(path));
    expect([error.status, error.code, error.problem?.failure_code]).toEqual([
      422,
      'PROBE_FAILED',
      code,
    ]);
  });

  it('reaches no private address, by link or by redirect', async () => {
    const target = `http://127.0.0.1:${canary.port}/clip.mp4`;
    const direct = await refusal(server.client.createProbe({ url: target }));
    expect([direct.status, direct.code]).toEqual([400, 'URL_NOT_ALLOWED']);
    const redirected = await refusal(probe(`/redirect?to=${encodeURIComponent(target)}`));
    expect(redirected.problem?.failure_code).toBe('EGRESS_BLOCKED');
    expect(canary.connections).toBe(0);
  });

  it.each([
    [{ url: 'https://example.org/', cursor: '0' }, 'VALIDATION_FAILED', '/cursor'],
    [{ url: 'https://example.org/', format_preset: 'No' }, 'PRESET_UNKNOWN', '/format_preset'],
    [{ url: 'file:///etc/passwd' }, 'URL_NOT_ALLOWED', '/url'],
  ])('refuses %j before it begins', async (request, code, path) => {
    const error = await refusal(server.client.createProbe(request));
    expect([error.status, error.code, error.problem?.errors?.[0]?.path]).toEqual([400, code, path]);
  });
});

describe('long probes', () => {
  it('are two at most, and end when their client disconnects', async () => {
    const path = '/page/endless.html';
    const client = new AbortController();
    const slow = ['a', 'b'].map((key) =>
      server.client
        .createProbe(
          { url: `${origin.url}${path}?kib_per_s=64&key=${key}` },
          { signal: client.signal },
        )
        .catch((error: unknown) => error),
    );
    const asked = () => origin.requests.filter((request) => request.path === path);
    await eventually(() => asked().length >= 2);
    const third = await refusal(probe('/media/clip-720.mp4'));
    expect([third.status, third.code]).toEqual([429, 'TOO_MANY_PROBES']);
    expect(third.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    client.abort();
    await Promise.all(slow);
    await eventually(() => asked().every(({ ended }) => ended === 'cut'));
    await eventually(async () => (await foldersLeft()).length === 0);
    expect((await mediaAt('/media/clip-720.mp4')).title).toBe('clip-720');
  });
});
