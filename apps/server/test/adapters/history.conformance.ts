import { randomUUID } from 'node:crypto';
import type { Download } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import type { HistoryStore } from '../../src/domain/ports.ts';

export interface HistoryUnderTest {
  /** A store on what earlier ones wrote. */
  open(): Promise<HistoryStore>;
  /** Durable writes so far. */
  writes(): number;
  /** The next write fails half-way, or the one after it. */
  failNextWrite(error: Error, which?: number): void;
}

export function record(patch: Partial<Download> = {}): Download {
  const at = new Date().toISOString();
  return {
    id: randomUUID(),
    url: 'https://a.example/watch?v=1',
    title: null,
    status: 'queued',
    phase: null,
    waiting_for: 'slot',
    format_preset: 'Smart (best combined)',
    quality: 'best',
    options: {},
    progress: 0,
    downloaded_bytes: null,
    total_bytes: null,
    speed_bps: null,
    eta_seconds: null,
    file_size: null,
    storage_path: null,
    artifacts: [],
    metadata: {},
    error: null,
    warnings: [],
    attempt: 1,
    retry_parts: [],
    priority: 3,
    tags: [],
    notes: '',
    parent_id: null,
    entries: null,
    created_at: at,
    started_at: null,
    updated_at: at,
    completed_at: null,
    retry_at: null,
    expires_at: null,
    ...patch,
  };
}

/** What every history promises. */
export function describeHistory(name: string, setUp: () => Promise<HistoryUnderTest>): void {
  describe(`history: ${name}`, () => {
    const idsIn = async (under: HistoryUnderTest) => {
      const store = await under.open();
      const { downloads } = await store.load();
      await store.close();
      return downloads.map(({ id }) => id);
    };

    it('starts empty and can be written', async () => {
      const store = await (await setUp()).open();
      expect(await store.load()).toEqual({ downloads: [], idempotency: [], archived: [] });
      expect(store.health().state).toBe('ok');
      await store.close();
    });

    it('has every saved record on disk when the save resolves, newest first', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const [first, second, third] = [record(), record(), record()];
      await store.save({ put: [first, second] });
      await store.save({ put: [third] });
      await store.save({ put: [{ ...first, title: 'changed' }], remove: [second.id] });
      const again = await under.open();
      const { downloads } = await again.load();
      expect(downloads).toEqual([third, { ...first, title: 'changed' }]);
      await again.close();
      await store.close();
    });

    it('applies changes in the order of the calls', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const one = record();
      const saves = [];
      for (let step = 1; step <= 30; step += 1) {
        saves.push(
          store.save(step % 3 === 0 ? { remove: [one.id] } : { put: [{ ...one, attempt: step }] }),
        );
        if (step % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      saves.push(store.save({ put: [{ ...one, attempt: 31 }] }));
      await Promise.all(saves);
      const again = await under.open();
      expect((await again.load()).downloads.map(({ attempt }) => attempt)).toEqual([31]);
      await again.close();
      await store.close();
    });

    it('writes a hundred concurrent saves in a few writes', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const before = under.writes();
      const records = Array.from({ length: 100 }, () => record());
      await Promise.all(records.map((download) => store.save({ put: [download] })));
      expect(under.writes() - before).toBeLessThanOrEqual(3);
      expect((await idsIn(under)).toReversed()).toEqual(records.map(({ id }) => id));
      await store.close();
    });

    it('keeps nothing of a failed save, and recovers with the next one', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const [kept, lost, next] = [record(), record(), record()];
      await store.save({ put: [kept] });
      const remember = {
        key: 'k',
        bodyHash: 'h',
        downloadIds: [],
        duplicateIds: [],
        at: kept.created_at,
      };
      for (const code of ['ENOSPC', 'EIO']) {
        under.failNextWrite(Object.assign(new Error(code), { code }));
        await expect(store.save({ put: [lost], remove: [kept.id], remember })).rejects.toThrow(
          code,
        );
        expect(store.health().state).toBe('fail');
      }
      await store.save({ put: [next] });
      expect(store.health().state).toBe('ok');
      expect(await idsIn(under)).toEqual([next.id, kept.id]);
      const again = await under.open();
      expect((await again.load()).idempotency).toEqual([]);
      await again.close();
      await store.close();
    });

    it('keeps idempotency keys in the same write, and forgets them after a day', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
      const entry = (key: string, hoursAgo: number, bodyHash = 'h') => ({
        key,
        bodyHash,
        downloadIds: [randomUUID()],
        duplicateIds: [],
        at: at(hoursAgo),
      });
      const [young, replaced] = [entry('young', 1), entry('twice', 1, 'new')];
      await store.save({ remember: entry('old', 25) });
      await store.save({ remember: entry('twice', 2) });
      await Promise.all([store.save({ remember: young }), store.save({ remember: replaced })]);
      const again = await under.open();
      expect((await again.load()).idempotency).toEqual([young, replaced]);
      await again.close();
      await store.close();
    });

    it('keeps archived records apart, where they are changed and removed', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const [stays, leaves, next, removed] = [record(), record(), record(), record()];
      await store.save({ put: [stays, leaves, next, removed] });
      await store.save({ archive: [leaves.id, removed.id, randomUUID()] });
      await Promise.all([
        store.save({ put: [{ ...leaves, title: 'changed' }] }),
        store.save({ put: [{ ...next, attempt: 2 }], archive: [next.id], remove: [removed.id] }),
        store.save({ put: [{ ...next, attempt: 3 }] }),
      ]);
      for (const open of [under.open, under.open]) {
        const again = await open();
        const { downloads, archived } = await again.load();
        expect(downloads).toEqual([stays]);
        expect(archived).toEqual([
          { ...next, attempt: 3 },
          { ...leaves, title: 'changed' },
        ]);
        await again.close();
      }
      await store.close();
    });

    it('keeps a record where it was when archiving, changing or removing it fails', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const [here, there] = [record(), record()];
      await store.save({ put: [here, there] });
      await store.save({ archive: [there.id] });
      for (const change of [
        { archive: [here.id] },
        { put: [{ ...there, title: 'refused' }] },
        { remove: [there.id] },
      ]) {
        for (const failing of [1, 2]) {
          under.failNextWrite(new Error('ENOSPC'), failing);
          await expect(store.save(change)).rejects.toThrow('ENOSPC');
          // Whatever comes next must not bring it back.
          if (failing === 2) await store.save({ put: [here] });
          const again = await under.open();
          const { downloads, archived } = await again.load();
          expect({ downloads, archived }).toEqual({ downloads: [here], archived: [there] });
          await again.close();
        }
      }
      await store.close();
    });

    it('resolves a close only when every save before it has settled', async () => {
      const under = await setUp();
      const store = await under.open();
      await store.load();
      const one = record();
      let isSaved = false;
      void store.save({ put: [one] }).then(() => (isSaved = true));
      await store.close();
      expect(isSaved).toBe(true);
      expect(await idsIn(under)).toEqual([one.id]);
    });
  });
}
