import { SORTS, STATUSES, type Download } from '@artemis/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListPage } from '../../../src/domain/download-store.ts';
import { listPage } from '../../../src/adapters/download-store/memory-list.ts';
import {
  createMemoryTable,
  type MemoryTable,
} from '../../../src/adapters/download-store/memory-table.ts';
import { record } from '../history.conformance.ts';

const LONGEST_CURSOR = 500;

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
          const table = createMemoryTable();
          for (const { host, size, ...patch } of all) {
            table.add(record({ ...patch, url: `https://${host}/`, file_size: size }));
          }
          const query = { statuses: null, q: null, sort, offset: 0 };
          const whole = listPage(table, { ...query, limit: 200, cursor: null });
          const seen: Download[] = [];
          let cursor: string | null = null;
          do {
            const page: ListPage = listPage(table, { ...query, limit, cursor });
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
    const table = createMemoryTable();
    table.add(record());
    const query = { statuses: null, q: null, sort: 'title', limit: 1, offset: 0 } as const;
    fc.assert(
      fc.property(fc.oneof(fc.base64String(), fc.string(), fc.json()), (cursor) => {
        try {
          listPage(table, { ...query, cursor });
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
        }
      }),
    );
  });
});

function change(table: MemoryTable, id: string, patch: Partial<Download>): void {
  const stored = table.get(id);
  if (stored) table.put({ ...stored, download: { ...stored.download, ...patch } }, false);
}

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
        const table = createMemoryTable();
        const copy = new Map<string, Download>();
        let rev = table.rev();
        const sync = () => {
          for (;;) {
            const changes = table.changesSince(rev, 3);
            if (!changes) throw new Error('a revision of this run is gone');
            for (const download of changes.downloads) copy.set(download.id, download);
            for (const id of changes.removed) copy.delete(id);
            ({ rev } = changes);
            if (!changes.hasMore) break;
          }
          expect(new Set(copy.values())).toEqual(
            new Set([...table.all()].map((entry) => entry.download)),
          );
        };
        for (const { kind, at } of steps) {
          const ids = [...table.all()].map(({ download }) => download.id);
          const id = ids[at % Math.max(1, ids.length)] ?? '';
          if (kind === 'add') table.add(record());
          else if (kind === 'update') change(table, id, { notes: String(at) });
          else if (kind === 'remove') table.remove(id);
          else sync();
        }
        sync();
        expect(table.counts().active).toBe(copy.size);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused for another run, the future, nonsense, or too long ago', () => {
    const table = createMemoryTable();
    const first = table.rev();
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
      expect(table.changesSince(rev, 10)).toBeNull();
    }
    expect(table.changesSince(first, 10)).not.toBeNull();
    for (let count = 0; count < 20_001; count += 1) {
      const one = record();
      table.add(one);
      table.remove(one.id);
    }
    expect(table.changesSince(first, 10)).toBeNull();
  });
});
