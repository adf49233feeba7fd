import { SORTS, STATUSES, type Download, type Status } from '@artemis/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listDownloads } from '../../src/domain/list-downloads.ts';
import { createLiveDownloads } from '../../src/domain/live-downloads.ts';
import { retryDelaySeconds } from '../../src/domain/retry-policy.ts';
import { canMove } from '../../src/domain/status.ts';
import { record } from '../adapters/history.conformance.ts';

const LONGEST_CURSOR = 500;

describe('the table of statuses', () => {
  const legal: Record<Status, readonly Status[]> = {
    queued: ['running', 'paused', 'completed', 'cancelled', 'failed'],
    running: ['completed', 'failed', 'cancelled', 'paused', 'queued'],
    paused: ['queued', 'completed', 'cancelled'],
    failed: ['queued'],
    cancelled: ['queued'],
    completed: ['queued'],
  };
  it.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
    'allows %s → %s only where the design does',
    (from, to) => {
      expect(canMove(from, to)).toBe(legal[from].includes(to));
    },
  );
});

describe('the wait before an automatic retry', () => {
  it('grows, is randomised, and is bounded', () => {
    const wait = (run: number, random = 0.5) => retryDelaySeconds('NETWORK', run, 20, null, random);
    expect([1, 2, 3, 4, 5, 9].map((run) => wait(run))).toEqual([5, 20, 80, 300, 300, 300]);
    expect(wait(1, 0)).toBeCloseTo(4);
    expect(wait(1, 1)).toBeCloseTo(6);
    expect(retryDelaySeconds('NETWORK', 3, 3, null, 0)).toBeNull();
    expect(retryDelaySeconds('MEDIA_UNAVAILABLE', 1, 3, 5, 0)).toBeNull();
  });
  it.each([
    [30, 30],
    [0, 1],
    [-5, 1],
    [1e12, 3600],
    [Infinity, 3600],
  ])('follows a Retry-After of %d s within limits: %d s', (said, taken) => {
    expect(retryDelaySeconds('THROTTLED', 1, 3, said, 0.5)).toBe(taken);
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 150 }),
  fc.constantFrom('\u0001'.repeat(150), '"'.repeat(150), '名'.repeat(150), '😀'.repeat(80)),
);

describe('a list', () => {
  it('is read page by page without gap or repetition, in every order, whatever the titles are', () => {
    const some = fc.array(
      fc.record({
        title: fc.option(anyText),
        host: fc.constantFrom('a.example', 'b.example', `${'h'.repeat(900)}.example`),
        status: fc.constantFrom(...STATUSES),
        priority: fc.integer({ min: 1, max: 10 }),
        size: fc.option(fc.nat()),
      }),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(
        some,
        fc.constantFrom(...SORTS),
        fc.integer({ min: 1, max: 7 }),
        (all, sort, limit) => {
          const live = createLiveDownloads();
          for (const { host, size, ...patch } of all) {
            live.add(record({ ...patch, url: `https://${host}/`, file_size: size }));
          }
          const query = { statuses: null, q: null, sort, offset: 0 };
          const whole = listDownloads(live.all(), { ...query, limit: 200, cursor: null });
          const seen: Download[] = [];
          let cursor: string | null = null;
          do {
            const page = listDownloads(live.all(), { ...query, limit, cursor });
            expect(page.total).toBe(all.length);
            seen.push(...page.downloads);
            cursor = page.nextCursor;
            expect((cursor ?? '').length).toBeLessThanOrEqual(LONGEST_CURSOR);
          } while (cursor !== null);
          expect(seen).toEqual(whole.downloads);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuses a cursor of another order', () => {
    const live = createLiveDownloads();
    live.add(record());
    const query = { statuses: null, q: null, sort: 'title', limit: 1, offset: 0 } as const;
    fc.assert(
      fc.property(fc.oneof(fc.base64String(), fc.string(), fc.json()), (cursor) => {
        try {
          listDownloads(live.all(), { ...query, cursor });
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
        }
      }),
    );
  });
});

describe('what changed since a revision', () => {
  it('brings a copy up to date page by page, whatever happened', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: 'add' as const, at: 0 }) },
      { weight: 3, arbitrary: fc.nat(50).map((at) => ({ kind: 'update' as const, at })) },
      { weight: 2, arbitrary: fc.nat(50).map((at) => ({ kind: 'remove' as const, at })) },
      { weight: 2, arbitrary: fc.constant({ kind: 'sync' as const, at: 0 }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const live = createLiveDownloads();
        const copy = new Map<string, Download>();
        let rev = live.rev();
        const sync = () => {
          for (;;) {
            const changes = live.changesSince(rev, 3);
            if (!changes) throw new Error('a revision of this run is gone');
            for (const download of changes.downloads) copy.set(download.id, download);
            for (const id of changes.removed) copy.delete(id);
            ({ rev } = changes);
            if (!changes.hasMore) break;
          }
          expect(new Set(copy.values())).toEqual(
            new Set([...live.all()].map((entry) => entry.download)),
          );
        };
        for (const { kind, at } of steps) {
          const ids = [...live.all()].map(({ download }) => download.id);
          const id = ids[at % Math.max(1, ids.length)] ?? '';
          if (kind === 'add') live.add(record());
          else if (kind === 'update') live.update(id, { notes: String(at) });
          else if (kind === 'remove') live.remove(id);
          else sync();
        }
        sync();
        expect(live.activeCount()).toBe(copy.size);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused for another run, the future, nonsense, or too long ago', () => {
    const live = createLiveDownloads();
    const first = live.rev();
    const [run = ''] = first.split('.');
    for (const rev of [
      '',
      '.',
      run,
      `${run}.1`,
      `${run}.-1`,
      `${run}.0.0`,
      `${run}.1e0`,
      'other.0',
      `${run}.x`,
    ]) {
      expect(live.changesSince(rev, 10)).toBeNull();
    }
    expect(live.changesSince(first, 10)).not.toBeNull();
    for (let count = 0; count < 20_001; count += 1) {
      const one = record();
      live.add(one);
      live.remove(one.id);
    }
    expect(live.changesSince(first, 10)).toBeNull();
  });
});
