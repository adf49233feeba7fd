import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Artifact } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import type { FileStore, WorkFolders } from '../../src/domain/ports.ts';
import type { OutcomeFile } from '../../src/domain/attempt.ts';

export interface OpenedStore extends FileStore {
  readonly workFolders: WorkFolders;
}

export interface FileStoreUnderTest {
  /** A store on what earlier ones left. */
  open(): Promise<OpenedStore>;
  setNow(ms: number): void;
  /** From now on so much more time is known to have passed. */
  pass(ms: number): void;
}

const DAY_MS = 86_400_000;

/** A finished file in the work folder, as a verified attempt leaves it. */
export async function finish(
  { workFolders }: Pick<OpenedStore, 'workFolders'>,
  id: string,
  content: string,
  suffix = '.mp4',
): Promise<OutcomeFile> {
  const path = join(await workFolders.folder(id), `media${suffix}`);
  await writeFile(path, content);
  const kind = suffix === '.mp4' ? 'media' : 'subtitle';
  return { kind, path, suffix, sizeBytes: Buffer.byteLength(content), contentType: 'video/mp4' };
}

export async function contentOf(
  store: FileStore,
  artifact: Artifact | undefined,
): Promise<string | null> {
  const file = artifact && (await store.open(artifact));
  return file ? (await buffer(file.stream(null))).toString() : null;
}

/**
 * What every file store promises.
 * @param isByName files lie under their names, in one place for all; in a bucket each has a place of its own
 */
export function describeFileStore(
  name: string,
  isByName: boolean,
  setUp: () => Promise<FileStoreUnderTest>,
): void {
  describe(`file store: ${name}`, () => {
    const at = (base: string, directory = '') => ({ base, directory });

    it('serves a published file, whole and in ranges, also after a restart', async () => {
      const under = await setUp();
      const store = await under.open();
      const id = randomUUID();
      const files = [await finish(store, id, 'media'), await finish(store, id, 'words', '.en.vtt')];
      const artifacts = await store.publish(id, files, at('Ünïcode 名', 'a/b'));
      expect(artifacts.map(({ name: stored }) => stored)).toEqual([
        'Ünïcode 名.mp4',
        'Ünïcode 名.en.vtt',
      ]);
      const paths = artifacts.map(({ storage_path: path }) => path);
      if (isByName) expect(paths[0]).toBe('downloads/a/b/Ünïcode 名.mp4');
      expect(new Set(paths).size).toBe(2);
      expect(await store.usage()).toMatchObject({ files: 2, usedBytes: 10 });
      await store.close();
      const again = await under.open();
      expect(await contentOf(again, artifacts[1])).toBe('words');
      const file = artifacts[0] && (await again.open(artifacts[0]));
      expect(
        (await buffer(file?.stream({ start: 1, end: 3 }) ?? Readable.from([]))).toString(),
      ).toBe('edi');
      expect(await again.usage()).toMatchObject({ files: 2, usedBytes: 10 });
      await again.close();
    });

    it('is idempotent: publishing the same files again gives the same artifacts', async () => {
      const under = await setUp();
      const store = await under.open();
      const id = randomUUID();
      const files = [await finish(store, id, 'media')];
      const first = await store.publish(id, files, at(id));
      expect(await store.publish(id, files, at(id))).toEqual(first);
      await store.close();
      const again = await under.open();
      expect(await again.publish(id, files, at(id))).toEqual(first);
      expect(await again.usage()).toMatchObject({ files: 1 });
      await again.close();
    });

    it('stores the files of the later run, not those an earlier one published', async () => {
      const store = await (await setUp()).open();
      const id = randomUUID();
      await store.publish(id, [await finish(store, id, 'low quality')], at(id));
      const [artifact] = await store.publish(id, [await finish(store, id, 'high')], at(id));
      expect(artifact?.size).toBe(4);
      expect(await contentOf(store, artifact)).toBe('high');
      expect(await store.usage()).toMatchObject({ files: 1, usedBytes: 4 });
      await store.close();
    });

    it('never replaces a file of another download, also under concurrency', async () => {
      const store = await (await setUp()).open();
      const ids = Array.from({ length: 12 }, () => randomUUID());
      const files = await Promise.all(ids.map((id) => finish(store, id, id)));
      const published = await Promise.all(
        ids.map(async (id, index) => {
          const file = files[index];
          return file ? (await store.publish(id, [file], at('same')))[0] : undefined;
        }),
      );
      expect(new Set(published.map((artifact) => artifact?.storage_path)).size).toBe(12);
      expect(await store.usage()).toMatchObject({ files: 12 });
      for (const [index, artifact] of published.entries()) {
        expect(await contentOf(store, artifact)).toBe(ids[index]);
      }
      await store.close();
    });

    it('refuses a name that leaves its folder, and a file that changed since it was verified', async () => {
      const store = await (await setUp()).open();
      const id = randomUUID();
      for (const base of ['../out', 'a/b', '..', '']) {
        await expect(store.publish(id, [await finish(store, id, 'x')], at(base))).rejects.toThrow();
      }
      for (const directory of ['../out', '/tmp/out', 'a/../../out']) {
        await expect(
          store.publish(id, [await finish(store, id, 'x')], at(id, directory)),
        ).rejects.toThrow();
      }
      const file = await finish(store, id, 'grown');
      await expect(store.publish(id, [{ ...file, sizeBytes: 2 }], at(id))).rejects.toThrow();
      expect(await store.usage()).toMatchObject({ files: 0 });
      await store.close();
    });

    it('deletes only files that two checks a day apart found old, also across a restart', async () => {
      const under = await setUp();
      const store = await under.open();
      const [old, young] = [randomUUID(), randomUUID()];
      const [gone] = await store.publish(old, [await finish(store, old, 'old')], at(old, 'x'));
      under.pass(25 * DAY_MS);
      const [kept] = await store.publish(
        young,
        [await finish(store, young, 'young')],
        at(young, 'x'),
      );
      if (!gone || !kept) throw new Error('nothing was published');
      expect([...(await store.removeOlderThan(30 * DAY_MS))]).toEqual([]);
      under.pass(6 * DAY_MS);
      expect([store.ageMs(gone), store.ageMs(kept)]).toEqual([31 * DAY_MS, 6 * DAY_MS]);
      expect([...(await store.removeOlderThan(30 * DAY_MS))]).toEqual([]);
      under.pass(DAY_MS - 1);
      expect([...(await store.removeOlderThan(30 * DAY_MS))]).toEqual([]);
      await store.close();
      const again = await under.open();
      under.pass(1);
      expect(await contentOf(again, gone)).toBe('old');
      expect([...(await again.removeOlderThan(30 * DAY_MS))]).toEqual([old]);
      expect(await contentOf(again, gone)).toBeNull();
      expect(await contentOf(again, kept)).toBe('young');
      expect([...(await again.removeOlderThan(30 * DAY_MS))]).toEqual([]);
      await again.remove([kept, kept]);
      expect(await again.usage()).toMatchObject({ files: 0, usedBytes: 0 });
      await again.close();
    });

    it('needs two new checks when retention was longer in between', async () => {
      const under = await setUp();
      const store = await under.open();
      const id = randomUUID();
      await store.publish(id, [await finish(store, id, 'old')], at(id));
      under.pass(9 * DAY_MS);
      for (const keptMs of [3 * DAY_MS, Infinity]) {
        expect([...(await store.removeOlderThan(keptMs))]).toEqual([]);
        under.pass(2 * DAY_MS);
      }
      expect([...(await store.removeOlderThan(3 * DAY_MS))]).toEqual([]);
      under.pass(DAY_MS);
      expect([...(await store.removeOlderThan(3 * DAY_MS))]).toEqual([id]);
      await store.close();
    });

    it("does not trust the computer's clock when it deletes", async () => {
      const under = await setUp();
      const store = await under.open();
      const id = randomUUID();
      under.setNow(1e12);
      const [stored] = await store.publish(id, [await finish(store, id, 'media')], at(id));
      for (const now of [2e12, 0, 3e12]) {
        under.setNow(now);
        expect([...(await store.removeOlderThan(DAY_MS))]).toEqual([]);
      }
      expect(await contentOf(store, stored)).toBe('media');
      await store.close();
    });

    it('replaces its own file, also with another extension, and again', async () => {
      const under = await setUp();
      const store = await under.open();
      const id = randomUUID();
      const [old] = await store.publish(id, [await finish(store, id, 'old')], at('x', 'a'));
      if (!old) throw new Error('nothing was published');
      const file = await finish(store, id, 'new one');
      const replaced = await store.replace(id, old, file);
      expect(replaced).toMatchObject({ storage_path: old.storage_path, size: 7 });
      expect(await store.replace(id, old, file)).toEqual(replaced);
      expect(await store.open(old)).toBeNull();
      await store.close();
      const again = await under.open();
      expect(await contentOf(again, replaced)).toBe('new one');
      expect(await again.usage()).toMatchObject({ files: 1, usedBytes: 7 });
      const other = await again.replace(id, replaced, await finish(again, id, 'more', '.mkv'));
      expect(other.name).toBe('x.mkv');
      expect(await again.open(replaced)).toBeNull();
      expect(await contentOf(again, other)).toBe('more');
      expect(await again.isTaken('a/x.mp4')).toBe(false);
      expect(await again.isTaken('a/x.mkv')).toBe(isByName);
      expect(await again.usage()).toMatchObject({ files: 1, usedBytes: 4 });
      await again.close();
    });

    it('gives files of one download one name, and returns copies of stored files', async () => {
      const under = await setUp();
      const store = await under.open();
      const [first, second] = [randomUUID(), randomUUID()];
      await store.publish(first, [await finish(store, first, 'words', '.en.vtt')], at('x'));
      const [media, words] = await store.publish(
        second,
        [await finish(store, second, 'media'), await finish(store, second, 'w', '.en.vtt')],
        at('x'),
      );
      const base = isByName ? 'x (2)' : 'x';
      expect([media?.name, words?.name]).toEqual([`${base}.mp4`, `${base}.en.vtt`]);
      const copy = media && (await store.copyTo(media, await store.workFolders.folder(first)));
      expect(copy && (await readFile(copy, 'utf8'))).toBe('media');
      if (media) await store.remove([media]);
      expect(
        media && (await store.copyTo(media, await store.workFolders.folder(first))),
      ).toBeNull();
      await store.close();
    });

    if (isByName) {
      it('gives no media the name beside which another download has its files', async () => {
        const store = await (await setUp()).open();
        async function published(...suffixes: string[]): Promise<string[]> {
          const id = randomUUID();
          const files = await Promise.all(suffixes.map((suffix) => finish(store, id, 'x', suffix)));
          return (await store.publish(id, files, at('x'))).map(({ name }) => name);
        }
        expect(await published('.mp4')).toEqual(['x.mp4']);
        expect(await published('.webm')).toEqual(['x.webm']);
        expect(await published('.mkv', '.en.vtt')).toEqual(['x (2).mkv', 'x (2).en.vtt']);
        expect(await published('.mp3')).toEqual(['x.mp3']);
        expect(await published('.mp4', '-01.mp4')).toEqual(['x (3).mp4', 'x (3)-01.mp4']);
        expect(await Promise.all([published('.m4a', '.jpg'), published('.flac')])).toEqual([
          ['x (4).m4a', 'x (4).jpg'],
          ['x.flac'],
        ]);
        expect(await published('.mp4')).toEqual(['x (5).mp4']);
        await store.close();
      });

      it('gives files that follow the number of their media', async () => {
        const store = await (await setUp()).open();
        const [first, second] = [randomUUID(), randomUUID()];
        await store.publish(first, [await finish(store, first, 'a')], at('x'));
        await store.publish(second, [await finish(store, second, 'b')], at('x'));
        const words = await finish(store, second, 'w', '.en.vtt');
        expect((await store.publish(second, [words], at('x')))[0]?.name).toBe('x (2).en.vtt');
        await store.close();
      });
    }

    it('keeps the files of one download together when another publishes under the same name', async () => {
      const under = await setUp();
      const store = await under.open();
      const published = await Promise.all(
        Array.from({ length: 16 }, async () => {
          const id = randomUUID();
          const media = await finish(store, id, `media of ${id}`);
          const words = await finish(store, id, `words of ${id}`, '.en.vtt');
          return { id, artifacts: await store.publish(id, [media, words], at('x')) };
        }),
      );
      const bases = published.map(({ artifacts }) => artifacts[0]?.name.replace(/\.mp4$/, ''));
      if (isByName) expect(new Set(bases).size).toBe(16);
      for (const [index, { id, artifacts }] of published.entries()) {
        expect(artifacts[1]?.name).toBe(`${bases[index]}.en.vtt`);
        expect(await contentOf(store, artifacts[1])).toBe(`words of ${id}`);
      }
      await store.close();
    });

    it('serves and deletes nothing that it did not publish', async () => {
      const store = await (await setUp()).open();
      for (const path of ['downloads/x.mp4', 'downloads/../x', '/etc/passwd', 'etc', '']) {
        const artifact: Artifact = {
          kind: 'media',
          name: 'x',
          size: 1,
          content_type: 'video/mp4',
          storage_path: path,
        };
        expect(await store.open(artifact)).toBeNull();
        await store.remove([artifact]);
      }
      await store.close();
    });
  });
}
