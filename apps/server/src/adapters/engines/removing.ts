import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { say } from '@artemis/contracts';
import { codeOf } from '../../error-code.ts';
import { RequestError } from '../../domain/errors.ts';
import type { ManagedCopy } from '../tools/yt-dlp-finder.ts';
import type { Claims } from './claims.ts';
import type { Diary } from './diary.ts';
import { provenanceOf } from './provenance.ts';
import type { Shelf } from './shelf.ts';

const MOST_FETCHED_KEPT = 4;

export interface RemovingOptions {
  readonly shelf: Pick<Shelf, 'copies' | 'drop'>;
  readonly claims: Claims;
  readonly tell: Diary['tell'];
  /** Whether this server needs the version. */
  readonly isNeeded: (version: string) => boolean;
}

/** Removes versions that no server needs any more, and tells other servers what this one needs. */
export interface Removing {
  /** Never rejects. */
  tellNeeds(): Promise<void>;
  /** Removes old fetched copies. A copy that a person has placed stays until a person removes it. */
  removeOld(): Promise<void>;
  /** @throws {RequestError} ENGINE_IN_USE when this or another server needs the version. */
  refuseNeeded(version: string): Promise<void>;
  /** @throws {RequestError} ENGINE_IN_USE when this server may not remove the folder. */
  remove(copy: ManagedCopy, version: string): Promise<void>;
}

export function createRemoving({ shelf, claims, tell, isNeeded }: RemovingOptions): Removing {
  function tellNeeds(): Promise<void> {
    const versions = shelf.copies().map(({ tool }) => tool.version);
    return claims.tell(new Set(versions.filter(isNeeded)));
  }

  async function removeOld(): Promise<void> {
    const ours = shelf.copies().filter((copy) => provenanceOf(copy).source !== 'placed');
    const others = await claims.ofOthers();
    for (const copy of ours.slice(MOST_FETCHED_KEPT)) {
      const { version } = copy.tool;
      if (!isNeeded(version) && !others.has(version)) await remove(copy, version);
    }
  }

  async function remove(copy: ManagedCopy, version: string): Promise<void> {
    // Renamed first: while it loses its files, the folder must not look like a usable copy.
    const doomed = join(dirname(copy.folder), `.new-removed-${randomUUID()}`);
    await rename(copy.folder, doomed).catch((error: unknown) => {
      const why = codeOf(error) ?? String(error);
      const { folder } = copy;
      throw new RequestError('ENGINE_IN_USE', say('ENGINE_NOT_REMOVABLE', { folder, reason: why }));
    });
    shelf.drop(copy);
    await rm(doomed, { recursive: true, force: true });
    tell('REMOVED', say('ENGINE_REMOVED', { version }), { version });
  }

  async function refuseNeeded(version: string): Promise<void> {
    const isOthers = !isNeeded(version) && (await claims.ofOthers()).has(version);
    if (isOthers || isNeeded(version)) {
      const code = isOthers ? 'ENGINE_OF_OTHERS' : 'ENGINE_STILL_NEEDED';
      throw new RequestError('ENGINE_IN_USE', say(code, { version }));
    }
  }

  return { tellNeeds, removeOld, refuseNeeded, remove };
}
