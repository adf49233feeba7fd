import { describe, expect, it } from 'vitest';
import { IMPLICIT_WORKSPACE as HERE } from '../../../src/domain/download-store.ts';
import {
  asked,
  change,
  endAt,
  idsOf,
  START_MS,
  submission,
  submit,
  submitOne,
  taken,
  type SetUp,
} from './store-under-test.ts';

const DAY_MS = 86_400_000;

export function describeSubmissions(setUp: SetUp): void {
  describe('a submission', () => {
    it('is durable when it resolves, in the order of the request, the oldest first', async () => {
      const under = await setUp();
      const store = await under.open();
      const downloads = [asked(), asked(), asked()];
      const ids = downloads.map(({ id }) => id);
      const answer = await submit(store, downloads);
      expect([...(await under.durable()).keys()]).toEqual(ids);
      expect(answer.downloads).toEqual(downloads);
      expect(answer.fresh.map(({ download }) => download.id)).toEqual(ids);
      const orders = answer.fresh.map(({ order }) => order);
      expect(orders).toEqual(orders.toSorted((a, b) => a - b));
      const next = await under.open();
      expect(await idsOf(next)).toEqual(ids);
      const [youngest] = (await submit(next, [asked()])).fresh;
      const stored = await next.find(HERE, {});
      expect(youngest?.order).toBeGreaterThan(Math.max(...stored.slice(0, 3).map((s) => s.order)));
    });

    it('rejects and leaves nothing behind when it cannot be stored', async () => {
      const under = await setUp();
      const store = await under.open();
      const one = asked();
      under.failWrites(true);
      await expect(submit(store, [one, asked()])).rejects.toThrow();
      await expect(store.add(HERE, [asked()])).rejects.toThrow();
      expect(await idsOf(store)).toEqual([]);
      under.failWrites(false);
      const again = await submit(store, [{ ...one, id: asked().id }], { mostActive: 1 });
      expect(again.duplicates).toEqual([]);
      expect((await under.durable()).size).toBe(1);
    });

    it('is refused as a whole when it does not fit, and duplicates need no place', async () => {
      const store = await (await setUp()).open();
      const [one, two, three] = [asked(), asked(), asked()];
      await submit(store, [one]);
      const full = await store.submit(HERE, submission([two, three], { mostActive: 2 }));
      expect(full).toEqual({ kind: 'full', count: 2 });
      expect(await idsOf(store)).toEqual([one.id]);
      const fits = await submit(store, [{ ...one, id: asked().id }, two], { mostActive: 2 });
      expect(fits.duplicates).toEqual([one.id]);
    });

    it('never passes the cap, however many come at once', async () => {
      const under = await setUp();
      const store = await under.open();
      const ended = await Promise.all(Array.from({ length: 6 }, () => submitOne(store)));
      await Promise.all(ended.map(({ download }) => change(store, download.id, endAt(1))));
      let most = 0;
      let active = 0;
      store.watch(() => {
        void store.counts(HERE).then((counts) => (most = Math.max(most, counts.active)));
      });
      const rounds = Array.from({ length: 12 }, async (_, index) => {
        // Continues between the steps of others, as requests do.
        for (let turn = 0; turn < index; turn += 1) await Promise.resolve();
        const { kind } = await store.submit(
          HERE,
          submission([asked(), asked()], { mostActive: 7 }),
        );
        if (kind === 'taken') active += 2;
        const again = ended[index % ended.length]?.download.id ?? '';
        const retry = await change(store, again, { status: 'queued' }, { mostActive: 7 });
        if (retry.kind === 'stored') active += 1;
        await store.submit(HERE, submission([asked()], { mostActive: 7 }));
      });
      await Promise.allSettled(rounds);
      expect(active).toBeGreaterThan(5);
      expect(most).toBeLessThanOrEqual(7);
      expect((await store.counts(HERE)).active).toBe(7);
    });

    it('keeps the cap at whatever moment of a retry it comes', async () => {
      const store = await (await setUp()).open();
      const { download } = await submitOne(store);
      await change(store, download.id, { status: 'failed' });
      for (let steps = 0; steps < 12; steps += 1) {
        const cap = { mostActive: 1 };
        const later = store.add(HERE, [asked({ parent_id: download.id })]).then(async () => {
          for (let step = 0; step < steps; step += 1) await Promise.resolve();
          return store.submit(HERE, submission([asked()], cap));
        });
        const retry = change(store, download.id, { status: 'queued' }, cap);
        expect([steps, (await later).kind, (await retry).kind]).toEqual([steps, 'full', 'stored']);
        await change(store, download.id, { status: 'failed' });
      }
    });

    it('does not count the entries of a playlist, which are durable too', async () => {
      const under = await setUp();
      const store = await under.open();
      const { download: list } = await submitOne(store);
      const entries = [asked({ parent_id: list.id }), asked({ parent_id: list.id })];
      const added = await store.add(HERE, entries);
      expect(added.map(({ download }) => download)).toEqual(entries);
      expect([...(await under.durable()).keys()]).toEqual([
        list.id,
        ...entries.map(({ id }) => id),
      ]);
      expect(await store.counts(HERE)).toMatchObject({ active: 1, byStatus: { queued: 3 } });
      expect((await submit(store, [asked()], { mostActive: 2 })).fresh).toHaveLength(1);
    });
  });

  describe('what is asked for twice', () => {
    const twin = (one: ReturnType<typeof asked>) => ({ ...one, id: asked().id });

    it('is one download within one request', async () => {
      const store = await (await setUp()).open();
      const one = asked();
      const answer = await submit(store, [one, twin(one)], { mostActive: 1 });
      expect(answer.fresh).toHaveLength(1);
      expect(answer.duplicates).toEqual([one.id]);
      expect(answer.downloads.map(({ id }) => id)).toEqual([one.id, one.id]);
    });

    it('is one download while the first is being written, durable for both', async () => {
      const under = await setUp();
      const store = await under.open();
      const one = asked();
      const first = submit(store, [one]);
      const second = await submit(store, [twin(one)]);
      expect([...(await under.durable()).keys()]).toEqual([one.id]);
      expect(second).toMatchObject({ duplicates: [one.id], fresh: [] });
      expect((await first).fresh).toHaveLength(1);
    });

    it('is never answered with a record that could not be written', async () => {
      const under = await setUp();
      const store = await under.open();
      const one = asked();
      under.failWrites(true);
      const both = await Promise.allSettled([submit(store, [one]), submit(store, [twin(one)])]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      under.failWrites(false);
      expect((await submit(store, [twin(one)])).fresh).toHaveLength(1);
    });

    it('is queued again when it is forced', async () => {
      const store = await (await setUp()).open();
      const one = asked();
      await submit(store, [one]);
      const forced = await submit(store, [twin(one), twin(one)], { isForced: true });
      expect(forced).toMatchObject({ duplicates: [] });
      expect(forced.fresh).toHaveLength(2);
    });

    it('is found as long as one of several is active, also when forcing another failed', async () => {
      const under = await setUp();
      const store = await under.open();
      const one = asked();
      await submit(store, [one]);
      const two = twin(one);
      await submit(store, [two], { isForced: true });
      await change(store, two.id, endAt(1));
      expect((await submit(store, [twin(one)])).duplicates).toEqual([one.id]);
      under.failWrites(true);
      await expect(submit(store, [twin(one)], { isForced: true })).rejects.toThrow();
      under.failWrites(false);
      expect((await submit(store, [twin(one)])).duplicates).toEqual([one.id]);
    });

    it('is queued again once the first has ended or is removed', async () => {
      const store = await (await setUp()).open();
      const one = asked();
      await submit(store, [one]);
      await change(store, one.id, endAt(1));
      const two = twin(one);
      expect((await submit(store, [two])).duplicates).toEqual([]);
      await store.remove(HERE, [two.id]);
      expect((await submit(store, [twin(one)])).duplicates).toEqual([]);
    });

    it('follows a retry that asks for something else', async () => {
      const store = await (await setUp()).open();
      const one = asked();
      await submit(store, [one]);
      await change(store, one.id, { status: 'failed' });
      await change(store, one.id, { status: 'queued', quality: '720p' });
      expect((await submit(store, [twin(one)])).duplicates).toEqual([]);
      const other = await submit(store, [{ ...twin(one), quality: '720p' }]);
      expect(other.duplicates).toEqual([one.id]);
    });

    it('is found after a restart', async () => {
      const under = await setUp();
      const one = asked();
      await submit(await under.open(), [one]);
      expect((await submit(await under.open(), [twin(one)])).duplicates).toEqual([one.id]);
    });
  });

  describe('an idempotency key', () => {
    const idempotency = { key: 'k', bodyHash: 'h' };

    it('is answered with the records of the first time, also after a restart', async () => {
      const under = await setUp();
      const store = await under.open();
      expect(await store.recall(HERE, idempotency)).toBeNull();
      const one = asked();
      await submit(store, [one], { idempotency });
      await change(store, one.id, { title: 'T' });
      for (const at of [store, await under.open()]) {
        const recalled = taken((await at.recall(HERE, idempotency)) ?? { kind: 'key-conflict' });
        expect(recalled.downloads).toMatchObject([{ id: one.id, title: 'T' }]);
        expect(recalled.fresh).toEqual([]);
        expect(await submit(at, [asked()], { idempotency })).toEqual(recalled);
      }
    });

    it('queues once when the same request comes twice at once', async () => {
      const store = await (await setUp()).open();
      const both = await Promise.all([
        submit(store, [asked()], { idempotency }),
        submit(store, [asked()], { idempotency }),
      ]);
      expect(both[0].downloads).toEqual(both[1].downloads);
      expect(await idsOf(store)).toHaveLength(1);
    });

    it('is refused with another body', async () => {
      const store = await (await setUp()).open();
      await submit(store, [asked()], { idempotency });
      const other = { ...idempotency, bodyHash: 'other' };
      expect(await store.recall(HERE, other)).toEqual({ kind: 'key-conflict' });
      expect(await store.submit(HERE, submission([asked()], { idempotency: other }))).toEqual({
        kind: 'key-conflict',
      });
    });

    it('says which records are gone, and which were there before it', async () => {
      const store = await (await setUp()).open();
      const [one, two] = [asked(), asked()];
      await submit(store, [one]);
      const again = [{ ...one, id: asked().id }, two];
      await submit(store, again, { idempotency });
      await store.remove(HERE, [two.id]);
      expect(await store.recall(HERE, idempotency)).toMatchObject({
        downloads: [{ id: one.id }],
        duplicates: [one.id],
        removed: [two.id],
      });
    });

    it('is not remembered for a request that was refused, or could not be stored', async () => {
      const under = await setUp();
      const store = await under.open();
      const refused = submission([asked()], { idempotency, mostActive: 0 });
      expect(await store.submit(HERE, refused)).toEqual({ kind: 'full', count: 1 });
      expect(await store.recall(HERE, idempotency)).toBeNull();
      under.failWrites(true);
      await expect(submit(store, [asked()], { idempotency })).rejects.toThrow();
      under.failWrites(false);
      expect(await store.recall(HERE, idempotency)).toBeNull();
      expect((await submit(store, [asked()], { idempotency })).fresh).toHaveLength(1);
    });

    it('is remembered for a request that was all duplicates', async () => {
      const under = await setUp();
      const store = await under.open();
      const one = asked();
      await submit(store, [one]);
      await submit(store, [{ ...one, id: asked().id }], { idempotency });
      expect(await (await under.open()).recall(HERE, idempotency)).toMatchObject({
        duplicates: [one.id],
      });
    });

    it('is forgotten after a day', async () => {
      const under = await setUp();
      const store = await under.open();
      await submit(store, [asked()], { idempotency });
      under.setNow(START_MS + DAY_MS - 1000);
      expect(await store.recall(HERE, idempotency)).not.toBeNull();
      under.setNow(START_MS + DAY_MS);
      expect(await store.recall(HERE, idempotency)).toBeNull();
      expect((await submit(store, [asked()], { idempotency })).fresh).toHaveLength(1);
    });
  });
}
