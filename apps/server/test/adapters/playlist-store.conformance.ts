import { randomUUID } from 'node:crypto';
import type { Metadata } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import type { EntryEnd, PlaylistStore } from '../../src/domain/ports.ts';
import type { ListedEntry } from '../../src/domain/attempt.ts';

export interface PlaylistStoreUnderTest {
  /** A store on what earlier ones wrote. */
  open(): PlaylistStore;
}

export const metadata: Metadata = { title: 'List "\u2028\n', playlist_title: null, entry_count: 9 };

export function listedEntry(index: number): ListedEntry {
  return {
    index,
    id: `id-${index}`,
    url: `https://a.example/${index}?ä=😀`,
    title: index % 2 === 0 ? null : `Title ${index}\n\u2028"`,
    duration: index / 2,
    position: index % 3 === 0 ? index : null,
  };
}

export const entries = [1, 2, 3, 7, 8, 20].map(listedEntry);

/** Ends by place, as a store opens with them. */
export async function endsIn(store: PlaylistStore, id: string): Promise<[number, EntryEnd][]> {
  const list = await store.open(id);
  await list?.close();
  return [...(list?.ends ?? [])].toSorted(([a], [b]) => a - b);
}

/** What every store of playlists promises. */
export function describePlaylistStore(
  name: string,
  setUp: () => Promise<PlaylistStoreUnderTest>,
): void {
  describe(`playlists: ${name}`, () => {
    it('returns stored entries from any position, also after a restart', async () => {
      const under = await setUp();
      const id = randomUUID();
      await under.open().create(id, metadata, entries);
      const store = under.open();
      expect(await store.ids()).toEqual([id]);
      const list = await store.open(id);
      expect(list?.metadata).toEqual(metadata);
      expect([...(list?.indexes ?? [])]).toEqual([1, 2, 3, 7, 8, 20]);
      expect(await list?.read(0, 100)).toEqual(entries);
      expect(await list?.read(2, 2)).toEqual(entries.slice(2, 4));
      expect(await list?.read(5, 1)).toEqual(entries.slice(5));
      expect(await list?.read(6, 3)).toEqual([]);
      expect([...(list?.ends ?? [])]).toEqual([]);
      await list?.close();
    });

    it('keeps the ends of entries in the order in which they were set', async () => {
      const under = await setUp();
      const id = randomUUID();
      const store = under.open();
      await store.create(id, metadata, entries);
      const list = await store.open(id);
      await Promise.all([
        list?.setEnds(new Map([[0, 'failed']])),
        list?.setEnds(
          new Map<number, EntryEnd>([
            [4, 'done'],
            [1, 'skipped'],
          ]),
        ),
        list?.setEnds(new Map([[0, null]])),
        list?.setEnds(new Map([[1, 'done']])),
      ]);
      await list?.close();
      expect(await endsIn(under.open(), id)).toEqual([
        [1, 'done'],
        [4, 'done'],
      ]);
    });

    it('replaces a list together with its ends', async () => {
      const under = await setUp();
      const id = randomUUID();
      const store = under.open();
      await store.create(id, metadata, entries);
      const list = await store.open(id);
      await list?.setEnds(new Map([[3, 'done']]));
      await list?.close();
      await store.create(id, { title: 'other' }, entries.slice(0, 2));
      const other = await store.open(id);
      expect(other?.metadata).toEqual({ title: 'other' });
      expect(await other?.read(0, 9)).toEqual(entries.slice(0, 2));
      expect(other?.ends.size).toBe(0);
      await other?.close();
    });

    it('forgets a removed list, and knows no list that was never stored', async () => {
      const under = await setUp();
      const store = under.open();
      const [kept, removed] = [randomUUID(), randomUUID()];
      await store.create(kept, metadata, entries);
      await store.create(removed, metadata, []);
      await store.remove(removed);
      await store.remove(randomUUID());
      expect(await store.ids()).toEqual([kept]);
      expect(await store.open(removed)).toBeNull();
      expect(await store.open(randomUUID())).toBeNull();
    });
  });
}
