import { randomUUID } from 'node:crypto';
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  lockDownloadsFolder,
  lockScratchFolder,
  ownerNow,
  type DownloadsLock,
} from '../../src/adapters/files/downloads-lock.ts';
import { FolderInUseError } from '../../src/adapters/files/folder-lock.ts';
import { createDiskWorkFolders } from '../../src/adapters/work-folders.disk.ts';
import { begunAt, DAY_MS, HOUR_MS } from '../../src/domain/passed-time.ts';
import type { WorkFolders } from '../../src/domain/ports.ts';
import { describeWorkFolders } from './work-folders.conformance.ts';

const MINUTE_MS = 60_000;

let home: string;
let root: string;
let passedMs: number;
let upMs: number;
let locks: DownloadsLock[];

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'artemis-work-')));
  root = join(home, 'downloads');
  passedMs = 1e9;
  upMs = 0;
  locks = [];
});
afterEach(async () => {
  for (const lock of locks) lock.release();
  await rm(home, { recursive: true, force: true });
});

const jobs = (...parts: string[]) => join(root, '.artemis-jobs', ...parts);

/** A start of the server of that data folder, after the one before has stopped. */
async function start(instance: string, isHistoryEmpty = false): Promise<WorkFolders> {
  for (const lock of locks) lock.release();
  upMs = 0;
  const lock = lockDownloadsFolder(root, instance);
  locks = [lock];
  return createDiskWorkFolders({
    downloadsDir: root,
    scratchDir: null,
    dataDir: join(home, instance),
    lock,
    isStoredInDownloads: true,
    readOutcome: () => Promise.resolve(null),
    isHistoryEmpty,
    passedTime: () => ({ ...begunAt(0), passedMs }),
    upMs: () => upMs,
  });
}

function pass(ms: number): void {
  passedMs += ms;
  upMs += ms;
}

/** By its dates it was left untouched for ages. */
async function makeOld(folders: WorkFolders, id = randomUUID()): Promise<string> {
  const folder = await folders.folder(id);
  await writeFile(join(folder, 'media.mp4.part'), 'half');
  await utimes(folder, 1, 1);
  return id;
}

for (const [name, isElsewhere] of [
  ['in the downloads folder', false],
  ['in a folder of their own', true],
] as const) {
  describeWorkFolders(name, () =>
    Promise.resolve({
      async open(readOutcome = () => null) {
        for (const lock of locks) lock.release();
        const scratchDir = isElsewhere ? join(home, 'scratch') : null;
        if (isElsewhere) await mkdir(join(home, 'scratch'), { recursive: true });
        const lock = isElsewhere
          ? lockScratchFolder(join(home, 'scratch'), 'one')
          : lockDownloadsFolder(root, 'one');
        locks = [lock];
        return createDiskWorkFolders({
          ...{ downloadsDir: root, dataDir: join(home, 'one'), scratchDir, lock },
          isStoredInDownloads: true,
          readOutcome: (folder) => Promise.resolve(readOutcome(folder)),
          isHistoryEmpty: false,
          passedTime: () => ({ ...begunAt(0), passedMs }),
        });
      },
      pass,
    }),
  );
}

describe('a scratch folder', () => {
  it('is named when it is missing or in use, and nothing is made in its place', async () => {
    const scratchDir = join(home, 'scratch');
    await mkdir(scratchDir);
    const lock = lockScratchFolder(scratchDir, 'one');
    locks = [lock];
    const folders = await createDiskWorkFolders({
      ...{ downloadsDir: root, dataDir: join(home, 'one'), scratchDir, lock },
      isStoredInDownloads: false,
      readOutcome: () => Promise.resolve(null),
      isHistoryEmpty: false,
      passedTime: () => ({ ...begunAt(0), passedMs }),
    });
    expect(await folders.health()).toBeNull();
    const other = { ...ownerNow('two'), pid: process.ppid, startTicks: null };
    expect(() => lockScratchFolder(scratchDir, 'two', other)).toThrow(
      /^The scratch folder is in use by another Artemis .* set SCRATCH_DIR/,
    );
    await rename(scratchDir, `${scratchDir}-away`);
    await mkdir(scratchDir);
    expect(await folders.health()).toMatchObject({
      state: 'fail',
      message: `The scratch folder ${scratchDir} is another one than at the start.`,
    });
    await expect(folders.folder(randomUUID())).rejects.toThrow('another one');
    expect(await folders.sweep(() => 0)).toBe(0);
    expect(await readdir(scratchDir)).toEqual([]);
  });
});

async function makeUnmarked(): Promise<string> {
  const id = randomUUID();
  await mkdir(jobs(id), { recursive: true });
  await utimes(jobs(id), 0, 0);
  return id;
}

const nobodyKnows = () => null;

const names = async () =>
  (await readdir(jobs())).filter((name) => !name.startsWith('.')).toSorted();

const isThere = (id: string) =>
  access(jobs(id)).then(
    () => true,
    () => false,
  );

describe('the clean-up of work folders', () => {
  it('judges each folder by its download at the moment of its turn', async () => {
    const folders = await start('one');
    const ids = { running: '', gone: '', fresh: randomUUID(), old: '', unknown: '' };
    ids.running = await makeOld(folders);
    ids.old = await makeOld(folders);
    ids.unknown = await makeOld(folders);
    ids.gone = await makeOld(folders);
    const keepMs = (id: string) =>
      id === ids.running ? Infinity : id === ids.unknown ? null : id === ids.gone ? 0 : HOUR_MS;
    expect(await folders.sweep(keepMs)).toBe(1);
    expect(await isThere(ids.gone)).toBe(false);
    pass(DAY_MS);
    await folders.folder(ids.fresh);
    expect(await folders.sweep(keepMs)).toBe(2);
    expect(await names()).toEqual([ids.running, ids.fresh].toSorted());
    expect((await readdir(jobs('.marks'))).toSorted()).toEqual([ids.running, ids.fresh].toSorted());
  });

  it('counts a day from the first clean-up that found a folder unchanged, across restarts, not from file dates', async () => {
    const first = await start('one');
    const id = await makeOld(first);
    expect(await first.sweep(() => HOUR_MS)).toBe(0);
    pass(HOUR_MS - 1);
    expect(await (await start('one')).sweep(() => HOUR_MS)).toBe(0);
    expect(await isThere(id)).toBe(true);
    pass(1);
    expect(await (await start('one')).sweep(() => HOUR_MS)).toBe(1);
  });

  it('starts counting again for folders that were used in between', async () => {
    const folders = await start('one');
    const [used, touched] = [await makeOld(folders), await makeOld(folders)];
    await folders.sweep(() => HOUR_MS);
    pass(HOUR_MS);
    await utimes(jobs(touched), 2, 2);
    expect(await folders.sweep((id) => (id === used ? Infinity : HOUR_MS))).toBe(0);
    expect(await folders.sweep(() => HOUR_MS)).toBe(0);
    expect(await names()).toEqual([used, touched].toSorted());
  });

  it('removes only work folders, no folders of the user, files or links', async () => {
    const folders = await start('one');
    const [file, link] = [randomUUID(), randomUUID()];
    await mkdir(jobs('photos'));
    await mkdir(join(root, 'albums'));
    await writeFile(jobs(file), 'a file');
    await symlink(join(root, 'albums'), jobs(link));
    for (const name of ['photos', file]) await utimes(jobs(name), 0, 0);
    for (let day = 0; day < 3; day += 1) {
      expect(await folders.sweep(nobodyKnows)).toBe(0);
      pass(30 * DAY_MS);
    }
    expect(await folders.sweep(() => 0)).toBe(0);
    expect(await names()).toEqual(['photos', file, link].toSorted());
    expect(await readdir(root)).toContain('albums');
  });

  it("keeps another instance's folder for a day, however old it is", async () => {
    const id = await makeOld(await start('one'));
    const unmarked = await makeUnmarked();
    const other = await start('two');
    expect(await other.sweep(nobodyKnows)).toBe(0);
    pass(10 * MINUTE_MS);
    expect(await other.sweep(nobodyKnows)).toBe(0);
    pass(DAY_MS - MINUTE_MS);
    expect(await other.sweep(nobodyKnows)).toBe(0);
    pass(2 * MINUTE_MS);
    expect(await other.sweep(nobodyKnows)).toBe(2);
    expect([await isThere(id), await isThere(unmarked)]).toEqual([false, false]);
  });

  it('counts that day across restarts of one owner, and again after a change of owner', async () => {
    await makeOld(await start('one'));
    await start('two');
    await (await start('two')).sweep(nobodyKnows);
    pass(DAY_MS / 2);
    await (await start('two')).sweep(nobodyKnows);
    pass(DAY_MS / 2 - MINUTE_MS);
    expect(await (await start('two')).sweep(nobodyKnows)).toBe(0);
    await start('three');
    expect(await (await start('three')).sweep(nobodyKnows)).toBe(0);
    pass(2 * MINUTE_MS);
    expect(await (await start('three')).sweep(nobodyKnows)).toBe(0);
    pass(DAY_MS);
    expect(await (await start('three')).sweep(nobodyKnows)).toBe(1);
  });

  it('counts that day again for an owner that comes back', async () => {
    const first = await start('one');
    const id = await makeOld(first);
    await first.sweep(nobodyKnows);
    await (await start('two')).sweep(nobodyKnows);
    pass(2 * DAY_MS);
    const back = await start('one');
    pass(11 * MINUTE_MS);
    expect(await back.sweep(nobodyKnows)).toBe(0);
    expect(await isThere(id)).toBe(true);
    pass(DAY_MS);
    expect(await back.sweep(nobodyKnows)).toBe(1);
  });

  it('counts that day again when the record of passed time is lost', async () => {
    await start('two');
    const id = await makeUnmarked();
    await (await start('two')).sweep(nobodyKnows);
    passedMs = 0;
    await start('two');
    const again = await start('two');
    for (const hours of [0, 23]) {
      pass(hours * HOUR_MS);
      expect(await again.sweep(nobodyKnows)).toBe(0);
    }
    expect(await isThere(id)).toBe(true);
    pass(HOUR_MS);
    expect(await again.sweep(nobodyKnows)).toBe(1);
  });

  it('removes no older folder in the first minutes of an empty history', async () => {
    const first = await start('one');
    const id = await makeOld(first);
    await first.sweep(nobodyKnows);
    const again = await start('one', true);
    passedMs += 400 * DAY_MS;
    upMs += 9 * MINUTE_MS;
    expect(await again.sweep(nobodyKnows)).toBe(0);
    upMs += 2 * MINUTE_MS;
    expect(await again.sweep(nobodyKnows)).toBe(0);
    expect(await isThere(id)).toBe(true);
    pass(DAY_MS);
    expect(await again.sweep(nobodyKnows)).toBe(1);
  });

  it('removes an unknown folder of this instance a day after it was last used', async () => {
    const folders = await start('one', true);
    const [old, fresh] = [await makeOld(folders), randomUUID()];
    expect(await folders.sweep(nobodyKnows)).toBe(0);
    pass(DAY_MS);
    await folders.folder(fresh);
    expect(await folders.sweep(nobodyKnows)).toBe(1);
    expect([await isThere(old), await isThere(fresh)]).toEqual([false, true]);
    pass(DAY_MS);
    expect(await folders.sweep(nobodyKnows)).toBe(1);
  });

  it('follows the history for folders it knows, whoever made them', async () => {
    const id = await makeOld(await start('one'));
    const unmarked = await makeUnmarked();
    const other = await start('two', true);
    expect(await other.sweep(() => Infinity)).toBe(0);
    expect(await readFile(join(await other.folder(id), 'media.mp4.part'), 'utf8')).toBe('half');
    await other.folder(unmarked);
    // They are its own from now on.
    expect(await other.sweep(nobodyKnows)).toBe(0);
    passedMs += DAY_MS;
    expect(await other.sweep(nobodyKnows)).toBe(2);
  });

  it('ignores what a download writes into its folder, and half-written marks', async () => {
    const folders = await start('one');
    const ours = await makeOld(folders);
    const mark = await readFile(jobs('.marks', ours), 'utf8');
    const unmarked = await makeUnmarked();
    await writeFile(jobs(unmarked, '.mark'), mark);
    const torn = await makeOld(folders);
    await writeFile(jobs('.marks', torn), mark.slice(0, 3));
    await folders.sweep(nobodyKnows);
    // Still in the first minutes, in which only its own are removed.
    passedMs += DAY_MS;
    expect(await folders.sweep(nobodyKnows)).toBe(1);
    expect(await names()).toEqual([unmarked, torn].toSorted());
  });

  it('removes nothing once another server has taken the folder', async () => {
    const folders = await start('one');
    const id = await makeUnmarked();
    await folders.sweep(() => HOUR_MS);
    pass(30 * DAY_MS);
    await rm(jobs('.lock'));
    const other = { ...ownerNow('two'), pid: process.ppid, startTicks: null };
    await writeFile(jobs('.lock'), JSON.stringify(other));
    await expect(folders.sweep(() => 0)).rejects.toThrow(FolderInUseError);
    await expect(folders.folder(randomUUID())).rejects.toThrow(FolderInUseError);
    expect(locks[0]?.state()).toBe('lost');
    expect(await isThere(id)).toBe(true);
  });
});
