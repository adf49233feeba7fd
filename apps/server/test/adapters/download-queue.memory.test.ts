import { describe, expect, it } from 'vitest';
import { createMemoryQueue } from '../../src/adapters/download-queue.memory.ts';
import { describeQueue, type QueueSetUp } from './download-queue.conformance.ts';

/** The clock of the queue stands still but for a wake-up, which then comes at once. */
const setUp: QueueSetUp = (options) => {
  let nowMs = 1e12;
  let due: { run: () => void; atMs: number } | null = null;
  const queue = createMemoryQueue({
    ...options,
    nowMs: () => nowMs,
    wakeAfter: (run, ms) => {
      const mine = { run, atMs: nowMs + ms };
      due = mine;
      return () => {
        if (due === mine) due = null;
      };
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    queue,
    nowMs: () => nowMs,
    async pass(ms) {
      const untilMs = nowMs + ms;
      await settle();
      while (due && due.atMs <= untilMs) {
        const { run, atMs }: { run: () => void; atMs: number } = due;
        nowMs = atMs;
        due = null;
        run();
        await settle();
      }
      nowMs = untilMs;
      await settle();
    },
  };
};

describeQueue('memory', setUp);

describe('a long queue', () => {
  it('looks at a bounded number of entries for each start', async () => {
    const count = 10_000;
    let looks = 0;
    const queue = createMemoryQueue({ slots: 4, maxPerHost: 64 });
    let ended = 0;
    const everythingEnded = new Promise<void>((resolve) => {
      queue.start(async () => {
        await Promise.resolve();
        ended += 1;
        if (ended === count) resolve();
      });
    });
    queue.setDiskSpace(-1);
    for (let order = 0; order < count; order += 1) {
      const entry = {
        id: `d${order}`,
        order,
        host: 'a.example',
        notBeforeMs: null,
        neededBytes: null,
      };
      // Each comparison of a sort reads the priority.
      Object.defineProperty(entry, 'priority', {
        get: () => {
          looks += 1;
          return 1 + (order % 10);
        },
      });
      await queue.enqueue(entry as typeof entry & { priority: number });
    }
    queue.setDiskSpace(Infinity);
    await everythingEnded;
    expect(looks / count).toBeLessThan(200);
    await queue.close();
  });
});
