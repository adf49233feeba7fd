import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { codeOf } from '../../error-code.ts';
import { syncFolder } from './durable-file.ts';
import { factsOf, type FileFacts } from './file-identity.ts';
import { openToUser } from './file-moves.ts';
import type { PublishedIndex } from './published-index.ts';

/** Copies of files that come from another file system, under hidden names until they are whole. */
export interface Arrivals {
  /**
   * Calls `move` with the source, and when that fails between two file systems, with a copy in that folder, which is durable
   * and was checked. What `move` returns tells whether it has moved it.
   */
  move(
    source: string,
    folder: string,
    facts: FileFacts,
    move: (from: string, facts: FileFacts) => Promise<boolean>,
  ): Promise<boolean>;
  /** Removes copies that a kill has left. */
  sweep(): Promise<void>;
}

export function createArrivals(root: string, index: PublishedIndex): Arrivals {
  const pathOf = (copy: string) => relative(root, copy).split(sep).join('/');

  async function end(copy: string): Promise<void> {
    await rm(copy, { force: true });
    await index.remove([pathOf(copy)]);
  }

  async function bring(source: string, copy: string): Promise<FileFacts> {
    await copyFile(source, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const [from, to] = await Promise.all([factsOf(source), factsOf(copy, openToUser)]);
    if (from.sizeBytes !== to.sizeBytes || from.sample !== to.sample) {
      throw new Error('the copy of the file to publish is not the same');
    }
    const file = await open(copy, 'r');
    await file.sync().finally(() => file.close());
    return to;
  }

  return {
    async move(source, folder, facts, move) {
      try {
        return await move(source, facts);
      } catch (error) {
        if (codeOf(error) !== 'EXDEV') throw error;
      }
      const copy = join(folder, `.artemis-${randomUUID()}.part`);
      await index.expect(pathOf(copy));
      try {
        const isMoved = await move(copy, await bring(source, copy));
        await syncFolder(folder);
        if (isMoved) await rm(source, { force: true });
        return isMoved;
      } finally {
        await end(copy);
      }
    },
    async sweep() {
      for (const path of index.expected()) await end(join(root, path)).catch(() => undefined);
    },
  };
}
