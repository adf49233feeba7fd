import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VerifiedOutcome } from '../../src/domain/attempt.ts';
import type { WorkFolders } from '../../src/domain/ports.ts';

export interface WorkFoldersUnderTest {
  /** On what earlier ones left; what `verifiedOutcome` answers for a folder is up to the test. */
  open(readOutcome?: (folder: string) => VerifiedOutcome | null): Promise<WorkFolders>;
  /** From now on so much more time is known to have passed. */
  pass(ms: number): void;
}

const DAY_MS = 86_400_000;

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** What all work folders promise. */
export function describeWorkFolders(
  name: string,
  setUp: () => Promise<WorkFoldersUnderTest>,
): void {
  describe(`work folders: ${name}`, () => {
    it('are one for each download, the same after a restart, and gone when removed', async () => {
      const under = await setUp();
      const folders = await under.open();
      const [first, second] = [randomUUID(), randomUUID()];
      const path = await folders.folder(first);
      await writeFile(join(path, 'media.mp4.part'), 'half');
      expect(await folders.folder(second)).not.toBe(path);
      const again = await under.open();
      expect(await again.folder(first)).toBe(path);
      expect(await isThere(join(path, 'media.mp4.part'))).toBe(true);
      await again.remove(first);
      await again.remove(first);
      expect(await isThere(path)).toBe(false);
      expect(await isThere(await again.folder(second))).toBe(true);
    });

    it('are swept when nobody will continue them, never while they are in use', async () => {
      const under = await setUp();
      const folders = await under.open();
      const [used, ended, failed] = [randomUUID(), randomUUID(), randomUUID()];
      const paths = await Promise.all([used, ended, failed].map((id) => folders.folder(id)));
      const keepMs = (id: string) => (id === used ? Infinity : id === ended ? 0 : DAY_MS);
      expect(await folders.sweep(keepMs)).toBe(1);
      under.pass(DAY_MS);
      expect(await folders.sweep(keepMs)).toBe(1);
      expect(await Promise.all(paths.map(isThere))).toEqual([true, false, false]);
    });

    it('tell what was verified in them, and how much space is free', async () => {
      const asked: string[] = [];
      const folders = await (
        await setUp()
      ).open((folder) => {
        asked.push(folder);
        return null;
      });
      const id = randomUUID();
      const path = await folders.folder(id);
      expect(await folders.verifiedOutcome(id)).toBeNull();
      expect(asked).toEqual([path]);
      expect(await folders.freeBytes()).toBeGreaterThan(0);
    });
  });
}
