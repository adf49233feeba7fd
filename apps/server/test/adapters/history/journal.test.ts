import {
  access,
  appendFile,
  readdir,
  readFile,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyChange, contentOf } from '../../../src/adapters/history/content.ts';
import { parseHistory } from '../../../src/adapters/history/document.ts';
import { readJournalLines, replayFor } from '../../../src/adapters/history/journal-text.ts';
import { baseOf } from '../../../src/adapters/history/write-by-line.ts';
import type { HistoryChange, HistoryContent } from '../../../src/domain/ports.ts';
import { record } from '../history.conformance.ts';
import { hookedCalls, makeHistoryFolder, type HistoryFolder } from './history-folder.ts';

let folder: HistoryFolder;
beforeEach(async () => {
  // The file is written anew when a test says so: what a kill leaves is copied file by file.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  folder = await makeHistoryFolder();
});
afterEach(async () => {
  vi.useRealTimers();
  await folder.remove();
});

const ids = ({ downloads }: HistoryContent) => downloads.map(({ id }) => id);
const diskFull = () => Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });

function someChanges(): HistoryChange[] {
  const [first, second, third] = [record({ tags: ['ü'] }), record(), record()];
  const remember = {
    ...{ key: 'k', bodyHash: 'h', downloadIds: [third.id], duplicateIds: [] },
    at: new Date().toISOString(),
  };
  return [
    { put: [first] },
    { put: [second] },
    { put: [third], remember },
    { put: [{ ...first, title: 'changed' }], remove: [second.id] },
    { put: [record()] },
  ];
}

/** A history that was killed after these changes, and what it said after each of them. */
async function killedAfter(changes: readonly HistoryChange[]) {
  const store = folder.open();
  await store.load();
  const file = await readFile(folder.file, 'utf8');
  const states: { bytes: number; content: HistoryContent }[] = [];
  const content = contentOf([], []);
  const note = (bytes: number) =>
    states.push({
      bytes,
      content: {
        downloads: [...content.records.values()].reverse(),
        idempotency: [...content.keys.values()],
      },
    });
  note(0);
  for (const change of changes) {
    await store.save(change);
    applyChange(content, change);
    note((await readFile(folder.journal)).length);
  }
  const frozen = await folder.frozen();
  await store.close();
  return { frozen, file, states, journal: await readFile(frozen.journal) };
}

const stateAt = (states: readonly { bytes: number; content: HistoryContent }[], bytes: number) =>
  states.findLast((state) => state.bytes <= bytes)?.content;

describe('a journal that was cut off', () => {
  it('has what was acknowledged until then, at whatever byte that is and whatever follows', async () => {
    const { file, states, journal } = await killedAfter(someChanges());
    const { seq } = parseHistory(file);
    const firstLine = journal.indexOf('\n') + 1;
    const tails = ['', '\0\0\0', '{"seq":9}\n', '00000000 {}\n', 'ü\n\n'].map((tail) =>
      Buffer.from(tail),
    );
    for (let bytes = firstLine; bytes <= journal.length; bytes += 1) {
      const tail = tails[bytes % tails.length] ?? Buffer.of();
      const lines = readJournalLines(Buffer.concat([journal.subarray(0, bytes), tail]));
      const replay = replayFor(baseOf(seq, file), [lines]);
      const content = contentOf([], []);
      for (const change of replay?.groups.flatMap(({ changes }) => changes) ?? [])
        applyChange(content, change);
      const found = {
        downloads: [...content.records.values()].reverse(),
        idempotency: [...content.keys.values()],
      };
      expect(found).toEqual(stateAt(states, bytes));
      expect(replay?.damaged).toBe(0);
    }
  });

  it('is cut at its last whole line before anything is added', async () => {
    const { frozen, states, journal } = await killedAfter(someChanges());
    const before = states.at(-2)?.bytes ?? 0;
    for (const bytes of [before, before + 1, journal.length - 1]) {
      const other = await frozen.frozen();
      await truncate(other.journal, bytes);
      const store = other.open();
      const content = await store.load();
      expect(content).toMatchObject(stateAt(states, bytes) ?? {});
      const next = record();
      await store.save({ put: [next] });
      const found = await (await other.frozen()).find();
      expect(ids(found)).toEqual([next.id, ...ids(content)]);
      expect(found.health.state).toBe('ok');
      await store.close();
    }
  });

  it('says which line was damaged in its middle, and keeps all others and the journal', async () => {
    const { frozen, journal, states } = await killedAfter(someChanges());
    // In the third change.
    const at = (states[3]?.bytes ?? 0) - 20;
    const damaged = Buffer.from(journal);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    await writeFile(frozen.journal, damaged);
    const found = await frozen.find();
    const [last, , first] = ids(states.at(-1)?.content ?? found);
    expect(ids(found)).toEqual([last, first]);
    expect(found.health).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('1 entries of the journal') as string,
    });
    const [aside = ''] = await frozen.setAside();
    expect(aside).toMatch(/\.journal$/);
    expect(await readFile(`${frozen.path}/${aside}`)).toEqual(damaged);
    const again = await frozen.find();
    expect(ids(again)).toEqual([last, first]);
    expect(again.health.state).toBe('ok');
  });
});

describe('a journal beside another file', () => {
  it('is not mixed with it, but kept and told', async () => {
    const { frozen, journal } = await killedAfter(someChanges());
    const other = await makeHistoryFolder();
    const restored = record();
    const store = other.open();
    await store.load();
    await store.save({ put: [restored] });
    await store.close();
    await writeFile(frozen.file, await readFile(other.file));
    await other.remove();
    const found = await frozen.find();
    expect(ids(found)).toEqual([restored.id]);
    expect(found.health).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('belongs to another file') as string,
    });
    const [aside = ''] = await frozen.setAside();
    expect(await readFile(`${frozen.path}/${aside}`)).toEqual(journal);
    expect((await frozen.find()).health.state).toBe('ok');
  });

  it('completes the copy when the file was damaged', async () => {
    const store = folder.open();
    await store.load();
    const old = record();
    await store.save({ put: [old] });
    await store.close();
    const next = folder.open();
    await next.load();
    const young = record();
    await next.save({ put: [young] });
    const killed = await folder.frozen();
    await next.close();
    await writeFile(killed.file, '{"version":1,');
    const found = await killed.find();
    expect(ids(found)).toEqual([young.id, old.id]);
    expect(found.health).toMatchObject({ state: 'warn' });
    expect((await killed.find()).health.state).toBe('ok');
  });

  it('is not needed by anybody after a stop', async () => {
    const store = folder.open();
    await store.load();
    await store.save({ put: [record()] });
    const text = await readFile(folder.file, 'utf8');
    // An Artemis that does not know of journals refuses every version above 1.
    expect((JSON.parse(text) as { version: number }).version).toBeGreaterThan(1);
    await store.close();
    expect(JSON.parse(await readFile(folder.file, 'utf8'))).toMatchObject({ version: 1 });
    expect(await readdir(folder.path)).toEqual(['data', 'downloads-history.json']);
    const again = folder.open();
    await again.load();
    expect(JSON.parse(await readFile(folder.file, 'utf8'))).not.toMatchObject({ version: 1 });
    await again.close();
  });

  it('is begun again when somebody takes it away', async () => {
    const store = folder.open();
    await store.load();
    const [before, after] = [record(), record()];
    await store.save({ put: [before] });
    await unlink(folder.journal);
    await store.save({ put: [after] });
    expect(ids(await (await folder.frozen()).find())).toEqual([after.id, before.id]);
    await unlink(folder.journal);
    await store.close();
    expect(ids(await folder.find())).toEqual([after.id, before.id]);
  });
});

describe('a save that was refused', () => {
  it.each([['write'], ['sync'], ['truncate']] as const)(
    'is not there after a restart: %s failed',
    async (failing) => {
      let isFull = false;
      const store = folder.open({
        calls: hookedCalls(({ name, path }) => {
          if (!isFull || path !== folder.journal) return;
          if (name === failing || (failing === 'truncate' && name === 'sync')) throw diskFull();
        }),
      });
      await store.load();
      const [kept, refused, next] = [record(), record(), record()];
      await store.save({ put: [kept] });
      isFull = true;
      await expect(store.save({ put: [refused] })).rejects.toThrow('ENOSPC');
      expect(store.health().state).toBe('fail');
      isFull = false;
      if (failing !== 'truncate')
        expect(ids(await (await folder.frozen()).find())).toEqual([kept.id]);
      await store.save({ put: [next] });
      expect(store.health().state).toBe('ok');
      expect(ids(await (await folder.frozen()).find())).toEqual([next.id, kept.id]);
      await store.close();
    },
  );
});

describe('the file of a large history', () => {
  const pass = () => vi.advanceTimersByTimeAsync(3000);

  it('is written anew in pieces, while changes go on and are kept, whenever a kill comes', async () => {
    const added: string[] = [];
    const pieces: string[] = [];
    let saves: Promise<void>[] = [];
    let isWriting = false;
    const killed: { folder: HistoryFolder; ids: string[] }[] = [];
    const addOne = async () => {
      const one = record();
      await store.save({ put: [one] });
      added.push(one.id);
    };
    const store = folder.open({
      calls: hookedCalls(async ({ name, path }) => {
        // The last step: what file and copy have is dropped.
        if (name === 'rename' && path === folder.journal) isWriting = false;
        if (!isWriting || path === folder.journal || path === `${folder.journal}.new`) return;
        if (name === 'write' && path === `${folder.file}.tmp`) pieces.push(path);
        // A save of this moment is acknowledged before the step, unless the step has the turn of the saves.
        if (name === 'write') await addOne();
        else saves.push(addOne());
        const acknowledged = [...added];
        killed.push({ folder: await folder.frozen(), ids: acknowledged });
      }),
    });
    await store.load();
    const many = Array.from({ length: 600 }, () => record());
    await store.save({ put: many });
    added.push(...many.map(({ id }) => id));
    // A second later there is a copy of the file that the journal began with.
    await vi.advanceTimersByTimeAsync(1000);
    await vi.waitFor(() => access(folder.copy));
    isWriting = true;
    await pass();
    await vi.waitFor(() => expect(isWriting).toBe(false), { timeout: 40_000 });
    expect(killed.length).toBeGreaterThan(6);
    vi.useRealTimers();
    await store.close();
    await Promise.all(saves);
    saves = [];
    expect(pieces.length).toBeGreaterThan(2);
    for (const kill of killed) {
      const damaged = await kill.folder.frozen();
      await truncate(damaged.file, 100);
      for (const [left, health] of [
        [kill.folder, 'ok'],
        // The copy and the journal have it all as well.
        [damaged, 'warn'],
      ] as const) {
        const found = await left.find();
        expect(found.health.state).toBe(health);
        const there = new Set(ids(found));
        expect(kill.ids.filter((id) => !there.has(id))).toEqual([]);
      }
    }
    expect(new Set(ids(await folder.find()))).toEqual(new Set(added));
  });

  it('becomes a small one without a journal when its records have gone', async () => {
    const store = folder.open({ smallBytes: 20_000 });
    await store.load();
    const many = Array.from({ length: 40 }, () => record());
    await store.save({ put: many });
    await store.save({ put: [record()] });
    expect(await readdir(folder.path)).toContain('downloads-history.journal');
    const last = record();
    await store.save({ put: [last], remove: many.map(({ id }) => id) });
    await pass();
    await vi.waitFor(async () =>
      expect(await readdir(folder.path)).not.toContain('downloads-history.journal'),
    );
    vi.useRealTimers();
    await store.save({ put: [{ ...last, title: 'changed' }] });
    expect(await readFile(folder.file, 'utf8')).toMatch(/^\{"version":1,.*\n.*"changed"/);
    await store.close();
  });
});

it('keeps what was acknowledged when any step of the disk fails, once or from then on', async () => {
  for (const isForEver of [false, true]) {
    for (let failing = 1, isReached = true; isReached; failing += 1) {
      const other = await makeHistoryFolder();
      isReached = false;
      const store = other.open({
        calls: hookedCalls(({ number }) => {
          if (number < failing || (!isForEver && number > failing)) return;
          isReached = true;
          throw diskFull();
        }),
      });
      await store.load();
      const [acknowledged, refused]: [string[], string[]] = [[], []];
      for (let save = 0; save < 3; save += 1) {
        const one = record();
        const list = await store.save({ put: [one] }).then(
          () => acknowledged,
          () => refused,
        );
        list.unshift(one.id);
      }
      const killed = await other.frozen();
      await store.close();
      for (const state of [other, killed]) {
        const found = await state.find();
        const isRefused = (id: string) => refused.includes(id);
        expect(ids(found).filter((id) => !isRefused(id))).toEqual(acknowledged);
        // Nothing can be taken back on a disk that does nothing any more.
        if (!isForEver) expect(ids(found).filter(isRefused)).toEqual([]);
        expect(found.health.state).toBe('ok');
      }
      await other.remove();
    }
  }
}, 60_000);

it('cuts off what was added by somebody else behind its end', async () => {
  const { frozen, states } = await killedAfter(someChanges());
  await appendFile(frozen.journal, 'note to myself\n');
  const found = await frozen.find();
  expect(ids(found)).toEqual(ids(states.at(-1)?.content ?? found));
});
