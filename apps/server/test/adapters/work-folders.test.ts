import { randomUUID } from 'node:crypto';
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
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
  ownerNow,
  type DownloadsLock,
} from '../../src/adapters/downloads-lock.ts';
import { FolderInUseError } from '../../src/adapters/folder-lock.ts';
import { openWorkFolders, type WorkFolders } from '../../src/adapters/work-folders.ts';

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;

let root: string;
let nowMs: number;
let upMs: number;
let locks: DownloadsLock[];

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'artemis-work-')));
  nowMs = Date.now();
  upMs = 0;
  locks = [];
});
afterEach(async () => {
  for (const lock of locks) lock.release();
  await rm(root, { recursive: true, force: true });
});

const jobs = (...parts: string[]) => join(root, '.artemis-jobs', ...parts);

/** A start of the server of that data folder, after the one before has stopped. */
async function start(instance: string, isHistoryEmpty = false): Promise<WorkFolders> {
  for (const lock of locks) lock.release();
  upMs = 0;
  const lock = lockDownloadsFolder(root, instance);
  locks = [lock];
  return openWorkFolders({
    root,
    lock,
    isHistoryEmpty,
    nowMs: () => nowMs,
    upMs: () => upMs,
  });
}

function pass(ms: number): void {
  nowMs += ms;
  upMs += ms;
}

/** One that was left untouched for weeks. */
async function makeOld(folders: WorkFolders, id = randomUUID()): Promise<string> {
  const folder = await folders.open(id);
  await writeFile(join(folder, 'media.mp4.part'), 'half');
  await utimes(folder, new Date(nowMs - 30 * DAY_MS), new Date(nowMs - 30 * DAY_MS));
  return id;
}

async function makeUnmarked(): Promise<string> {
  const id = randomUUID();
  await mkdir(jobs(id), { recursive: true });
  await utimes(jobs(id), 0, 0);
  return id;
}

const nobodyKnows = () => null;

const isThere = (id: string) =>
  access(jobs(id)).then(
    () => true,
    () => false,
  );

describe('a sweep of work folders', () => {
  it('goes by what is known of their download when its turn comes', async () => {
    const folders = await start('one');
    const ids = { running: '', fresh: randomUUID(), old: '', unknown: '' };
    ids.running = await makeOld(folders);
    ids.old = await makeOld(folders);
    ids.unknown = await makeOld(folders);
    await folders.open(ids.fresh);
    const removed = await folders.sweep((id) =>
      id === ids.running ? Infinity : id === ids.unknown ? null : 3_600_000,
    );
    expect(removed).toBe(2);
    expect((await readdir(jobs())).filter((name) => !name.startsWith('.')).toSorted()).toEqual(
      [ids.running, ids.fresh].toSorted(),
    );
    expect((await readdir(jobs('.marks'))).toSorted()).toEqual([ids.running, ids.fresh].toSorted());
  });

  it('removes nothing that is not a work folder: folders of the user, files, links', async () => {
    const folders = await start('one');
    const [file, link] = [randomUUID(), randomUUID()];
    await mkdir(jobs('photos'));
    await mkdir(join(root, 'albums'));
    await writeFile(jobs(file), 'a file');
    await symlink(join(root, 'albums'), jobs(link));
    for (const name of ['photos', file]) await utimes(jobs(name), 0, 0);
    nowMs += 30 * DAY_MS;
    upMs += 30 * DAY_MS;
    expect(await folders.sweep(nobodyKnows)).toBe(0);
    expect(await folders.sweep(() => 0)).toBe(0);
    expect((await readdir(jobs())).filter((name) => !name.startsWith('.')).toSorted()).toEqual(
      ['photos', file, link].toSorted(),
    );
    expect(await readdir(root)).toContain('albums');
  });

  it('leaves what another instance made for a day, however old it is', async () => {
    const id = await makeOld(await start('one'));
    const unmarked = await makeUnmarked();
    const other = await start('two');
    expect(await other.sweep(nobodyKnows)).toBe(0);
    pass(DAY_MS - MINUTE_MS);
    expect(await other.sweep(nobodyKnows)).toBe(0);
    pass(2 * MINUTE_MS);
    expect(await other.sweep(nobodyKnows)).toBe(2);
    expect([await isThere(id), await isThere(unmarked)]).toEqual([false, false]);
  });

  it('counts that day over the restarts of one owner, and anew after a change', async () => {
    await makeOld(await start('one'));
    await (await start('two')).sweep(nobodyKnows);
    pass(DAY_MS / 2);
    await (await start('two')).sweep(nobodyKnows);
    pass(DAY_MS / 2 - MINUTE_MS);
    expect(await (await start('two')).sweep(nobodyKnows)).toBe(0);
    expect(await (await start('three')).sweep(nobodyKnows)).toBe(0);
    pass(2 * MINUTE_MS);
    expect(await (await start('three')).sweep(nobodyKnows)).toBe(0);
    pass(DAY_MS);
    expect(await (await start('three')).sweep(nobodyKnows)).toBe(1);
  });

  it('removes nothing of before in the first minutes of an empty history, whatever the clock says', async () => {
    const first = await start('one');
    const id = await makeOld(first);
    const again = await start('one', true);
    nowMs += 400 * DAY_MS;
    upMs += 9 * MINUTE_MS;
    expect(await again.sweep(nobodyKnows)).toBe(0);
    expect(await isThere(id)).toBe(true);
    upMs += 2 * MINUTE_MS;
    expect(await again.sweep(nobodyKnows)).toBe(1);
  });

  it('removes what this instance made since its history began a day after it was last used', async () => {
    const folders = await start('one', true);
    const [old, fresh] = [await makeOld(folders), randomUUID()];
    await folders.open(fresh);
    expect(await folders.sweep(nobodyKnows)).toBe(1);
    expect([await isThere(old), await isThere(fresh)]).toEqual([false, true]);
    pass(DAY_MS + MINUTE_MS);
    expect(await folders.sweep(nobodyKnows)).toBe(1);
  });

  it('goes by the history where that knows a folder, whoever made it', async () => {
    const id = await makeOld(await start('one'));
    const unmarked = await makeUnmarked();
    const other = await start('two', true);
    expect(await other.sweep(() => Infinity)).toBe(0);
    expect(await readFile(join(await other.open(id), 'media.mp4.part'), 'utf8')).toBe('half');
    await other.open(unmarked);
    // They are its own from now on.
    expect(await other.sweep(nobodyKnows)).toBe(2);
  });

  it('does not believe what a job writes into its folder, or a mark that is half written', async () => {
    const folders = await start('one');
    const mark = await readFile(jobs('.marks', await makeOld(folders)), 'utf8');
    const unmarked = await makeUnmarked();
    await writeFile(jobs(unmarked, '.mark'), mark);
    const torn = await makeOld(folders);
    await writeFile(jobs('.marks', torn), mark.slice(0, 3));
    await folders.sweep(nobodyKnows);
    expect([await isThere(unmarked), await isThere(torn)]).toEqual([true, true]);
  });

  it('removes nothing once another server has taken the folder', async () => {
    const folders = await start('one');
    const id = await makeUnmarked();
    pass(30 * DAY_MS);
    await rm(jobs('.lock'));
    const other = { ...ownerNow('two'), pid: process.ppid, startTicks: null };
    await writeFile(jobs('.lock'), JSON.stringify(other));
    await expect(folders.sweep(() => 0)).rejects.toThrow(FolderInUseError);
    await expect(folders.open(randomUUID())).rejects.toThrow(FolderInUseError);
    expect(locks[0]?.state()).toBe('lost');
    expect(await isThere(id)).toBe(true);
  });
});
