import type { Stats } from 'node:fs';
import { lstat, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { compareFile, factsOf, readSample, sampleOf, type Likeness } from './file-identity.ts';
import type { PublishedFile, PublishedIndex } from './published-index.ts';

/** Entries of the index that are written together. */
const LEARNED_AT_ONCE = 50;

/** Tells whether what lies in the downloads folder is what we stored there, also after the folder was moved. */
export interface Recognition {
  /** `gone` when there is nothing under that path. */
  look(published: PublishedFile): Promise<Likeness | 'gone'>;
  isSameFile(published: PublishedFile): Promise<boolean>;
  /** The same of a file that is open; one that has moved is known by its new inode afterwards. */
  isOpenFile(published: PublishedFile, file: FileHandle): Promise<boolean>;
  /** Whether anything lies there, ours or not. */
  isThere(path: string): Promise<boolean>;
  /**
   * Looks at files that an older version stored, one after another, so that they are known again after a move. Never
   * rejects.
   */
  learn(): Promise<void>;
  /** Waits for a look under way. */
  close(): Promise<void>;
}

export function createRecognition(root: string, index: PublishedIndex): Recognition {
  let isClosing = false;
  let learning: Promise<void> = Promise.resolve();

  async function look(published: PublishedFile): Promise<Likeness | 'gone'> {
    const path = join(root, published.path);
    try {
      const found = await lstat(path);
      const real = await realpath(dirname(path));
      if (real !== root && !real.startsWith(root + sep)) return 'other';
      return await compare(published, found, () => readSample(path, found.size));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return 'gone';
      throw error;
    }
  }

  async function isSameFile(published: PublishedFile): Promise<boolean> {
    return ['same', 'moved'].includes(await look(published));
  }

  /** Best effort, and not when the entry has changed meanwhile. */
  async function adopt(known: PublishedFile, { ino, mtimeMs }: Stats): Promise<void> {
    if (index.get(known.path) !== known) return;
    await index.add({ ...known, inode: ino, modifiedMs: mtimeMs }).catch(() => undefined);
  }

  async function learn(): Promise<void> {
    let learned: Promise<void>[] = [];
    for (const known of [...index.all()]) {
      if (isClosing) break;
      if (known.sample !== undefined || known.replaces !== undefined) continue;
      const isOurs = await isSameFile(known).catch(() => false);
      const facts = isOurs ? await factsOf(join(root, known.path)).catch(() => null) : null;
      const isThat = facts?.inode === known.inode && facts.sizeBytes === known.sizeBytes;
      if (!isThat || index.get(known.path) !== known) continue;
      learned.push(index.add({ ...known, ...facts }));
      if (learned.length < LEARNED_AT_ONCE) continue;
      await Promise.allSettled(learned);
      learned = [];
    }
    await Promise.allSettled(learned);
  }

  return {
    look,
    isSameFile,
    async isOpenFile(published, file) {
      const found = await file.stat();
      const likeness = await compare(published, found, () => sampleOf(file, found.size));
      if (likeness === 'moved') await adopt(published, found);
      return likeness !== 'other';
    },
    isThere: (path) =>
      lstat(join(root, path)).then(
        () => true,
        () => false,
      ),
    learn() {
      learning = learn();
      return learning;
    },
    async close() {
      isClosing = true;
      await learning;
    },
  };
}

async function compare(
  { replaces, ...known }: PublishedFile,
  found: Stats,
  sample: () => Promise<string>,
): Promise<Likeness> {
  if (!found.isFile()) return 'other';
  const likeness = await compareFile(known, found, sample);
  if (likeness !== 'other' || !replaces) return likeness;
  // Until the other is in its place; there is nothing to adopt then.
  return (await compareFile(replaces, found, sample)) === 'other' ? 'other' : 'same';
}
