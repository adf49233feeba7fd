import { mkdtemp, readdir, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemCalls, type FileCalls } from '../../src/adapters/files/durable-file.ts';
import { createJsonFileHistory } from '../../src/adapters/history.json-file.ts';
import { NewerHistoryError, parseHistory } from '../../src/adapters/history/document.ts';
import { runsOf, seedOf } from '../long-run.ts';
import { describeHistory, record } from './history.conformance.ts';

const RUNS = runsOf('ARTEMIS_HISTORY_MUTATIONS', 150);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-history-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const pathOf = () => join(folder, 'downloads-history.json');

interface Opened {
  readonly calls?: FileCalls;
  readonly smallBytes?: number;
}

function open(options: Opened = {}) {
  return createJsonFileHistory({
    path: pathOf(),
    dataDir: join(folder, 'data'),
    logger: silent,
    ...options,
  });
}

/** Counts what becomes durable of the history, without its copy, and lets the next write fail half-way. */
function watchedCalls() {
  let writes = 0;
  let failure: Error | null = null;
  let writesToPass = 0;
  const paths = new WeakMap<FileHandle, string>();
  const isOfHistory = (file: FileHandle) =>
    /downloads-history|history-archive/.test(paths.get(file) ?? '');
  const calls: FileCalls = {
    ...systemCalls,
    async open(path, flags, mode) {
      const file = await systemCalls.open(path, flags, mode);
      paths.set(file, path);
      return file;
    },
    async write(file, content) {
      const error = failure;
      if (!error || !isOfHistory(file)) return systemCalls.write(file, content);
      writesToPass -= 1;
      if (writesToPass > 0) return systemCalls.write(file, content);
      failure = null;
      await systemCalls.write(file, content.slice(0, content.length / 2));
      throw error;
    },
    sync(file) {
      if (isOfHistory(file)) writes += 1;
      return systemCalls.sync(file);
    },
  };
  return {
    calls,
    writes: () => writes,
    failNextWrite(error: Error, which = 1) {
      failure = error;
      writesToPass = which;
    },
  };
}

describe.each([
  ['a small file', 256 * 1024],
  // Every record makes it larger than that.
  ['a large file and its journal', 0],
])('%s', (name, smallBytes) => {
  describeHistory(name, () => {
    const { calls, ...watched } = watchedCalls();
    return Promise.resolve({
      open: () => Promise.resolve(open({ calls, smallBytes })),
      ...watched,
    });
  });
});

const setAside = async () =>
  (await readdir(folder)).filter((name) => /^downloads-history\.corrupt-.+\.json$/.test(name));

describe('a damaged history file', () => {
  async function withThreeRecords() {
    const store = open();
    await store.load();
    const records = [record(), record({ status: 'paused' }), record({ tags: ['ü'] })];
    await store.save({ put: records });
    // The copy of the last good state is written now.
    await store.close();
    return { text: await readFile(pathOf()), ids: records.map(({ id }) => id).toReversed() };
  }

  it('is set aside wherever it was truncated, and the last good copy is read', async () => {
    const { text, ids } = await withThreeRecords();
    const backup = await readFile(join(folder, 'data', 'history-backup.json'));
    // The very last byte is a line end, without which it is whole.
    for (let length = 0; length < text.length - 1; length += 1) {
      expect(() => parseHistory(text.subarray(0, length).toString())).toThrow();
      if (length % 97 !== 0) continue;
      await writeFile(pathOf(), text.subarray(0, length));
      await writeFile(join(folder, 'data', 'history-backup.json'), backup);
      const store = open();
      expect((await store.load()).downloads.map(({ id }) => id)).toEqual(ids);
      expect(store.health()).toMatchObject({ state: 'warn' });
      await store.close();
      const [aside = ''] = await setAside();
      expect(await readFile(join(folder, aside))).toEqual(text.subarray(0, length));
      await rm(join(folder, aside));
      const next = open();
      expect((await next.load()).downloads.map(({ id }) => id)).toEqual(ids);
      expect(next.health().state).toBe('ok');
      await next.close();
    }
  });

  it('never prevents a start and is never lost, whatever was changed in it', async () => {
    const { text } = await withThreeRecords();
    const mutation = fc.record({
      at: fc.nat(text.length - 1),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 0, maxLength: 4 }),
        fc
          .constantFrom('"', '{', ']', 'e999', '-', '9'.repeat(20), 'null', '\0', '\\u0000')
          .map((s) => Buffer.from(s)),
      ),
      drop: fc.nat(6),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let damaged = text;
        for (const { at, bytes, drop } of mutations) {
          damaged = Buffer.concat([damaged.subarray(0, at), bytes, damaged.subarray(at + drop)]);
        }
        await writeFile(pathOf(), damaged);
        const store = open();
        const content = await store.load().catch((error: unknown) => {
          // A changed version number looks like a newer Artemis: refused, and left as it is.
          expect(error).toBeInstanceOf(NewerHistoryError);
          return null;
        });
        if (content === null) {
          expect(await readFile(pathOf())).toEqual(damaged);
          return;
        }
        const isWarned = store.health().state === 'warn';
        await store.close();
        const aside = await setAside();
        expect(aside.length > 0).toBe(isWarned);
        for (const name of aside) {
          expect(await readFile(join(folder, name))).toEqual(damaged);
          await rm(join(folder, name));
        }
        // What was written now can be read again, whole.
        const next = open();
        expect((await next.load()).downloads).toEqual(content.downloads);
        expect(next.health().state).toBe('ok');
        await next.close();
      }),
      {
        numRuns: RUNS,
        ...seedOf(),
        examples: [[[{ at: text.indexOf('"seq":') + 7, bytes: Buffer.from('e999'), drop: 0 }]]],
      },
    );
  });

  it('is kept each time, also twice in the same moment', async () => {
    const now = () => new Date(1.7e12);
    for (const content of ['first', 'second']) {
      await writeFile(pathOf(), content);
      const store = createJsonFileHistory({
        path: pathOf(),
        dataDir: join(folder, 'data'),
        logger: silent,
        now,
      });
      await store.load();
      await store.close();
    }
    const contents = await Promise.all(
      (await setAside()).map((name) => readFile(join(folder, name), 'utf8')),
    );
    expect(contents.toSorted()).toEqual(['first', 'second']);
  });

  it('gives back its valid records when a single one cannot be read', async () => {
    const [good, bad] = [record(), record()];
    await writeFile(
      pathOf(),
      JSON.stringify({ version: 1, seq: 4, downloads: [good, { ...bad, status: 'odd' }, 7] }),
    );
    const store = open();
    expect((await store.load()).downloads).toEqual([good]);
    expect(store.health()).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('2 entries') as string,
    });
    await store.close();
    expect(await setAside()).toHaveLength(1);
  });
});

describe('other shapes of the file', () => {
  it('are read: a bare array with missing fields', async () => {
    const { id, url } = record();
    await writeFile(
      pathOf(),
      JSON.stringify([{ id, url, status: 'completed', title: 'old', more: 1 }]),
    );
    const store = open();
    const { downloads } = await store.load();
    expect(downloads).toEqual([
      expect.objectContaining({
        id,
        url,
        title: 'old',
        status: 'completed',
        progress: 100,
        tags: [],
        priority: 3,
      }),
    ]);
    await store.close();
    expect(JSON.parse(await readFile(pathOf(), 'utf8'))).toMatchObject({ version: 1 });
    expect(await setAside()).toEqual([]);
  });

  it('are read: records without id get a lasting one', async () => {
    const { url } = record();
    await writeFile(pathOf(), JSON.stringify([{ url }, { url, status: 'queued' }]));
    const first = open();
    const { downloads } = await first.load();
    expect(downloads.map(({ status }) => status)).toEqual(['completed', 'queued']);
    await first.close();
    const second = open();
    expect((await second.load()).downloads).toEqual(downloads);
    expect(second.health().state).toBe('ok');
    await second.close();
  });

  it('are refused and left untouched: a history of a newer Artemis', async () => {
    const text = JSON.stringify({ version: 2, seq: 1, downloads: [], extra: { keep: true } });
    await writeFile(pathOf(), text);
    await expect(open().load()).rejects.toBeInstanceOf(NewerHistoryError);
    expect(await readFile(pathOf(), 'utf8')).toBe(text);
    expect((await readdir(folder)).filter((name) => name !== 'data')).toEqual([
      'downloads-history.json',
    ]);
  });
});

describe('the copy of the history', () => {
  it('is never written twice at once, however slow the disk is', async () => {
    let atOnce = 0;
    let most = 0;
    const store = open({
      calls: {
        ...systemCalls,
        async open(path, flags, mode) {
          if (!path.endsWith('history-backup.json.tmp')) return systemCalls.open(path, flags, mode);
          atOnce += 1;
          most = Math.max(most, atOnce);
          await new Promise((resolve) => setTimeout(resolve, 1300));
          return systemCalls.open(path, flags, mode);
        },
        async rename(from, to) {
          await systemCalls.rename(from, to);
          if (to.endsWith('history-backup.json')) atOnce -= 1;
        },
      },
    });
    await store.load();
    const last = record();
    await new Promise((resolve) => setTimeout(resolve, 1050));
    await store.save({ put: [last] });
    await new Promise((resolve) => setTimeout(resolve, 1050));
    await store.close();
    expect(most).toBe(1);
    expect(atOnce).toBe(0);
    const backup = parseHistory(
      await readFile(join(folder, 'data', 'history-backup.json'), 'utf8'),
    );
    expect(backup.downloads.map(({ id }) => id)).toEqual([last.id]);
  });
});
