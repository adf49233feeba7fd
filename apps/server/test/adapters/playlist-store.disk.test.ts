import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDownloadedLinks } from '../../src/adapters/downloaded-links.disk.ts';
import { createDiskPlaylistStore } from '../../src/adapters/playlist-store.disk.ts';
import type { EntryEnd } from '../../src/domain/ports.ts';
import { describePlaylistStore, endsIn, entries, metadata } from './playlist-store.conformance.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'artemis-playlists-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const openIn = (folder: string) => createDiskPlaylistStore({ folder, logger: silent });

describePlaylistStore('disk', async () => {
  const folder = join(await newFolder(), 'playlists');
  return { open: () => openIn(folder) };
});

describe('the ends of entries on the disk', () => {
  it('truncated at any byte keep those before, and accept more', async () => {
    const folder = await newFolder();
    const store = openIn(folder);
    const id = randomUUID();
    await store.create(id, metadata, entries);
    const list = await store.open(id);
    const set: [number, EntryEnd][] = [
      [0, 'done'],
      [2, 'failed'],
      [5, 'skipped'],
      [3, 'done'],
    ];
    for (const [place, end] of set) await list?.setEnds(new Map([[place, end]]));
    await list?.close();
    const path = join(folder, id, 'ends.ndjson');
    const whole = await readFile(path, 'utf8');
    for (let length = 0; length <= whole.length; length += 1) {
      await writeFile(path, whole);
      await truncate(path, length);
      // A line may be whole but for its end.
      const count = whole.slice(0, length + 1).split('\n').length - 1;
      const expected = set.slice(0, count).toSorted(([a], [b]) => a - b);
      expect(await endsIn(store, id)).toEqual(expected);
      const next = await store.open(id);
      await next?.setEnds(new Map([[4, 'done']]));
      await next?.close();
      expect(await endsIn(store, id)).toEqual(
        [...expected, [4, 'done'] as [number, EntryEnd]].toSorted(([a], [b]) => a - b),
      );
    }
  });

  it('survive a write that failed half-way', async () => {
    const folder = await newFolder();
    let isFailing = true;
    const store = createDiskPlaylistStore({
      folder,
      logger: silent,
      append: async (file, content) => {
        await file.appendFile(isFailing ? content.slice(0, 5) : content);
        if (isFailing) throw new Error('ENOSPC');
      },
    });
    const id = randomUUID();
    await store.create(id, metadata, entries);
    const list = await store.open(id);
    await expect(list?.setEnds(new Map([[1, 'done']]))).rejects.toThrow('ENOSPC');
    isFailing = false;
    await list?.setEnds(new Map([[2, 'done']]));
    await list?.close();
    expect(await endsIn(store, id)).toEqual([[2, 'done']]);
  });

  it('are compacted when most lines are of earlier attempts', async () => {
    const folder = await newFolder();
    const store = openIn(folder);
    const id = randomUUID();
    await store.create(id, metadata, entries);
    const list = await store.open(id);
    for (let round = 0; round < 80; round += 1) {
      await list?.setEnds(new Map([[1, round % 2 === 0 ? 'failed' : null]]));
      await list?.setEnds(new Map([[2, 'done']]));
    }
    await list?.close();
    const path = join(folder, id, 'ends.ndjson');
    const before = (await stat(path)).size;
    expect(await endsIn(store, id)).toEqual([[2, 'done']]);
    expect((await stat(path)).size).toBeLessThan(before / 50);
  });
});

describe('a list on the disk', () => {
  it('that could not be read once is read the next time', async () => {
    const folder = await newFolder();
    const store = openIn(folder);
    const id = randomUUID();
    await store.create(id, metadata, entries);
    const list = await store.open(id);
    const path = join(folder, id, 'entries.ndjson');
    await rename(path, `${path}.away`);
    await expect(list?.read(0, 1)).rejects.toThrow();
    await rename(`${path}.away`, path);
    expect(await list?.read(0, 1)).toEqual(entries.slice(0, 1));
    await list?.close();
  });

  it('that is truncated or damaged counts as missing', async () => {
    const folder = await newFolder();
    const store = openIn(folder);
    const id = randomUUID();
    await store.create(id, metadata, entries);
    const path = join(folder, id, 'entries.ndjson');
    const { size } = await stat(path);
    for (const length of [0, 1, 40, size - 1]) {
      await store.create(id, metadata, entries);
      await truncate(path, length);
      expect([length, await store.open(id)]).toEqual([length, null]);
    }
    await writeFile(path, '{"version":2}\n');
    expect(await store.open(id)).toBeNull();
  });
});

describe('downloaded links', () => {
  it('are known after a restart, except a truncated one', async () => {
    const path = join(await newFolder(), 'data', 'links');
    const first = await openDownloadedLinks(path, silent);
    first.add(['a', 'b', 'a']);
    first.add(['b', 'c']);
    await first.close();
    await truncate(path, (await stat(path)).size - 1);
    const second = await openDownloadedLinks(path, silent);
    expect(['a', 'b', 'c'].map((key) => second.has(key))).toEqual([true, true, false]);
    second.add(['d']);
    await second.close();
    const third = await openDownloadedLinks(path, silent);
    expect(third.has('d')).toBe(true);
    await third.close();
    expect(await readFile(path, 'utf8')).toBe('a\nb\nd\n');
  });
});
