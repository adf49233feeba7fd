import { describe, expect, it } from 'vitest';
import type { Jobs } from '../../../src/worker/engine/jobs.ts';
import { endBefore, endOfPart, type Packet } from '../../../src/worker/live/live-overlap.ts';

/** One letter is one packet, a second each. */
const packets = (letters: string, from = 0): readonly Packet[] =>
  [...letters].map((hash, index) => ({ seconds: from + index, hash }));

describe('where one part of a live recording ends and the next begins', () => {
  it.each<[string, string, string, number | null]>([
    ['where the next one begins', 'abcdefgh', 'efghijkl', 4],
    ['there as well when its last packet is cut off', 'abcdefg?', 'efghijkl', 4],
    ['nowhere, as the next one has all of it', 'cdefgh', 'abcdefghijk', 0],
    ['nowhere, as both begin alike and the next one has more', 'abcdef', 'abcdefghijk', 0],
    ['is not known when the next one begins later', 'abcdefgh', 'klmnop', null],
    ['is not known when too few are alike', 'abcdefgh', 'ghklmnop', null],
    ['is late rather than early when the picture stands still', 'abxxxxxx', 'xxxxxxxx', 5],
    ['is not known of what cannot be read', '', 'abcdef', null],
  ])('%s', (_, first, second, end) => {
    expect(endBefore(packets(first), packets(second, 100))).toBe(end);
  });

  it('is found when the next part contains the whole end of this one', async () => {
    // A packet each ten seconds: the tail has 60 of them.
    const first = Array.from({ length: 200 }, (_, index) => ({ seconds: index * 10, at: index }));
    const jobs: Pick<Jobs, 'runTool'> = {
      runTool(_, argv, onLine) {
        const from = Number.parseFloat(argv[argv.indexOf('-read_intervals') + 1] ?? '');
        for (const { seconds, at } of first) if (seconds >= from) onLine?.(`${seconds},MD5:${at}`);
        return Promise.resolve({ exit: { status: 0 } } as Awaited<ReturnType<Jobs['runTool']>>);
      },
    };
    const next = Array.from({ length: 150 }, (_, index) => ({
      seconds: index * 10,
      hash: `MD5:${index + 100}`,
    }));
    const end = await endOfPart(jobs as Jobs, { path: 'x', length: 1990 }, next);
    expect(end).toBe(1000);
  });
});
