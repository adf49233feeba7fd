import { appendFile, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateDownloads, Download, DownloadOptions } from '@artemis/contracts';
import { ApiError } from '@artemis/contracts/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saying } from '../origin/hostile-routes.ts';
import { startOrigin } from '../origin/origin.ts';
import { inspect } from './inspect.ts';
import {
  createServerHome,
  eventually,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

const CUE = '1\n00:00:00,500 --> 00:00:02,000\n';
/** "Hello, how are you? What is new?" in Russian, as Windows wrote it. */
const RUSSIAN = Buffer.from('cff0e8e2e5f22c20eae0ea20e4e5ebe03f20d7f2ee20edeee2eee3ee3f0a', 'hex');

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;
let server: ServerProcess;

beforeAll(async () => {
  origin = await startOrigin();
  home = await createServerHome();
  server = await home.start({ EGRESS_ALLOW: origin.hostPort, MAX_ATTEMPTS: '1' });
}, 60_000);

afterAll(async () => {
  await home.remove();
  await origin.close();
});

async function download(path: string, request: Partial<CreateDownloads> = {}): Promise<Download> {
  const { downloads } = await server.client.createDownloads({ url: origin.url + path, ...request });
  return server.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 50 });
}

const told = ({ warnings }: Download) =>
  warnings.map(({ code, detail }) => (detail === undefined ? code : `${code}: ${detail}`));
const fileOf = (record: Download, index = 0) =>
  join(home.folder, record.artifacts[index]?.storage_path ?? '');

function pageWith(tracks: Readonly<Record<string, string>>, more: Record<string, string> = {}) {
  const list = Object.entries(tracks).map(([language, path]) => `${language}=${path}`);
  return `/page/video.html?${new URLSearchParams({ tracks: list.join(','), ...more })}`;
}

async function refusal(answer: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await answer.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`no refusal but ${String(error)}`);
  return error;
}

const codes = ({ warnings }: Download) => warnings.map(({ code }) => code).sort();
const mediaOf = ({ storage_path: path }: Download) => join(home.folder, path ?? '');
const mediaRequests = () => origin.requests.filter(({ path }) => path.endsWith('clip-360.mp4'));

/** Whose subtitles and thumbnail are not there before they are opened. */
function closedPage(key: string): string {
  const query = new URLSearchParams({
    video: `/media/clip-360.mp4?key=${key}`,
    thumbnail: `${origin.url}/fault/closed/${key}/thumbnail.jpg`,
    tracks: `en=/fault/closed/${key}/subtitles.en.vtt`,
  });
  return `/page/video.html?${query}`;
}

const open = (key: string) => fetch(`${origin.url}/fault/open/${key}`);

describe('missing parts', () => {
  it('are fetched alone as files beside the media, which is not downloaded again', async () => {
    const record = await download(closedPage('beside'), {
      options: {
        subtitles: { languages: ['en'] },
        write_thumbnail: true,
        name_template: '{title}',
      },
    });
    expect([record.status, codes(record)]).toEqual([
      'completed',
      ['SUBTITLES_MISSING', 'THUMBNAIL_MISSING'],
    ]);
    const before = await stat(mediaOf(record));
    const asked = mediaRequests().length;
    await open('beside');
    const first = await server.client.retryDownload(record.id, { parts: ['subtitles'] });
    expect(first).toMatchObject({ status: 'queued', retry_parts: ['subtitles'] });
    expect(first.storage_path).toBe(record.storage_path);
    const half = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect([half.status, codes(half)]).toEqual(['completed', ['THUMBNAIL_MISSING']]);
    await server.client.retryDownload(record.id, { parts: ['thumbnail', 'subtitles'] });
    const whole = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect([whole.status, codes(whole), whole.retry_parts]).toEqual(['completed', [], []]);
    expect(whole.artifacts.map(({ name }) => name).sort()).toEqual([
      'A page with a video (1).en.vtt',
      'A page with a video (1).jpg',
      'A page with a video (1).mp4',
    ]);
    const after = await stat(mediaOf(whole));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect(whole).toMatchObject({ progress: 100, file_size: record.file_size, attempt: 3 });
    // The page is read again, which asks for the beginning of nothing.
    expect(mediaRequests().length).toBe(asked);
    const nothing = await refusal(server.client.retryDownload(record.id, { parts: ['subtitles'] }));
    expect([nothing.status, nothing.code]).toEqual([409, 'NOT_RETRYABLE']);
    expect(nothing.message).toBe('Nothing of this is missing: subtitles.');
  });

  it('are embedded into a new media file that replaces the old one', async () => {
    const record = await download(closedPage('inside'), {
      options: {
        subtitles: { languages: ['en'], embed: true },
        embed_thumbnail: true,
        name_template: 'inside',
      },
    });
    expect(codes(record)).toEqual(['SUBTITLES_MISSING', 'THUMBNAIL_MISSING']);
    expect(await inspect(mediaOf(record))).toMatchObject({ subtitles: [], hasCover: false });
    const asked = mediaRequests().length;
    const bytes = record.file_size ?? 0;
    await open('inside');
    await server.client.retryDownload(record.id, { parts: ['subtitles', 'thumbnail'] });
    const whole = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect([whole.status, codes(whole)]).toEqual(['completed', []]);
    expect(whole.storage_path).toBe(record.storage_path);
    expect(whole.artifacts).toHaveLength(1);
    expect(whole.file_size).toBeGreaterThan(bytes);
    const found = await inspect(mediaOf(whole));
    expect(found).toMatchObject({ video: 'h264', audio: 'aac', hasCover: true });
    expect(found.subtitles).toHaveLength(1);
    expect(found.seconds).toBeCloseTo(8, 0);
    expect((await stat(mediaOf(whole))).size).toBe(whole.file_size);
    expect(mediaRequests().length).toBe(asked);
    const { download_url: link } = await server.client.getDownload(record.id);
    const answer = await fetch(server.client.resolveUrl(link ?? ''));
    expect((await answer.arrayBuffer()).byteLength).toBe(whole.file_size);
    expect(await home.partialFiles()).toEqual([]);
  });

  it('that cannot be fetched stay a warning, and the stored file stays unchanged', async () => {
    const page = `/page/video.html?${new URLSearchParams({ tracks: 'en=/media/nothing.vtt', key: 'x' })}`;
    const record = await download(page, { options: { subtitles: { languages: ['en'] } } });
    const before = await readFile(mediaOf(record));
    await server.client.retryDownload(record.id, { parts: ['subtitles'] });
    const again = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect([again.status, codes(again), again.error]).toEqual([
      'completed',
      ['SUBTITLES_MISSING'],
      null,
    ]);
    expect(again.artifacts).toEqual(record.artifacts);
    expect((await readFile(mediaOf(again))).equals(before)).toBe(true);
  });

  it('leave the download completed when the site is gone', async () => {
    const path = '/fault/status/404/clip.mp4?good=2&key=gone';
    const record = await download(path, {
      options: { sponsorblock: { mode: 'mark', categories: ['sponsor'] } },
    });
    expect([record.status, codes(record)]).toEqual(['completed', ['SPONSORBLOCK_MISSING']]);
    await server.client.retryDownload(record.id, { parts: ['sponsorblock'] });
    const again = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect([again.status, again.error, codes(again)]).toEqual([
      'completed',
      null,
      ['SPONSORBLOCK_MISSING'],
    ]);
    const { lines } = await server.client.downloadLog(record.id);
    expect(lines.some(({ text }) => text.includes('404'))).toBe(true);
  });

  it("never replace somebody else's file that now has the name", async () => {
    const record = await download(closedPage('foreign'), {
      options: { embed_thumbnail: true, name_template: 'foreign' },
    });
    expect(codes(record)).toEqual(['THUMBNAIL_MISSING']);
    await writeFile(mediaOf(record), 'mine');
    await open('foreign');
    await server.client.retryDownload(record.id, { parts: ['thumbnail'] });
    const again = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect(again.status).toBe('completed');
    expect(await readFile(mediaOf(record), 'utf8')).toBe('mine');
  });

  it('are given up by a cancel, and the download stays completed', async () => {
    const record = await download('/page/video.html?key=slow', {
      options: { sponsorblock: { mode: 'mark', categories: ['intro'] } },
    });
    await server.client.retryDownload(record.id, { parts: ['sponsorblock'] });
    const cancelled = await server.client.cancelDownload(record.id);
    expect(cancelled).toMatchObject({ status: 'completed', retry_parts: [] });
    expect(cancelled.artifacts).toEqual(record.artifacts);
    await eventually(async () => (await home.partialFiles()).length === 0);
    expect((await stat(mediaOf(record))).size).toBe(record.file_size);
  });

  it.each([
    [{ parts: [] }, '/parts'],
    [{ parts: ['media'] }, '/parts/0'],
    [{ parts: ['subtitles'], quality: '360p' as const }, '/parts'],
  ])('are refused when the request makes no sense: %j', async (request, path) => {
    const [any] = (await server.client.listDownloads({ status: ['completed'] })).downloads;
    const error = await refusal(server.client.retryDownload(any?.id ?? '', request as never));
    expect([error.status, error.problem?.errors?.[0]?.path]).toEqual([400, path]);
  });
});

describe('subtitles', () => {
  it('are stored as UTF-8 with the language tags of the site', async () => {
    const page = pageWith({
      'pt-BR': '/media/subtitles.en.vtt',
      ru: saying('ru.php', Buffer.concat([Buffer.from(CUE), RUSSIAN]), 'application/x-subrip'),
      en_US: saying('en.vtt', `${CUE}An SRT by another name\n`, 'text/vtt'),
    });
    const options: DownloadOptions = { subtitles: { languages: ['pt_br', 'RU', 'en'] } };
    const record = await download(page, { options });
    expect([record.status, told(record)]).toEqual(['completed', []]);
    const names = record.artifacts.map(({ name }) => name.replace(record.id, ''));
    expect(names).toEqual(['.mp4', '.en_US.vtt', '.pt-BR.vtt', '.ru.vtt']);
    expect(await readFile(fileOf(record, 3), 'utf8')).toContain('Привет, как дела? Что нового?');
    expect(await readFile(fileOf(record, 1), 'utf8')).toMatch(
      /^WEBVTT\n[^]*An SRT by another name/,
    );
    const { artifact_urls: urls } = await server.client.getDownload(record.id);
    const saved = await fetch(server.client.resolveUrl(urls[3] ?? ''));
    expect(saved.headers.get('content-disposition')).toMatch(/\.ru\.vtt"/);
  });

  it('that are invalid count as missing and are never embedded', async () => {
    const page = pageWith({
      de: saying('de.vtt', '<!doctype html><title>404</title>', 'text/vtt'),
      fr: saying('fr.vtt', 'WEBVTT\n\nNOTE nothing\n', 'text/vtt'),
      en: '/media/subtitles.en.vtt',
    });
    const subtitles = { languages: ['de', 'fr', 'en'], embed: true };
    const record = await download(page, { options: { subtitles } });
    expect(told(record)).toEqual(['SUBTITLES_MISSING']);
    expect(await inspect(fileOf(record))).toMatchObject({ languages: ['eng'] });
  });

  it('that the container cannot take are stored beside it, with a warning', async () => {
    const record = await download(pageWith({ en: '/media/subtitles.en.vtt' }), {
      format_preset: 'Audio only',
      options: { audio_codec: 'mp3', subtitles: { languages: ['en'], embed: true } },
    });
    expect(told(record)).toEqual(['OPTION_IGNORED: subtitles.embed']);
    expect(record.artifacts.map(({ kind }) => kind)).toEqual(['media', 'subtitle']);
  });
});

it('a thumbnail gets the extension of its content, whatever its link says', async () => {
  const thumbnail = origin.url + saying('cover.jpg', PNG, 'image/jpeg');
  const record = await download(pageWith({}, { thumbnail }), {
    options: { write_thumbnail: true },
  });
  expect(told(record)).toEqual([]);
  const stored = await readFile(fileOf(record, 1));
  expect([record.artifacts[1]?.content_type, stored.toString('hex', 0, 3)]).toEqual([
    'image/jpeg',
    'ffd8ff',
  ]);
});

it('the Content-Type decides when a link has no media extension', async () => {
  const segments = ['00', '01'].map((n) => `#EXTINF:2,\n${origin.url}/media/hls/v360-${n}.ts\n`);
  const list = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${segments.join('')}#EXT-X-ENDLIST\n`;
  const video = saying('play.php', list, 'application/x-mpegURL');
  const record = await download(pageWith({}, { video }));
  expect([record.status, record.error]).toEqual(['completed', null]);
  expect(record.artifacts).toMatchObject([{ content_type: 'video/mp4' }]);
});

it('audio in a rare format counts as media', async () => {
  const head = Buffer.from(
    '2e736e64000000180000044c000000010000 1f4000000001'.replace(' ', ''),
    'hex',
  );
  const sound = Buffer.concat([head, Buffer.alloc(1100, 0xff)]);
  const record = await download(saying('play.php', sound, 'audio/basic'));
  expect([record.status, record.error]).toEqual(['completed', null]);
  expect(record.artifacts).toMatchObject([{ kind: 'media', content_type: 'audio/basic' }]);
});

it('options without effect are reported together, and an Opus quality is a bitrate', async () => {
  const record = await download('/media/clip-360.mp4', {
    format_preset: 'Audio only',
    options: {
      ...{ audio_codec: 'opus', audio_quality: 10, container: 'mkv' },
      ...{ split_chapters: true, live: { max_seconds: 5 } },
    },
  });
  expect(told(record)).toEqual(['OPTION_IGNORED: container, split_chapters, live']);
  // Eight seconds of 48 kbit/s.
  expect(record.file_size).toBeLessThan(80_000);
});

it('a file that its owner edited is reported as such', async () => {
  const record = await download('/media/tiny.mp4');
  await appendFile(fileOf(record), 'a tag of the owner');
  const { download_url: url } = await server.client.getDownload(record.id);
  const answer = await fetch(server.client.resolveUrl(url ?? ''));
  expect([answer.status, await answer.json()]).toMatchObject([
    409,
    { code: 'FILE_CHANGED', detail: expect.stringContaining(record.storage_path ?? '-') as string },
  ]);
});

it('a directory that is a file or a link is refused with the reason', async () => {
  await writeFile(join(home.downloadsDir, 'notes'), 'x');
  await mkdir(join(home.downloadsDir, 'real'), { recursive: true });
  await symlink(home.folder, join(home.downloadsDir, 'real', 'link'));
  const refusals = [
    [{ directory: 'notes/more' }, '/options/directory', 'notes is a file'],
    [{ directory: 'real/link' }, '/options/directory', 'real/link, which is a link'],
    [{ name_template: 'notes/{title}' }, '/options/name_template', 'notes is a file'],
  ] as const;
  for (const [options, path, words] of refusals) {
    const url = `${origin.url}/media/tiny.mp4`;
    const error: unknown = await server.client
      .createDownloads({ url, options })
      .catch((reason: unknown) => reason);
    if (!(error instanceof ApiError)) throw new Error('it was accepted');
    expect(error.status).toBe(400);
    expect(error.problem?.errors).toMatchObject([
      { path, message: expect.stringContaining(words) as string },
    ]);
  }
});
