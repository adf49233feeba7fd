import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  lockDownloadsFolder,
  lockProblem,
  ownerNow,
  type DownloadsLock,
  type DownloadsOwner,
} from '../../../src/adapters/files/downloads-lock.ts';
import { FolderInUseError } from '../../../src/adapters/files/folder-lock.ts';

let folder: string;
let locks: DownloadsLock[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-lock-'));
  locks = [];
});
afterEach(async () => {
  for (const lock of locks) lock.release();
  await rm(folder, { recursive: true, force: true });
});

const lockPath = () => join(folder, '.artemis-jobs', '.lock');

function lock(instance = 'one'): DownloadsLock {
  const taken = lockDownloadsFolder(folder, instance);
  locks.push(taken);
  return taken;
}

/** A server that runs: our parent process. */
const living = (): DownloadsOwner => ({
  ...ownerNow('other'),
  pid: process.ppid,
  startTicks: null,
});

async function plant(owner: DownloadsOwner): Promise<void> {
  await mkdir(join(folder, '.artemis-jobs'), { recursive: true });
  await writeFile(lockPath(), JSON.stringify(owner));
}

describe('the lock of a downloads folder', () => {
  it('is refused while a process of this computer holds it, whichever instance it names', async () => {
    for (const instance of ['other', 'one']) {
      await plant({ ...living(), instance });
      expect(() => lock('one')).toThrow(FolderInUseError);
      expect(() => lock('one')).toThrow(new RegExp(`process ${process.ppid}.*DOWNLOADS_DIR`));
    }
  });

  it('is taken over at once from a process that is gone, and after a restart of the computer', async () => {
    for (const gone of [
      { ...living(), startTicks: '1' },
      { ...living(), bootId: 'before', startTicks: '1' },
    ]) {
      await plant(gone);
      const taken = lock('one');
      expect(taken.state()).toBe('held');
      expect(await readFile(lockPath(), 'utf8')).toContain('"instance":"one"');
      taken.release();
      expect(existsSync(lockPath())).toBe(false);
    }
  });

  it.each([
    ['another computer', { host: 'nas', bootId: 'other' }],
    ['another container of this computer', { namespace: 'pid:[1]' }],
  ])('of another instance on %s is not judged by its process id', async (_where, where) => {
    const owner = { ...living(), startTicks: '1', ...where };
    await plant(owner);
    expect(() => lock('one')).toThrow(FolderInUseError);
    expect(() => lock('one')).toThrow(`on ${owner.host}`);
    expect(() => lock('one')).toThrow(`delete ${lockPath()}`);
    await plant({ ...owner, instance: 'one' });
    expect(lock('one').state()).toBe('held');
  });

  it('that cannot be created is reported by readiness and does not stop the start', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, join(folder, '.artemis-jobs'));
    const taken = lock();
    expect(taken.state()).toBe('none');
    expect(existsSync(join(elsewhere, '.lock'))).toBe(false);
    expect(lockProblem(taken)).toMatchObject({ state: 'warn' });
    // Whoever puts that right has the lock with the next download.
    await rm(join(folder, '.artemis-jobs'));
    taken.hold();
    expect(taken.state()).toBe('held');
    expect(lockProblem(taken)).toBeNull();
  });

  it('is taken again when it was lost, unless another server holds it now', async () => {
    const taken = lock();
    await rm(lockPath());
    taken.hold();
    expect(existsSync(lockPath())).toBe(true);
    await plant(living());
    expect(() => {
      taken.hold();
    }).toThrow(FolderInUseError);
    expect(lockProblem(taken)).toMatchObject({ state: 'fail' });
    taken.release();
    expect(await readFile(lockPath(), 'utf8')).toContain('"instance":"other"');
  });

  it('is in a private folder, inside a folder with usual permissions', async () => {
    await rm(folder, { recursive: true });
    lock();
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await modeOf(folder)).toBe(0o777 & ~process.umask());
    expect(await modeOf(join(folder, '.artemis-jobs'))).toBe(0o700);
  });
});
