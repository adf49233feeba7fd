import { describe, expect, it, vi } from 'vitest';
import {
  IMPLICIT_WORKSPACE as HERE,
  type StoreChange,
} from '../../../src/domain/download-store.ts';
import {
  asked,
  change,
  endAt,
  existing,
  expectSameAfterRestart,
  idsOf,
  submit,
  submitOne,
  type SetUp,
} from './store-under-test.ts';

export function describeChanges(setUp: SetUp): void {
  describe('a transition', () => {
    it('is durable when it resolves, with the tally', async () => {
      const under = await setUp();
      const store = await under.open();
      const one = await submitOne(store);
      const tally = { deaths: 2, furthest_bytes: 5 };
      const moved = await store.transition(HERE, one.download.id, one.version, {
        patch: { status: 'running' },
        tally,
        token: 'a',
      });
      expect(moved).toMatchObject({ kind: 'stored', stored: { token: 'a', tally } });
      const durable = (await under.durable()).get(one.download.id);
      expect(durable).toMatchObject({ download: { status: 'running' }, tally });
      await expectSameAfterRestart(under, store);
    });

    it('takes its token from a record that leaves running', async () => {
      const store = await (await setUp()).open();
      const one = await submitOne(store);
      const { id } = one.download;
      await store.transition(HERE, id, one.version, { patch: { status: 'running' }, token: 'a' });
      await change(store, id, { title: 'T' });
      expect((await existing(store, id)).token).toBe('a');
      await change(store, id, { status: 'queued' });
      expect((await existing(store, id)).token).toBeNull();
    });

    it('is a conflict for a record that is not as it was read, and stores nothing then', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download, version } = await submitOne(store);
      const both = await Promise.all(
        ['A', 'B'].map((title) =>
          store.transition(HERE, download.id, version, { patch: { title } }),
        ),
      );
      expect(both.map(({ kind }) => kind)).toEqual(['stored', 'conflict']);
      expect((await existing(store, download.id)).version).toBeGreaterThan(version);
      expect((await under.durable()).get(download.id)?.download.title).toBe('A');
    });

    it('is missing for a record that is not there', async () => {
      const store = await (await setUp()).open();
      expect(await store.transition(HERE, asked().id, 1, { patch: {} })).toEqual({
        kind: 'missing',
      });
    });

    it('rejects for a move that is not allowed, and changes nothing', async () => {
      const store = await (await setUp()).open();
      const { download, version } = await submitOne(store);
      await change(store, download.id, { status: 'paused' });
      await expect(change(store, download.id, { status: 'failed' })).rejects.toThrow();
      expect(await existing(store, download.id)).toMatchObject({
        version: version + 1,
        download: { status: 'paused' },
      });
    });

    it('rejects when it cannot be stored, and changes nothing: what is read stays durable', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download, version } = await submitOne(store);
      under.failWrites(true);
      const failing = store.transition(HERE, download.id, version, { patch: endAt(1) });
      // Waits for it, and finds the record as it was: no conflict.
      const waiting = store.transition(HERE, download.id, version, { patch: { title: 'T' } });
      const both = await Promise.allSettled([failing, waiting]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(await existing(store, download.id)).toMatchObject({ version, download });
      expect((await store.counts(HERE)).active).toBe(1);
      under.failWrites(false);
      expect(await change(store, download.id, { title: 'U' })).toMatchObject({ kind: 'stored' });
      await expectSameAfterRestart(under, store);
    });

    it('is full where the record would become active beyond the cap, and otherwise never', async () => {
      const store = await (await setUp()).open();
      const [one, two] = [await submitOne(store), await submitOne(store)];
      await change(store, one.download.id, { status: 'failed' });
      const cap = { mostActive: 1 };
      expect(await change(store, one.download.id, { status: 'queued' }, cap)).toEqual({
        kind: 'full',
      });
      expect((await existing(store, one.download.id)).download.status).toBe('failed');
      const none = { mostActive: 0 };
      expect(await change(store, two.download.id, { status: 'paused' }, none)).toMatchObject({
        kind: 'stored',
      });
    });

    it('is to be seen no earlier than it is durable', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download } = await submitOne(store);
      const changing = change(store, download.id, { title: 'T' });
      expect((await existing(store, download.id)).download.title).toBeNull();
      await changing;
      expect((await existing(store, download.id)).download.title).toBe('T');
    });
  });

  describe('a change that may be lost', () => {
    const soon = { isSoon: true };

    it('resolves although nothing can be stored, and is stored later', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download } = await submitOne(store);
      under.failWrites(true);
      expect(await change(store, download.id, { title: 'T' }, soon)).toMatchObject({
        kind: 'stored',
        stored: { download: { title: 'T' } },
      });
      under.failWrites(false);
      await vi.waitFor(
        async () => {
          expect((await under.durable()).get(download.id)?.download.title).toBe('T');
        },
        { timeout: 20_000, interval: 100 },
      );
    });

    it('is stored with the next change of its record', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download } = await submitOne(store);
      await change(store, download.id, { title: 'T' }, soon);
      await change(store, download.id, { notes: 'N' });
      expect((await under.durable()).get(download.id)?.download).toMatchObject({
        title: 'T',
        notes: 'N',
      });
    });

    it('is stored at the close', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download } = await submitOne(store);
      await change(store, download.id, { title: 'T' }, soon);
      await store.close();
      expect((await under.durable()).get(download.id)?.download.title).toBe('T');
    });
  });

  describe('progress', () => {
    it('is that of the attempt that runs, changes no version and is not stored by itself', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download, version } = await submitOne(store);
      const { id } = download;
      const running = { patch: { status: 'running' }, token: 'a' } as const;
      await store.transition(HERE, id, version, running);
      const before = await existing(store, id);
      await store.progress(HERE, id, 'b', { progress: 10 });
      expect(await existing(store, id)).toEqual(before);
      await store.progress(HERE, id, 'a', { progress: 20 });
      expect(await existing(store, id)).toMatchObject({
        version: before.version,
        download: { progress: 20 },
      });
      expect((await under.durable()).get(id)?.download.progress).toBe(0);
    });

    it('never rejects, also without a record or a disk', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download } = await submitOne(store);
      under.failWrites(true);
      await store.progress(HERE, asked().id, null, { progress: 1 });
      await store.progress(HERE, download.id, null, {});
      expect(await idsOf(store)).toEqual([download.id]);
    });

    it('tells watchers and pollers to look again with an empty patch, whatever the token', async () => {
      const store = await (await setUp()).open();
      const { download } = await submitOne(store);
      const { rev } = await store.counts(HERE);
      const seen: StoreChange[] = [];
      store.watch((event) => void seen.push(event));
      await store.progress(HERE, download.id, 'another', {});
      expect(seen).toMatchObject([{ kind: 'changed', isProgress: true, stored: { download } }]);
      expect((await store.changesSince(HERE, rev, 10))?.downloads).toEqual([download]);
    });
  });

  describe('a removal', () => {
    it('is durable, whatever the status, and may be repeated', async () => {
      const under = await setUp();
      const store = await under.open();
      const [one, two] = [await submitOne(store), await submitOne(store)];
      await change(store, one.download.id, { status: 'running' });
      for (let time = 0; time < 2; time += 1) await store.remove(HERE, [one.download.id]);
      expect([...(await under.durable()).keys()]).toEqual([two.download.id]);
      expect(await store.get(HERE, one.download.id)).toBeNull();
    });

    it('rejects when it cannot be stored, and removes nothing', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download } = await submitOne(store);
      under.failWrites(true);
      await expect(store.remove(HERE, [download.id])).rejects.toThrow();
      expect(await idsOf(store)).toEqual([download.id]);
    });

    it('of a record that is being changed comes after the change', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download, version } = await submitOne(store);
      const moved = store.transition(HERE, download.id, version, { patch: endAt(1) });
      await store.remove(HERE, [download.id]);
      expect((await moved).kind).toBe('stored');
      expect(await idsOf(store)).toEqual([]);
      expect((await under.durable()).size).toBe(0);
    });

    it('is what a later change finds', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download, version } = await submitOne(store);
      const removal = store.remove(HERE, [download.id]);
      const moved = await store.transition(HERE, download.id, version, { patch: { title: 'T' } });
      await removal;
      expect(moved).toEqual({ kind: 'missing' });
      expect((await under.durable()).size).toBe(0);
    });
  });

  describe('a watcher', () => {
    it('is called in the order of the changes, until it stops', async () => {
      const store = await (await setUp()).open();
      const seen: string[] = [];
      const stop = store.watch((event) => {
        seen.push(event.kind === 'removed' ? 'removed' : (event.stored.download.title ?? 'new'));
      });
      const { download } = await submitOne(store);
      await change(store, download.id, { title: 'A' });
      await change(store, download.id, { title: 'B' }, { isSoon: true });
      await change(store, download.id, { title: 'C' });
      await store.remove(HERE, [download.id]);
      stop();
      await submit(store, [asked()]);
      expect(seen).toEqual(['new', 'A', 'B', 'C', 'removed']);
    });
  });
}
