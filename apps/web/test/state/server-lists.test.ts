import { createClient } from '@artemis/contracts/client';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserStore } from '../../src/state/browser-store.svelte.ts';
import { Downloads } from '../../src/state/downloads.svelte.ts';
import { byQueueOrder, LiveList } from '../../src/state/live-list.svelte.ts';
import { Outbox } from '../../src/state/outbox.svelte.ts';
import { PAGE, WindowedList } from '../../src/state/windowed-list.svelte.ts';
import { fakeId } from '../fake-records.ts';
import { startFakeServer, type FakeServer } from '../fake-server.ts';

let server: FakeServer;
afterEach(() => server.close());

function connect(): { client: ReturnType<typeof createClient>; downloads: Downloads } {
  const client = createClient({ baseUrl: server.url });
  return { client, downloads: new Downloads(client) };
}

describe('a short list', () => {
  beforeEach(async () => {
    server = await startFakeServer({ queued: 3, running: 1 });
  });

  it('stays correct by applying changes', async () => {
    const { client, downloads } = connect();
    const list = new LiveList(client, downloads, {
      statuses: ['queued'],
      sort: 'queue',
      limit: 20,
      compare: byQueueOrder,
    });
    await list.load();
    expect(list.ids).toHaveLength(3);
    const [first] = list.ids;
    server.room.change(first ?? '', { status: 'cancelled' });
    server.room.add('https://new.example/x', {});
    await downloads.pull();
    expect(list.ids).not.toContain(first);
    expect(list.ids).toHaveLength(3);
  });

  it('is read again when its revision is unknown to the server', async () => {
    const { client, downloads } = connect();
    downloads.learn([], 'r999999');
    const reset = vi.fn();
    downloads.onReset(reset);
    await downloads.pull();
    expect(reset).toHaveBeenCalledOnce();
    expect(downloads.rev).toBeNull();
    await client.telemetry();
  });

  it('draws a visible row again when its record changes', async () => {
    const { client, downloads } = connect();
    const list = await client.listDownloads({ status: ['running'] });
    downloads.learn(list.downloads, list.rev);
    const id = list.downloads[0]?.id ?? '';
    const hot = downloads.view(id);
    server.room.change(id, { progress: 90 });
    await downloads.pull();
    expect(hot?.record.progress).toBe(90);
    expect(downloads.view(id)).toBe(hot);
  });
});

describe('a list of ten thousand', () => {
  beforeEach(async () => {
    server = await startFakeServer({ queued: 10_000 });
  });

  it('reads only the visible pages', async () => {
    const { client, downloads } = connect();
    const list = new WindowedList(client, downloads, {
      statuses: ['queued'],
      q: '',
      sort: '-created',
    });
    list.reload();
    await vi.waitFor(() => expect(list.total).toBe(10_000));
    expect(list.idAt(0)).toBe(fakeId(1));
    expect(list.idAt(9000)).toBeNull();
    list.see(9000, 9030);
    await vi.waitFor(() => expect(list.idAt(9000)).toBe(fakeId(9001)));
    const pages = server.requests.filter((request) => request.path.includes('offset='));
    expect(pages).toHaveLength(2);
    expect(pages.every((request) => request.path.includes(`limit=${PAGE}`))).toBe(true);
    list.stop();
  });

  it('lets the server filter', async () => {
    const { client, downloads } = connect();
    const list = new WindowedList(client, downloads, { statuses: [], q: '', sort: '-created' });
    list.ask({ statuses: ['queued'], q: 'council session', sort: 'title' });
    await vi.waitFor(() => expect(list.total).toBeGreaterThan(0));
    expect(list.total).toBeLessThan(10_000);
    list.stop();
  });
});

describe('links being sent', () => {
  beforeEach(async () => {
    server = await startFakeServer();
  });

  it('are sent in bundles, each with a key of its own', async () => {
    const { client, downloads } = connect();
    const outbox = new Outbox(client, new BrowserStore(), downloads);
    const urls = Array.from({ length: 250 }, (_, at) => `https://a.example/${at}`);
    const result = await outbox.send([{ urls, selection: DEFAULT_SELECTION }], false);
    expect(result).toMatchObject({ taken: 250, kept: 0, error: null });
    expect(server.requests.filter((request) => request.method === 'POST')).toHaveLength(3);
    expect(outbox.waitingLinks).toBe(0);
  });

  it('come back with the reason when the server refuses', async () => {
    const { client, downloads } = connect();
    const outbox = new Outbox(client, new BrowserStore(), downloads);
    const urls = ['https://refused.example/', 'https://b.example/'];
    const result = await outbox.send([{ urls, selection: DEFAULT_SELECTION }], false);
    expect(result.taken).toBe(0);
    expect(result.refused.get('https://refused.example/')).toMatchObject({
      message: 'This address is in a private network.',
    });
    expect(result.refused.get('https://b.example/')).toBeNull();
    expect(outbox.waitingLinks).toBe(0);
  });

  it('wait while the server cannot accept them, and are sent when it can', async () => {
    const { downloads } = connect();
    let isUp = false;
    const client = createClient({
      baseUrl: server.url,
      fetch: (input, init) => (isUp ? fetch(input, init) : Promise.reject(new TypeError('down'))),
    });
    const outbox = new Outbox(client, new BrowserStore(), downloads);
    const result = await outbox.send(
      [{ urls: ['https://a.example/'], selection: DEFAULT_SELECTION }],
      false,
    );
    expect(result).toMatchObject({ taken: 0, kept: 1, error: null });
    expect(outbox.waitingLinks).toBe(1);
    isUp = true;
    await outbox.retryNow();
    expect(outbox.waitingLinks).toBe(0);
    expect(server.room.records.size).toBe(1);
  });
});
