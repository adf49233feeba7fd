import { describe, expect, it } from 'vitest';
import { IMPLICIT_WORKSPACE as HERE } from '../../../src/domain/download-store.ts';
import {
  change,
  endAt,
  endedOne,
  FILE,
  idsOf,
  listQuery,
  submitOne,
  type SetUp,
} from './store-under-test.ts';

export function describeHistoryLimit(setUp: SetUp): void {
  describe('the limit of the history', () => {
    it('forgets the oldest end, durably, and nothing that is active', async () => {
      const under = await setUp();
      const store = await under.open({ historyLimit: 2 });
      const active = await submitOne(store);
      const first = await endedOne(store, 2);
      const oldest = await endedOne(store, 1);
      const last = await endedOne(store, 3);
      const kept = [active.download.id, first, last];
      expect(await idsOf(store)).toEqual(kept);
      expect([...(await under.durable()).keys()]).toEqual(kept);
      expect(kept).not.toContain(oldest);
    });

    it('holds when many end in one turn', async () => {
      const under = await setUp();
      const store = await under.open({ historyLimit: 3 });
      const all = await Promise.all(Array.from({ length: 12 }, () => submitOne(store)));
      await Promise.all(
        all.map(({ download, version }, index) =>
          store.transition(HERE, download.id, version, { patch: endAt(index) }),
        ),
      );
      const kept = all.slice(-3).map(({ download }) => download.id);
      expect(await idsOf(store)).toEqual(kept);
      expect([...(await under.durable()).keys()]).toEqual(kept);
    });

    it('forgets a record as it ends when none are kept', async () => {
      const under = await setUp();
      const store = await under.open({ historyLimit: 0 });
      await endedOne(store, 1);
      expect(await idsOf(store)).toEqual([]);
      expect((await under.durable()).size).toBe(0);
    });

    it('forgets nothing when the end cannot be stored', async () => {
      const under = await setUp();
      const store = await under.open({ historyLimit: 1 });
      const first = await endedOne(store, 1);
      const { download } = await submitOne(store);
      under.failWrites(true);
      await expect(change(store, download.id, endAt(2))).rejects.toThrow();
      expect(await idsOf(store)).toEqual([first, download.id]);
    });

    it('spares those that are protected, which take nobody’s place', async () => {
      const store = await (await setUp()).open({ historyLimit: 1 });
      const guarded = new Set<string>();
      store.protect((id) => guarded.has(id));
      const first = await endedOne(store, 1);
      guarded.add(first);
      const second = await endedOne(store, 2);
      expect(await idsOf(store)).toEqual([first, second]);
      const third = await endedOne(store, 3);
      expect(await idsOf(store)).toEqual([first, third]);
    });

    it('forgets the surplus of a start with a lower limit when it is told to', async () => {
      const under = await setUp();
      const before = await under.open();
      const ids = [await endedOne(before, 1), await endedOne(before, 2), await endedOne(before, 3)];
      const store = await under.open({ historyLimit: 1 });
      expect(await idsOf(store)).toEqual(ids);
      await store.forgetSurplus();
      expect(await idsOf(store)).toEqual(ids.slice(2));
      expect([...(await under.durable()).keys()]).toEqual(ids.slice(2));
    });

    it('keeps a record that has a file, also after a restart, until the file is gone', async () => {
      const under = await setUp();
      const store = await under.open({ historyLimit: 1 });
      const held = await endedOne(store, 1, { artifacts: [FILE], title: 'held' });
      const next = await endedOne(store, 2);
      const last = await endedOne(store, 3);
      expect(await idsOf(store)).toEqual([held, last]);
      expect(await store.get(HERE, next)).toBeNull();
      const again = await under.open({ historyLimit: 1 });
      await again.forgetSurplus();
      expect((await idsOf(again)).toSorted()).toEqual([held, last].toSorted());
      expect(await again.list(HERE, listQuery({ q: 'held' }))).toMatchObject({ total: 1 });
      await change(again, held, { artifacts: [] });
      await again.forgetSurplus();
      expect(await idsOf(again)).toEqual([last]);
      expect([...(await under.durable()).keys()]).toEqual([last]);
    });
  });
}
