import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { createServerHome, eventually, type ServerHome } from './server-process.ts';

const ENTRIES = 24;
const environment = { MAX_QUEUE_DEPTH: '2', MAX_WORKERS: '4', MAX_PER_HOST: '4' };
const options = { name_template: '{playlist}/{playlist_index} {title}' };

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;

beforeAll(async () => {
  origin = await startOrigin();
  home = await createServerHome();
}, 60_000);

afterAll(async () => {
  await home.remove();
  await origin.close();
});

const start = () => home.start({ ...environment, EGRESS_ALLOW: origin.hostPort });
const numbersUpTo = (count: number) =>
  Array.from({ length: count }, (_, place) => String(place + 1).padStart(2, '0'));

describe('a playlist that is killed with its server in the middle', () => {
  it('is downloaded completely and only once, and a second download brings only new entries', async () => {
    const feed = (count: number) => `${origin.url}/feed.rss?n=${count}`;
    const first = await start();
    const created = await first.client.createDownloads({
      url: feed(ENTRIES),
      options: { ...options, playlist: { mode: 'all' } },
    });
    const id = created.downloads[0]?.id ?? '';
    await eventually(async () => {
      const { download } = await first.client.getDownload(id);
      return (download.entries?.done ?? 0) >= ENTRIES / 3;
    });
    await first.stop('SIGKILL');

    const second = await start();
    const parent = await second.client.waitFor(id);
    expect(parent).toMatchObject({
      status: 'completed',
      title: 'Test feed',
      progress: 100,
      warnings: [],
      entries: { total: ENTRIES, done: ENTRIES, failed: 0, skipped: 0 },
    });
    const folder = join(home.downloadsDir, 'Test feed');
    expect((await readdir(folder)).toSorted()).toEqual(
      numbersUpTo(ENTRIES).map((number) => `${number} Entry 0${number}.mp4`),
    );
    expect(origin.requests.filter(({ path }) => path === '/feed.rss')).toHaveLength(1);
    const { downloads } = await second.client.listDownloads({ limit: 200 });
    const children = downloads.filter(({ parent_id: parentId }) => parentId === id);
    expect(children).toHaveLength(ENTRIES);
    expect(new Set(children.map(({ metadata }) => metadata.playlist_index)).size).toBe(ENTRIES);

    const newer = feed(ENTRIES + 3);
    const look = await second.client.createProbe({ url: newer });
    const seen = look.kind === 'playlist' ? look.entries : [];
    expect(seen.filter((entry) => entry.is_downloaded)).toHaveLength(ENTRIES);
    const again = await second.client.createDownloads({
      url: newer,
      options: {
        ...options,
        playlist: { mode: 'select', items: '14-27,2', skip_downloaded: true },
      },
    });
    const next = await second.client.waitFor(again.downloads[0]?.id ?? '');
    expect(next.entries).toEqual({ total: 15, done: 3, failed: 0, skipped: 12 });
    expect(next.metadata.entries?.map(({ index, state }) => [index, state])).toEqual([
      [2, 'skipped'],
      ...numbersUpTo(ENTRIES)
        .slice(13)
        .map((number) => [Number(number), 'skipped']),
      ...[25, 26, 27].map((index) => [index, 'done']),
    ]);
    expect(await readdir(folder)).toHaveLength(ENTRIES + 3);
  }, 240_000);
});
