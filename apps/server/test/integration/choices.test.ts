import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateDownloads, Download } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { createServerHome, type ServerHome, type ServerProcess } from './server-process.ts';

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;
let server: ServerProcess;

beforeAll(async () => {
  origin = await startOrigin();
  home = await createServerHome();
  server = await home.start({
    EGRESS_ALLOW: origin.hostPort,
    MAX_ATTEMPTS: '1',
    NAME_TEMPLATE: 'by setting/{height}p {id}',
  });
}, 60_000);

afterAll(async () => {
  await home.remove();
  await origin.close();
});

async function download(path: string, request: Partial<CreateDownloads> = {}): Promise<Download> {
  const { downloads } = await server.client.createDownloads({ url: origin.url + path, ...request });
  return server.client.waitFor(downloads[0]?.id ?? '', { intervalMs: 50 });
}

describe('an explained command line', () => {
  it.each<Partial<CreateDownloads>>([
    {},
    { quality: '720p', options: { container: 'mkv', embed_metadata: true } },
    { format_preset: 'Audio only', options: { audio_codec: 'mp3', rate_limit_kbps: 4000 } },
    { format_preset: 'Playlist (flat)' },
  ])('is the one that runs, by the log of the download: %j', async (choice) => {
    const record = await download('/media/clip-360.mp4', choice);
    const { lines } = await server.client.downloadLog(record.id);
    const logged = lines.find(({ text }) => text.startsWith('yt-dlp --'))?.text;
    const { argv } = await server.client.explain(choice);
    const explained = argv
      // The origin speaks plain http, where there is no certificate to check; a link is assumed to be https.
      .filter(({ argument }) => !argument.includes('-tls_verify'))
      .map(({ argument }) => argument.replace('https://link', record.url));
    expect(logged).toBe(`yt-dlp ${explained.join(' ')}`);
  });
});

describe('a title of more than 1 MiB', () => {
  it('is shortened, and the download completes', async () => {
    const record = await download('/page/long-title.html', {
      options: { name_template: '{title}' },
    });
    expect(record).toMatchObject({ status: 'completed', error: null });
    expect(record.title).toMatch(/^(Endless )+/);
    expect(record.title?.length).toBeLessThanOrEqual(2000);
    expect(record.metadata.width).toBe(640);
  });
});

describe('a name template', () => {
  it('names file and folders by what the site says, and never replaces a file', async () => {
    const options = {
      directory: 'clips',
      name_template: '{uploader}/{height}p/{title} [{upload_date}]',
      write_info: true,
    };
    const first = await download('/page/video.html?title=../a%20%3CB%3E:%20%E2%80%AEx', {
      options,
    });
    expect(first.error).toBeNull();
    expect(first.storage_path).toBe('downloads/clips/unknown/360p/_a _B__ x (1) [unknown].mp4');
    const second = await download('/page/video.html?title=../a%20%3CB%3E:%20%E2%80%AEx', {
      options,
    });
    expect(second.artifacts.map(({ name }) => name)).toEqual([
      '_a _B__ x (1) [unknown] (2).mp4',
      '_a _B__ x (1) [unknown] (2).info.json',
    ]);
    const path = join(home.downloadsDir, 'clips/unknown/360p/_a _B__ x (1) [unknown].mp4');
    expect((await stat(path)).size).toBe(first.file_size);
  });
});

describe('NAME_TEMPLATE', () => {
  it('names the files of a request without a template, also in explanations and probes', async () => {
    const record = await download('/media/clip-360.mp4');
    expect(record).toMatchObject({ error: null, options: {} });
    expect(record.storage_path).toBe(`downloads/by setting/360p ${record.id}.mp4`);
    const { output_example: example } = await server.client.explain({});
    expect(example).toMatch(/^downloads\/by setting\/1080p /);
    expect(
      await server.client.createProbe({ url: `${origin.url}/media/clip-360.mp4` }),
    ).toMatchObject({ output: { path: 'downloads/by setting/unknownp {id}.mp4' } });
    expect((await server.client.configuration()).name_template).toBe('by setting/{height}p {id}');
  });
});

describe('a link without a media extension', () => {
  it.each(['play.php', 'stream.aspx', 'v1.0', 'episode.1'])(
    'is stored with the extension of its content: %s',
    async (name) => {
      const record = await download(`/extension/${name}`);
      expect(record.error).toBeNull();
      expect(record.artifacts.map(({ content_type: type }) => type)).toEqual(['video/mp4']);
      expect(record.storage_path).toMatch(/\.mp4$/);
    },
  );
});
