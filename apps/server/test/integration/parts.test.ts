import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateDownloads, Download } from '@artemis/contracts';
import { ApiError } from '@artemis/contracts/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { inspect } from './inspect.ts';
import {
  createServerHome,
  eventually,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

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

async function refusal(answer: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await answer.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`no refusal but ${String(error)}`);
  return error;
}

const codes = ({ warnings }: Download) => warnings.map(({ code }) => code).sort();
const fileOf = ({ storage_path: path }: Download) => join(home.folder, path ?? '');
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
    const before = await stat(fileOf(record));
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
    const after = await stat(fileOf(whole));
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
    expect(await inspect(fileOf(record))).toMatchObject({ subtitles: [], hasCover: false });
    const asked = mediaRequests().length;
    const bytes = record.file_size ?? 0;
    await open('inside');
    await server.client.retryDownload(record.id, { parts: ['subtitles', 'thumbnail'] });
    const whole = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect([whole.status, codes(whole)]).toEqual(['completed', []]);
    expect(whole.storage_path).toBe(record.storage_path);
    expect(whole.artifacts).toHaveLength(1);
    expect(whole.file_size).toBeGreaterThan(bytes);
    const found = await inspect(fileOf(whole));
    expect(found).toMatchObject({ video: 'h264', audio: 'aac', hasCover: true });
    expect(found.subtitles).toHaveLength(1);
    expect(found.seconds).toBeCloseTo(8, 0);
    expect((await stat(fileOf(whole))).size).toBe(whole.file_size);
    expect(mediaRequests().length).toBe(asked);
    const { download_url: link } = await server.client.getDownload(record.id);
    const answer = await fetch(server.client.resolveUrl(link ?? ''));
    expect((await answer.arrayBuffer()).byteLength).toBe(whole.file_size);
    expect(await home.partialFiles()).toEqual([]);
  });

  it('that cannot be fetched stay a warning, and the stored file stays unchanged', async () => {
    const page = `/page/video.html?${new URLSearchParams({ tracks: 'en=/media/nothing.vtt', key: 'x' })}`;
    const record = await download(page, { options: { subtitles: { languages: ['en'] } } });
    const before = await readFile(fileOf(record));
    await server.client.retryDownload(record.id, { parts: ['subtitles'] });
    const again = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect([again.status, codes(again), again.error]).toEqual([
      'completed',
      ['SUBTITLES_MISSING'],
      null,
    ]);
    expect(again.artifacts).toEqual(record.artifacts);
    expect((await readFile(fileOf(again))).equals(before)).toBe(true);
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
    await writeFile(fileOf(record), 'mine');
    await open('foreign');
    await server.client.retryDownload(record.id, { parts: ['thumbnail'] });
    const again = await server.client.waitFor(record.id, { intervalMs: 50 });
    expect(again.status).toBe('completed');
    expect(await readFile(fileOf(record), 'utf8')).toBe('mine');
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
    expect((await stat(fileOf(record))).size).toBe(record.file_size);
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
