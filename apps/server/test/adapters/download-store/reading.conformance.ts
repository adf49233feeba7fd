import { SORTS, type Download, type Sort } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import {
  IMPLICIT_WORKSPACE as HERE,
  type DownloadStore,
  type Filter,
} from '../../../src/domain/download-store.ts';
import {
  asked,
  change,
  endAt,
  listQuery,
  submit,
  submitOne,
  type SetUp,
} from './store-under-test.ts';

const ORDERS: Readonly<Record<string, readonly string[]>> = {
  created: ['b', 'a', 'C', 'd'],
  queue: ['d', 'b', 'a', 'C'],
  title: ['a', 'b', 'C', 'd'],
  host: ['a', 'b', 'C', 'd'],
  size: ['d', 'C', 'b', 'a'],
  status: ['b', 'd', 'a', 'C'],
};

/** Four records, told apart by their title. */
async function fill(store: DownloadStore): Promise<Download[]> {
  const of = (title: string, patch: Partial<Download>) =>
    asked({ title, url: `https://${title.toLowerCase()}.example/v`, ...patch });
  const all = [
    of('b', { priority: 5, total_bytes: 30, tags: ['Blue'] }),
    of('a', { file_size: 40, metadata: { uploader: 'Ann' } }),
    of('C', { file_size: 20 }),
    of('d', { priority: 1, waiting_for: null }),
  ];
  await submit(store, all);
  await change(store, all[1]?.id ?? '', { status: 'paused' });
  await change(store, all[2]?.id ?? '', endAt(1));
  await change(store, all[3]?.id ?? '', { status: 'running' });
  return all;
}

async function titles(store: DownloadStore, filter: Filter): Promise<string[]> {
  const found = (await store.find(HERE, filter)).map(({ download }) => download.title ?? '');
  const page = await store.list(HERE, listQuery({ ...filter, sort: 'created' }));
  expect(page.downloads.map(({ title }) => title)).toEqual(found);
  expect(page.total).toBe(found.length);
  return found;
}

export function describeReading(setUp: SetUp): void {
  describe('a list', () => {
    it('is in every order, both ways, and read page by page', async () => {
      const store = await (await setUp()).open();
      await fill(store);
      for (const sort of SORTS) {
        const ascending = ORDERS[sort.replace('-', '')] ?? [];
        const expected = sort.startsWith('-') ? ascending.toReversed() : ascending;
        const read: (string | null)[] = [];
        let cursor: string | null = null;
        do {
          const page = await store.list(HERE, listQuery({ sort, limit: 3, cursor }));
          expect(page.total).toBe(4);
          read.push(...page.downloads.map(({ title }) => title));
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect([sort, read]).toEqual([sort, expected]);
        const { downloads } = await store.list(HERE, listQuery({ sort, offset: 1, limit: 2 }));
        expect(downloads.map(({ title }) => title)).toEqual(expected.slice(1, 3));
      }
    });

    it('stays right while records come and go between the pages', async () => {
      const store = await (await setUp()).open();
      for (let count = 0; count < 4; count += 1) await submitOne(store);
      const first = await store.list(HERE, listQuery({ limit: 2 }));
      await submitOne(store);
      await store.remove(HERE, [first.downloads[1]?.id ?? '']);
      const rest = await store.list(HERE, listQuery({ limit: 5, cursor: first.nextCursor }));
      const oldest = (await store.find(HERE, {})).slice(0, 2).map(({ download }) => download.id);
      expect(rest.downloads.map(({ id }) => id)).toEqual(oldest.toReversed());
      expect(rest.nextCursor).toBeNull();
    });

    it('refuses a cursor of another sort', async () => {
      const store = await (await setUp()).open();
      await fill(store);
      const { nextCursor } = await store.list(HERE, listQuery({ sort: 'title', limit: 1 }));
      for (const [sort, cursor] of [
        ['host', nextCursor],
        ['-created', nextCursor],
        ['-created', 'no cursor'],
      ] as const satisfies readonly (readonly [Sort, string | null])[]) {
        await expect(store.list(HERE, listQuery({ sort, cursor }))).rejects.toMatchObject({
          code: 'VALIDATION_FAILED',
        });
      }
    });

    it('and a find hold what matches all of a filter', async () => {
      const store = await (await setUp()).open();
      await fill(store);
      expect(await titles(store, {})).toEqual(['b', 'a', 'C', 'd']);
      expect(await titles(store, { statuses: new Set(['queued', 'completed']) })).toEqual([
        'b',
        'C',
      ]);
      expect(await titles(store, { host: 'a.example' })).toEqual(['a']);
      for (const [q, found] of [
        ['c', ['C']],
        ['BLUE', ['b']],
        ['ann', ['a']],
        ['D.EXAMPLE', ['d']],
        ['nothing of it', []],
      ] as const) {
        expect(await titles(store, { q })).toEqual(found);
      }
      expect(await titles(store, { q: 'example', statuses: new Set(['paused']) })).toEqual(['a']);
    });

    it('finds entries, errors and reasons of waiting', async () => {
      const store = await (await setUp()).open();
      const { download: list } = await submitOne(store, { title: 'list', waiting_for: null });
      await store.add(HERE, [asked({ title: 'entry', parent_id: list.id })]);
      const error = { code: 'NETWORK_ERROR', message: 'm' } as unknown as Download['error'];
      await change(store, list.id, { status: 'failed', error });
      expect(await titles(store, { isEntry: true })).toEqual(['entry']);
      expect(await titles(store, { errorCode: 'NETWORK_ERROR' })).toEqual(['list']);
      expect(await titles(store, { waitingFor: 'slot' })).toEqual(['entry']);
    });
  });

  describe('what has changed', () => {
    it('is told since a revision, the oldest change first, in portions', async () => {
      const store = await (await setUp()).open();
      const [one, two, three] = [
        await submitOne(store),
        await submitOne(store),
        await submitOne(store),
      ];
      const { rev } = await store.list(HERE, listQuery());
      expect(await store.changesSince(HERE, rev, 10)).toMatchObject({ downloads: [], removed: [] });
      await change(store, two.download.id, { title: 'T' });
      await change(store, one.download.id, { title: 'O' });
      await store.remove(HERE, [three.download.id]);
      const first = await store.changesSince(HERE, rev, 1);
      expect(first).toMatchObject({ downloads: [{ title: 'T' }], hasMore: true });
      const rest = await store.changesSince(HERE, first?.rev ?? '', 10);
      expect(rest).toMatchObject({ downloads: [{ title: 'O' }], hasMore: false });
      expect([...(first?.removed ?? []), ...(rest?.removed ?? [])]).toEqual([three.download.id]);
      const { rev: last } = await store.counts(HERE);
      expect(await store.changesSince(HERE, last, 10)).toMatchObject({
        downloads: [],
        removed: [],
      });
    });

    it('is unknown for what is no revision, or one of another run', async () => {
      const under = await setUp();
      const store = await under.open();
      await submitOne(store);
      expect(await store.changesSince(HERE, 'nonsense', 10)).toBeNull();
      expect(await store.changesSince(HERE, '', 10)).toBeNull();
    });
  });

  describe('counts', () => {
    it('are of each status, and of what is active', async () => {
      const store = await (await setUp()).open();
      await fill(store);
      expect(await store.counts(HERE)).toMatchObject({
        active: 3,
        byStatus: { queued: 1, running: 1, paused: 1, completed: 1, failed: 0, cancelled: 0 },
      });
    });
  });

  describe('health', () => {
    it('is bad while nothing can be stored, and good again once a check could', async () => {
      const under = await setUp();
      const store = await under.open();
      expect((await store.check()).state).toBe('ok');
      under.failWrites(true);
      await expect(submitOne(store)).rejects.toThrow();
      expect((await store.check()).state).toBe('fail');
      expect(store.health().state).toBe('fail');
      under.failWrites(false);
      expect((await store.check()).state).toBe('ok');
      expect(store.health().state).toBe('ok');
    });
  });
}
