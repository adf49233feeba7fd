import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  link,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact } from '@artemis/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDownloadsFolder } from '../../src/adapters/files/downloads-lock.ts';
import {
  createDiskFileStore,
  type DiskFileStore,
  type DiskFileStoreOptions,
} from '../../src/adapters/file-store.disk.ts';
import {
  openPublishedIndex,
  type PublishedFile,
} from '../../src/adapters/files/published-index.ts';
import { afterLook, begunAt, DAY_MS, HOUR_MS } from '../../src/domain/passed-time.ts';
import { createDiskWorkFolders } from '../../src/adapters/work-folders.disk.ts';
import {
  contentOf,
  describeFileStore,
  finish,
  type OpenedStore,
} from './file-store.conformance.ts';

let folder: string;
let nowMs: number;
let passedMs: number;
let opened: OpenedStore[];
let left: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-files-'));
  nowMs = Date.now();
  passedMs = 1e9;
  opened = [];
  left = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
  await rm(folder, { recursive: true, force: true });
});

const inDownloads = (...parts: string[]) => join(folder, 'downloads', ...parts);
const indexPath = () => join(folder, 'data', 'published-files.ndjson');

async function open(
  options: Partial<DiskFileStoreOptions> = {},
): Promise<DiskFileStore & OpenedStore> {
  const downloadsDir = options.downloadsDir ?? inDownloads();
  const common = {
    downloadsDir,
    dataDir: join(folder, 'data'),
    lock: lockDownloadsFolder(downloadsDir, 'one'),
    passedTime: () => ({ ...begunAt(0), passedMs }),
  };
  const workFolders = await createDiskWorkFolders({
    ...common,
    scratchDir: null,
    isStoredInDownloads: true,
    isHistoryEmpty: false,
    readOutcome: () => Promise.resolve(null),
  });
  const store = await createDiskFileStore({
    ...common,
    workHealth: workFolders.health,
    onLeft: (path) => left.push(path),
    nowMs: () => nowMs,
    ...options,
  });
  opened.push({ ...store, workFolders });
  return { ...store, workFolders };
}

const noLinks: DiskFileStoreOptions['link'] = () =>
  Promise.reject(Object.assign(new Error('no links here'), { code: 'EPERM' }));

/** As when the work folders are on another file system. */
const acrossFileSystems =
  <Result>(call: (from: string, to: string) => Promise<Result>) =>
  (from: string, to: string): Promise<Result> =>
    from.includes('.artemis-jobs')
      ? Promise.reject(Object.assign(new Error('other file system'), { code: 'EXDEV' }))
      : call(from, to);
const otherFileSystem = { link: acrossFileSystems(link), rename: acrossFileSystems(rename) };

for (const [name, options] of [
  ['disk', {}],
  ['disk without hard links', { link: noLinks }],
  ['disk, from work folders on another file system', otherFileSystem],
  [
    'disk without hard links, from another file system',
    { ...otherFileSystem, link: acrossFileSystems(noLinks) },
  ],
] as const) {
  describeFileStore(name, true, () =>
    Promise.resolve({
      open: () => open(options),
      setNow: (ms) => void (nowMs = ms),
      pass: (ms) => void (passedMs += ms),
    }),
  );
}

/** Two looks a day apart, for which every file is old. */
async function removeOld(store: OpenedStore): Promise<string[]> {
  await store.removeOlderThan(0);
  passedMs += DAY_MS;
  return [...(await store.removeOlderThan(0))];
}

async function publishOne(
  store: OpenedStore,
  content = 'media',
): Promise<{ id: string; artifact: Artifact; path: string }> {
  const id = randomUUID();
  const [artifact] = await store.publish(id, [await finish(store, id, content)], {
    directory: '',
    base: id,
  });
  if (!artifact) throw new Error('nothing was published');
  return { id, artifact, path: inDownloads(`${id}.mp4`) };
}

describe('a file that comes from another file system', () => {
  const hidden = async () =>
    (await readdir(inDownloads())).filter(
      (name) => name.startsWith('.artemis-') && name !== '.artemis-jobs',
    );

  it('is not seen before it is whole, and leaves no copy where it cannot be stored', async () => {
    let copies: string[] = [];
    const store = await open({
      ...otherFileSystem,
      link: acrossFileSystems(async (from, to) => {
        copies = await hidden();
        expect(await readFile(from, 'utf8')).toBe('media');
        if (to.endsWith('.vtt')) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        await link(from, to);
      }),
    });
    const id = randomUUID();
    const [media, words] = [
      await finish(store, id, 'media'),
      await finish(store, id, 'media', '.vtt'),
    ];
    const at = { directory: '', base: id };
    await expect(store.publish(id, [media, words], at)).rejects.toThrow('full');
    expect(copies).toHaveLength(1);
    expect((await readdir(inDownloads())).toSorted()).toEqual(
      ['.artemis-jobs', `${id}.mp4`].toSorted(),
    );
    await expect(stat(media.path)).rejects.toThrow('ENOENT');
    expect(await readFile(words.path, 'utf8')).toBe('media');
  });

  it('is removed at the next start when a kill has cut it off, and nothing else is', async () => {
    await mkdir(join(folder, 'data'));
    await mkdir(inDownloads('a'), { recursive: true });
    const index = await openPublishedIndex(indexPath());
    await index.expect('a/.artemis-1.part');
    await index.close();
    for (const name of ['1', '2']) await writeFile(inDownloads('a', `.artemis-${name}.part`), 'ha');
    await (await open()).close();
    expect(await readdir(inDownloads('a'))).toEqual(['.artemis-2.part']);
    expect(await (await open()).usage()).toEqual({ files: 0, usedBytes: 0 });
    expect(await readFile(indexPath(), 'utf8')).toBe('');
  });
});

describe('a stored file that somebody else replaced', () => {
  it.each([
    [
      'by one of the same size',
      (path: string) => writeFile(`${path}.new`, 'other').then(() => rename(`${path}.new`, path)),
    ],
    [
      'by a link to another file',
      async (path: string) => {
        await writeFile(join(folder, 'secret'), 'other');
        await unlink(path);
        await symlink(join(folder, 'secret'), path);
      },
    ],
    [
      'by a hard link to another file',
      async (path: string) => {
        await writeFile(join(folder, 'secret'), 'other');
        await unlink(path);
        await link(join(folder, 'secret'), path);
      },
    ],
    [
      'by a folder',
      async (path: string) => {
        await unlink(path);
        await mkdir(path);
      },
    ],
    [
      'by a pipe',
      async (path: string) => {
        await unlink(path);
        execFileSync('mkfifo', [path]);
      },
    ],
  ])('is neither served nor deleted: %s', async (_how, replace) => {
    const store = await open();
    const { artifact, path } = await publishOne(store);
    await replace(path);
    const before = await stat(path);
    expect(await store.open(artifact)).toBeNull();
    await store.remove([artifact]);
    await removeOld(store);
    expect((await stat(path)).ino).toBe(before.ino);
    expect(left).toEqual([artifact.storage_path]);
    expect(await store.copyTo(artifact, folder)).toBeNull();
    const id = randomUUID();
    const beside = await store.replace(id, artifact, await finish(store, id, 'new'));
    expect(beside.storage_path).not.toBe(artifact.storage_path);
    expect(await contentOf(store, beside)).toBe('new');
    expect((await stat(path)).ino).toBe(before.ino);
  });

  it('is served while it is replaced, wherever the replacement was interrupted', async () => {
    const store = await open();
    const { id, artifact, path } = await publishOne(store);
    const file = await finish(store, id, 'a longer one');
    const { ino, size } = await stat(path);
    await store.close();
    const indexFile = join(folder, 'data', 'published-files.ndjson');
    const line = JSON.parse(await readFile(indexFile, 'utf8')) as Record<string, unknown>;
    const next = await stat(file.path);
    const change = { ...line, inode: next.ino, sizeBytes: next.size };
    const replaces = { inode: ino, sizeBytes: size };
    await writeFile(indexFile, `${JSON.stringify({ ...change, replaces })}\n`);
    const again = await open();
    expect(await contentOf(again, artifact)).toBe('media');
    expect(await contentOf(again, await again.replace(id, artifact, file))).toBe('a longer one');
  });
});

describe('stored files whose folder was moved', () => {
  const copy = () => join(folder, 'copy');
  const openCopy = () => open({ downloadsDir: copy() });
  const copyAll = (...flags: string[]) => execFileSync('cp', [...flags, inDownloads(), copy()]);
  const lineOf = async (path: string) =>
    JSON.parse((await readFile(path, 'utf8')).trim().split('\n').at(-1) ?? '') as {
      inode: number;
      sample?: string;
    };
  const large = 'x'.repeat(200_000);

  it.each([
    ['with their times', ['-a'], 'media'],
    ['without their times', ['-r'], 'media'],
    ['when they are large', ['-a'], large],
  ])('are served and deleted %s', async (_how, flags, content) => {
    const store = await open();
    const { artifact } = await publishOne(store, content);
    await store.close();
    copyAll(...flags);
    const moved = await openCopy();
    expect(await contentOf(moved, artifact)).toBe(content);
    // Known by the inode from now on.
    const path = join(copy(), artifact.name);
    expect((await lineOf(indexPath())).inode).toBe((await stat(path)).ino);
    expect(await moved.copyTo(artifact, folder)).not.toBeNull();
    await moved.remove([artifact]);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect(left).toEqual([]);
    expect(await readFile(inDownloads(artifact.name), 'utf8')).toBe(content);
  });

  it('are deleted by retention and replaced by a later run although nobody read them since', async () => {
    const store = await open();
    const [first, second] = [await publishOne(store), await publishOne(store)];
    await store.close();
    copyAll('-a');
    const moved = await openCopy();
    const file = await finish(moved, second.id, 'with subtitles');
    const replaced = await moved.replace(second.id, second.artifact, file);
    expect(replaced.storage_path).toBe(second.artifact.storage_path);
    expect((await removeOld(moved)).toSorted()).toEqual([first.id, second.id].toSorted());
    await expect(stat(join(copy(), first.artifact.name))).rejects.toThrow('ENOENT');
  });

  it('are left and reported when somebody has edited them, in place or not', async () => {
    const store = await open();
    const [head, tail, short] = [
      await publishOne(store, large),
      await publishOne(store, large),
      await publishOne(store),
    ];
    const edit = async (path: string, position: number) => {
      const file = await openFile(path, 'r+');
      await file.write('edited', position);
      await file.close();
      await utimes(path, 1, 1);
    };
    await edit(head.path, 0);
    await edit(tail.path, large.length - 6);
    await writeFile(short.path, 'a longer text');
    const artifacts = [head, tail, short].map(({ artifact }) => artifact);
    for (const artifact of artifacts) expect(await store.open(artifact)).toBeNull();
    await store.remove(artifacts);
    expect(left.toSorted()).toEqual(artifacts.map(({ storage_path: path }) => path).toSorted());
    for (const { path } of [head, tail, short]) expect((await stat(path)).isFile()).toBe(true);
    expect(await store.usage()).toMatchObject({ files: 0 });
  });

  it('are recognised when only their time has changed', async () => {
    const store = await open();
    const { artifact, path } = await publishOne(store);
    await utimes(path, 1, 1);
    expect(await contentOf(store, artifact)).toBe('media');
    await store.remove([artifact]);
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('are recognised after a check when an older version stored them', async () => {
    const store = await open();
    const { artifact } = await publishOne(store);
    const edited = await publishOne(store);
    await store.close();
    const lines = (await readFile(indexPath(), 'utf8')).trim().split('\n');
    const old = lines.map((line) => {
      const {
        modifiedMs: _modifiedMs,
        sample: _sample,
        ...rest
      } = JSON.parse(line) as {
        modifiedMs: number;
        sample: string;
      };
      return `${JSON.stringify(rest)}\n`;
    });
    await writeFile(indexPath(), old.join(''));
    await unlink(edited.path);
    const updated = await open();
    expect(await contentOf(updated, artifact)).toBe('media');
    expect((await lineOf(indexPath())).sample).toBeUndefined();
    await updated.learnOldFiles();
    await updated.close();
    copyAll('-a');
    const moved = await openCopy();
    expect(await contentOf(moved, artifact)).toBe('media');
    expect(await moved.open(edited.artifact)).toBeNull();
  });

  it('are not deleted when the index is gone, and this is reported', async () => {
    const store = await open();
    const { artifact, path } = await publishOne(store);
    await store.close();
    await unlink(indexPath());
    const again = await open();
    await again.remove([artifact, { ...artifact, storage_path: 'downloads/gone.mp4' }]);
    expect(left).toEqual([artifact.storage_path]);
    expect((await stat(path)).isFile()).toBe(true);
  });
});

describe('retention', () => {
  it('continues with other files when one cannot be deleted, and tries that one again', async () => {
    const failing = new Set<string>();
    const store = await open({
      unlink: (path) => (failing.has(path) ? Promise.reject(new Error('EACCES')) : unlink(path)),
    });
    const [first, second] = [await publishOne(store), await publishOne(store)];
    failing.add(first.path);
    expect(await removeOld(store)).toEqual([second.id]);
    expect(await contentOf(store, first.artifact)).toBe('media');
    failing.clear();
    expect([...(await store.removeOlderThan(0))]).toEqual([first.id]);
    expect(await readdir(inDownloads())).toEqual(['.artemis-jobs']);
  });

  it("keeps a folder that holds somebody else's files", async () => {
    const store = await open();
    const id = randomUUID();
    await store.publish(id, [await finish(store, id, 'x')], { directory: 'mine', base: id });
    await writeFile(inDownloads('mine', 'theirs.txt'), 'x');
    await removeOld(store);
    expect(await readdir(inDownloads('mine'))).toEqual(['theirs.txt']);
  });

  it("counts the age of a file from its first check, for an older version's file or after the data folder was lost", async () => {
    const first = await open();
    const { id, artifact } = await publishOne(first);
    await first.close();
    const { age, ...earlier } = JSON.parse(await readFile(indexPath(), 'utf8')) as PublishedFile;
    expect(age).toEqual({ storedAtMs: passedMs });
    for (const line of [
      earlier,
      { ...earlier, age: { storedAtMs: 'long ago' } },
      { ...earlier, age: { storedAtMs: 9e9, dueAtMs: 0 } },
    ]) {
      await writeFile(indexPath(), `${JSON.stringify({ ...line, publishedAtMs: 0 })}\n`);
      passedMs = 2 * DAY_MS;
      const store = await open();
      expect(await removeOld(store)).toEqual([]);
      expect(await contentOf(store, artifact)).toBe('media');
      await store.close();
    }
    const store = await open();
    passedMs += DAY_MS;
    expect([...(await store.removeOlderThan(DAY_MS))]).toEqual([id]);
  });

  it('does not count a confirmed clock jump for a file stored after it', async () => {
    const start = begunAt(0);
    let time = afterLook(start, 0, 6 * DAY_MS);
    const store = await open({ passedTime: () => time });
    const { artifact } = await publishOne(store);
    for (let hour = 1; hour <= 24; hour += 1) {
      time = afterLook(time, HOUR_MS, 6 * DAY_MS + hour * HOUR_MS);
    }
    expect(time).toMatchObject({ passedMs: 7 * DAY_MS, doubt: null });
    expect(store.ageMs(artifact)).toBe(DAY_MS);
  });

  it('keeps a file that replaced another in the moment it was marked', async () => {
    const store = await open();
    const { id, artifact } = await publishOne(store);
    const file = await finish(store, id, 'a longer one');
    const [, replaced] = await Promise.all([
      store.removeOlderThan(0),
      store.replace(id, artifact, file),
      store.removeOlderThan(0),
    ]);
    await store.close();
    expect(await contentOf(await open(), replaced)).toBe('a longer one');
  });
});

describe('a publication interrupted by a crash is completed', () => {
  const size = 5;

  async function crashed(
    prepare: (
      job: string,
      target: string,
      index: (inode: number) => Promise<void>,
    ) => Promise<void>,
    options: Partial<DiskFileStoreOptions> = {},
  ) {
    const first = await open(options);
    const id = randomUUID();
    const file = await finish(first, id, 'media');
    await first.close();
    const target = inDownloads(`${id}.mp4`);
    await prepare(file.path, target, async (inode) => {
      const index = await openPublishedIndex(indexPath());
      await index.add({
        path: `${id}.mp4`,
        downloadId: id,
        suffix: '.mp4',
        inode,
        sizeBytes: size,
        publishedAtMs: nowMs,
      });
      await index.close();
    });
    const store = await open(options);
    const [artifact] = await store.publish(id, [file], { directory: '', base: id });
    expect(artifact?.storage_path).toBe(`downloads/${id}.mp4`);
    expect(await contentOf(store, artifact)).toBe('media');
    expect(await store.usage()).toMatchObject({ files: 1, usedBytes: size });
    expect((await readdir(inDownloads())).toSorted()).toEqual(
      ['.artemis-jobs', `${id}.mp4`].toSorted(),
    );
    expect((await stat(target)).mode & 0o777).toBe(0o666 & ~process.umask());
    await expect(stat(file.path)).rejects.toThrow('ENOENT');
  }

  const inodeOf = async (path: string) => (await stat(path)).ino;

  it('after the line in the index', () =>
    crashed(async (job, _target, index) => index(await inodeOf(job))));

  it('after the second name', () =>
    crashed(async (job, target, index) => {
      await index(await inodeOf(job));
      await link(job, target);
    }));

  it('after the first name was removed', () =>
    crashed(async (job, target, index) => {
      await index(await inodeOf(job));
      await rename(job, target);
    }));

  it('without hard links, after the name was claimed', () =>
    crashed(
      async (job, target, index) => {
        await index(await inodeOf(job));
        await writeFile(target, '');
      },
      { link: noLinks },
    ));
});

describe('links that an attacker planted', () => {
  it('in the downloads folder cannot make it create or publish anything outside', async () => {
    const outside = join(folder, 'outside');
    await mkdir(outside);
    const store = await open();
    await symlink(outside, inDownloads('link'));
    const id = randomUUID();
    for (const directory of ['link', 'link/deeper']) {
      const file = await finish(store, id, 'x');
      await expect(store.publish(id, [file], { directory, base: id })).rejects.toThrow();
    }
    expect(await readdir(outside)).toEqual([]);
  });

  it('in place of a work folder are refused', async () => {
    const store = await open();
    const id = randomUUID();
    await mkdir(inDownloads('.artemis-jobs'), { recursive: true });
    await mkdir(inDownloads('precious'));
    await symlink(inDownloads('precious'), inDownloads('.artemis-jobs', id));
    await expect(store.workFolders.folder(id)).rejects.toThrow();
    await store.workFolders.remove(id);
    expect(await readdir(inDownloads())).toContain('precious');
  });

  it('in place of the folder of all work folders cannot make it clean up outside', async () => {
    const precious = join(folder, 'precious');
    await mkdir(join(precious, 'photos'), { recursive: true });
    const known = randomUUID();
    await mkdir(join(precious, known));
    await mkdir(inDownloads());
    await symlink(precious, inDownloads('.artemis-jobs'));
    const store = await open();
    await store.workFolders.sweep(() => 0);
    await store.workFolders.remove(known).catch(() => undefined);
    await expect(store.workFolders.folder(randomUUID())).rejects.toThrow();
    expect((await readdir(precious)).toSorted()).toEqual([known, 'photos'].toSorted());
    expect(await store.health()).toMatchObject({
      state: 'warn',
      message: expect.stringMatching(/cannot be locked/) as string,
    });
  });

  it('in place of a verified file are not published', async () => {
    const store = await open();
    const id = randomUUID();
    const file = await finish(store, id, 'x');
    await unlink(file.path);
    await symlink('/etc/hostname', file.path);
    await expect(store.publish(id, [file], { directory: '', base: id })).rejects.toThrow();
  });
});

describe('the index of published files', () => {
  const entry = (path: string) => ({
    path,
    downloadId: 'd',
    suffix: '.mp4',
    inode: 1,
    sizeBytes: 2,
    publishedAtMs: 3,
  });

  it('skips a torn last line and invalid lines', async () => {
    await mkdir(join(folder, 'data'));
    const lines = [
      entry('a'),
      null,
      7,
      { path: 'x' },
      { ...entry('b'), sizeBytes: 'big' },
      { removed: 4 },
      entry('c'),
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFile(indexPath(), `${text}{"path":"d","downlo`);
    const index = await openPublishedIndex(indexPath());
    expect([...index.all()].map(({ path }) => path)).toEqual(['a', 'c']);
    expect(index.totalBytes()).toBe(4);
    await index.add(entry('e'));
    await index.remove(['a']);
    await index.close();
    const again = await openPublishedIndex(indexPath());
    expect([...again.all()].map(({ path }) => path)).toEqual(['c', 'e']);
    await again.close();
  });

  it('is not emptied when it cannot be read', async () => {
    await mkdir(indexPath(), { recursive: true });
    await expect(openPublishedIndex(indexPath())).rejects.toThrow('EISDIR');
  });

  it('records the next file after a full disk truncated a line', async () => {
    const index = await openPublishedIndex(indexPath(), {
      append: async (file, content) => {
        if (!content.includes('"b"')) return file.appendFile(content);
        await file.appendFile(content.slice(0, 9));
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      },
    });
    await index.add(entry('a'));
    await expect(index.add(entry('b'))).rejects.toThrow('full');
    await index.add(entry('c'));
    await index.close();
    expect(await readFile(indexPath(), 'utf8')).toContain('"c"');
    const again = await openPublishedIndex(indexPath());
    expect([...again.all()].map(({ path }) => path)).toEqual(['a', 'c']);
    await again.close();
  });
});

describe('a disk that is unmounted while the server runs', () => {
  const away = (name: string) => join(folder, `${name}-of-another-disk`);

  /** As when a disk is no longer mounted: an empty folder lies in its place. */
  async function unmount(name: 'downloads' | 'data'): Promise<void> {
    await rename(join(folder, name), away(name));
    await mkdir(join(folder, name));
  }

  async function mountAgain(name: 'downloads' | 'data'): Promise<void> {
    await rm(join(folder, name), { recursive: true });
    await rename(away(name), join(folder, name));
  }

  async function publishOne(store: OpenedStore): Promise<readonly Artifact[]> {
    const id = randomUUID();
    const file = await finish(store, id, 'content');
    return store.publish(id, [file], { directory: '', base: id });
  }

  it.each(['downloads', 'data'] as const)(
    'with the %s folder is reported, nothing is created or forgotten, and it works again when it is back',
    async (name) => {
      const store = await open();
      const artifacts = await publishOne(store);
      const id = randomUUID();
      const file = await finish(store, id, 'more');
      expect(await store.health()).toMatchObject({ state: 'ok' });
      await unmount(name);
      expect(await store.health()).toMatchObject({
        state: 'fail',
        message: `The ${name} folder ${join(folder, name)} is another one than at the start.`,
        values: { folder: name, path: join(folder, name) },
        remedy: expect.stringContaining('Mount its disk again') as string,
      });
      await expect(store.workFolders.folder(randomUUID())).rejects.toThrow();
      await expect(store.publish(id, [file], { directory: 'a', base: 'b' })).rejects.toThrow();
      await expect(store.remove(artifacts)).rejects.toThrow();
      await expect(store.removeOlderThan(0)).rejects.toThrow();
      if (name === 'downloads') {
        await store.workFolders.remove(id);
        await store.workFolders.sweep(() => 0);
      }
      expect(await readdir(join(folder, name))).toEqual([]);
      await mountAgain(name);
      expect(await store.health()).toMatchObject({ state: 'ok' });
      const [opened] = await Promise.all(artifacts.map((artifact) => store.open(artifact)));
      await opened?.close();
      expect(opened).not.toBeNull();
      expect(await store.publish(id, [file], { directory: '', base: 'b' })).toHaveLength(1);
    },
  );

  it('is reported as missing when even its parent folder is gone', async () => {
    const store = await open();
    await rename(inDownloads(), away('downloads'));
    expect((await store.health()).message).toContain('is missing');
    await rename(away('downloads'), inDownloads());
    expect((await store.health()).state).toBe('ok');
  });

  it('leaves no trace of the check behind', async () => {
    const store = await open();
    await store.health();
    expect(await readdir(join(folder, 'data'))).toEqual(['published-files.ndjson']);
  });

  it('gets its index written through a new file handle', async () => {
    const handles = new Set<unknown>();
    const index = await openPublishedIndex(indexPath(), {
      append: async (file, content) => {
        handles.add(file);
        if (handles.size === 1) throw Object.assign(new Error('gone'), { code: 'EIO' });
        await file.appendFile(content);
      },
    });
    const file = {
      path: 'a.mp4',
      downloadId: 'a',
      suffix: '.mp4',
      inode: 1,
      sizeBytes: 1,
      publishedAtMs: 1,
    };
    await expect(index.add(file)).rejects.toThrow('gone');
    await index.add(file);
    await index.close();
    const again = await openPublishedIndex(indexPath());
    expect(again.get('a.mp4')).toEqual(file);
    await again.close();
  });
});
