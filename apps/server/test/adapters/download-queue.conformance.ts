import { describe, expect, it } from 'vitest';
import type { DownloadQueue, QueueEntry } from '../../src/domain/ports.ts';

export interface QueueUnderTest {
  readonly queue: DownloadQueue;
  /** Moves the clock on, and waits for what is due by then. */
  pass(ms: number): Promise<void>;
  nowMs(): number;
}

export type QueueSetUp = (options: { slots: number; maxPerHost: number }) => QueueUnderTest;

/** What every queue promises. */
export function describeQueue(name: string, setUp: QueueSetUp): void {
  describe(`download queue: ${name}`, () => {
    let order = 0;
    const entry = (id: string, patch: Partial<QueueEntry> = {}): QueueEntry => ({
      id,
      priority: 3,
      order: (order += 1),
      host: `${id}.example`,
      notBeforeMs: null,
      neededBytes: null,
      ...patch,
    });

    function begin(slots: number, maxPerHost = 64) {
      const under = setUp({ slots, maxPerHost });
      const started: string[] = [];
      const running = new Map<string, () => void>();
      under.queue.start((id) => {
        if (running.has(id)) throw new Error(`${id} runs twice at once`);
        started.push(id);
        return new Promise((resolve) => running.set(id, resolve));
      });
      const end = async (id: string) => {
        const resolve = running.get(id);
        running.delete(id);
        resolve?.();
        await under.pass(0);
      };
      return { ...under, started, running, end };
    }

    it('runs the higher priority first, then the older download', async () => {
      const { queue, started, end, pass } = begin(1);
      await queue.enqueue(entry('first'));
      await pass(0);
      const [young, old] = [entry('young', { order: 900 }), entry('old', { order: 800 })];
      for (const next of [
        entry('low', { priority: 1 }),
        young,
        old,
        entry('high', { priority: 9 }),
      ]) {
        await queue.enqueue(next);
      }
      await queue.enqueue({ ...young, priority: 10 });
      for (const id of ['first', 'young', 'high', 'old']) await end(id);
      expect(started).toEqual(['first', 'young', 'high', 'old', 'low']);
      await queue.close();
    });

    it('never exceeds its slots or the limit for one site', async () => {
      const { queue, started, end, pass } = begin(3, 2);
      for (const id of ['a1', 'a2', 'a3']) await queue.enqueue(entry(id, { host: 'a' }));
      for (const id of ['b1', 'b2']) await queue.enqueue(entry(id, { host: 'b' }));
      await pass(0);
      expect(started).toEqual(['a1', 'a2', 'b1']);
      expect(queue.slots()).toEqual(['a1', 'a2', 'b1']);
      expect(queue.waitingReason({ id: 'a3', host: 'a' })).toBe('host');
      expect(queue.waitingReason({ id: 'b2', host: 'b' })).toBe('slot');
      expect(queue.hosts()).toEqual([
        { host: 'a', running: 2, queued: 1, parkedUntilMs: null },
        { host: 'b', running: 1, queued: 1, parkedUntilMs: null },
      ]);
      await end('a2');
      expect(started.at(-1)).toBe('a3');
      expect(queue.slots()).toEqual(['a1', 'a3', 'b1']);
      await queue.close();
    });

    it('pauses a site, then lets one download try, and the others after it succeeds', async () => {
      const { queue, started, end, pass, nowMs } = begin(4, 3);
      await queue.enqueue(entry('a1', { host: 'a' }));
      await pass(0);
      await queue.park('a', nowMs() + 1000);
      for (const id of ['a2', 'a3', 'a4']) await queue.enqueue(entry(id, { host: 'a' }));
      await queue.enqueue(entry('b1', { host: 'b' }));
      await pass(0);
      // One that ran before does not open the site when it ends.
      await end('a1');
      expect(started).toEqual(['a1', 'b1']);
      expect(queue.hosts().find(({ host }) => host === 'a')?.parkedUntilMs).not.toBeNull();
      await pass(1100);
      expect(started).toEqual(['a1', 'b1', 'a2']);
      await queue.park('a', nowMs() + 1000);
      await end('a2');
      expect(started).toHaveLength(3);
      await pass(1100);
      expect(started.at(-1)).toBe('a3');
      await end('a3');
      expect(started.at(-1)).toBe('a4');
      await queue.enqueue(entry('a5', { host: 'a' }));
      await pass(0);
      expect(started.at(-1)).toBe('a5');
      await queue.close();
    });

    it('releases a site at once when its pause is lifted', async () => {
      const { queue, started, pass, nowMs } = begin(4, 2);
      await queue.park('a', nowMs() + 60_000);
      for (const id of ['a1', 'a2', 'a3']) await queue.enqueue(entry(id, { host: 'a' }));
      await pass(0);
      expect(started).toEqual([]);
      expect(queue.parkedUntilMs('a')).toBe(nowMs() + 60_000);
      expect(queue.parkedUntilMs('b')).toBeNull();
      await queue.unpark('a', nowMs() + 1000);
      expect(queue.parkedUntilMs('a')).toBe(nowMs() + 1000);
      await queue.unpark('a', null);
      await queue.unpark('b', null);
      await pass(0);
      expect(started).toEqual(['a1', 'a2']);
      expect(queue.parkedUntilMs('a')).toBeNull();
      await queue.close();
    });

    it('waits for days for unreleased media, and at most an hour otherwise', async () => {
      const { queue, started, pass, nowMs } = begin(2);
      const notBeforeMs = nowMs() + 30 * 86_400_000;
      await queue.enqueue(entry('early', { notBeforeMs, isForRelease: true }));
      await queue.enqueue(entry('odd', { notBeforeMs }));
      await pass(3_601_000);
      expect(started).toEqual(['odd']);
      await pass(30 * 86_400_000);
      expect(started).toEqual(['odd', 'early']);
      await queue.close();
    });

    it('starts a delayed download at its time by itself, not earlier', async () => {
      const { queue, started, pass, nowMs } = begin(2);
      await queue.enqueue(entry('later', { notBeforeMs: nowMs() + 5000 }));
      await queue.enqueue(entry('sooner', { notBeforeMs: nowMs() + 1000 }));
      expect(queue.waitingReason({ id: 'later', host: 'later.example' })).toBe('retry');
      await pass(900);
      expect(started).toEqual([]);
      await pass(200);
      expect(started).toEqual(['sooner']);
      await pass(4000);
      expect(started).toEqual(['sooner', 'later']);
      await queue.close();
    });

    it('starts nothing while the disk is full, and a large download only when there is space for it', async () => {
      const { queue, started, end, pass } = begin(2);
      queue.setDiskSpace(-1);
      await queue.enqueue(entry('one'));
      await pass(0);
      expect(started).toEqual([]);
      expect(queue.waitingReason({ id: 'one', host: 'one.example' })).toBe('disk');
      queue.setDiskSpace(0);
      await pass(0);
      expect(started).toEqual(['one']);
      await queue.enqueue(entry('large', { neededBytes: 500, priority: 9 }));
      await queue.enqueue(entry('two'));
      await pass(0);
      expect(started).toEqual(['one', 'two']);
      expect(queue.waitingReason({ id: 'large', host: 'large.example' })).toBe('disk');
      queue.setDiskSpace(499);
      await end('two');
      expect(started).toHaveLength(2);
      queue.setDiskSpace(500);
      await pass(0);
      expect(started.at(-1)).toBe('large');
      await queue.close();
    });

    it('never runs one download twice at once, and runs it again if it was queued meanwhile', async () => {
      const { queue, started, end, pass } = begin(3);
      const one = entry('one');
      for (let time = 0; time < 3; time += 1) await queue.enqueue(one);
      await pass(0);
      await queue.enqueue(one);
      await pass(0);
      expect(started).toEqual(['one']);
      await end('one');
      expect(started).toEqual(['one', 'one']);
      await end('one');
      expect(started).toEqual(['one', 'one']);
      await queue.close();
    });

    it('reports whether a removed download was waiting', async () => {
      const { queue, started, end, pass } = begin(1);
      await queue.enqueue(entry('runs'));
      await queue.enqueue(entry('waits'));
      await pass(0);
      expect(await queue.remove('runs')).toBe(false);
      expect(await queue.remove('waits')).toBe(true);
      expect(await queue.remove('waits')).toBe(false);
      await end('runs');
      expect(started).toEqual(['runs']);
      await queue.close();
    });

    it('hands out nothing after it is closed', async () => {
      const { queue, started, end, pass } = begin(1);
      await queue.enqueue(entry('one'));
      await pass(0);
      await queue.enqueue(entry('two'));
      await queue.close();
      await end('one');
      await pass(10_000);
      expect(started).toEqual(['one']);
    });
  });
}
