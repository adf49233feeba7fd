import type { Stats } from 'node:fs';
import { lstat, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf } from '../../error-code.ts';
import { compareFile, factsOf, readSample, sampleOf, type Likeness } from './file-identity.ts';
import type { PublishedFile, PublishedIndex } from './published-index.ts';

/** Number of index entries that are written together. */
const LEARNED_AT_ONCE = 50;

/** Tells whether a file in the downloads folder is the one that was stored there, even after the folder was moved. */
export interface Recognition {
  /** `gone`: nothing has this path. */
  look(published: PublishedFile): Promise<Likeness | 'gone'>;
  isSameFile(published: PublishedFile): Promise<boolean>;
  /** The same for an open file. When the file has moved, the index learns its new inode. */
  isOpenFile(published: PublishedFile, file: FileHandle): Promise<boolean>;
  /** Whether anything has this path, stored by us or not. */
  isThere(path: string): Promise<boolean>;
  /**
   * Reads the files that an older version stored, one after another, so that they are recognized after a move. Never rejects.
   */
  learn(): Promise<void>;
  /** Ends `learn`, and waits for it. */
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
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return 'gone';
      throw error;
    }
  }

  async function isSameFile(published: PublishedFile): Promise<boolean> {
    return ['same', 'moved'].includes(await look(published));
  }

  /** Saves the new inode, best effort, unless the entry has changed meanwhile. */
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
  // A replacement is in progress and the old file is still there; its inode is not to be learned.
  return (await compareFile(replaces, found, sample)) === 'other' ? 'other' : 'same';
}
