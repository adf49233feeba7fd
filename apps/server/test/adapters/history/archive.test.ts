import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { record } from '../history.conformance.ts';
import { hookedCalls, makeHistoryFolder, type HistoryFolder } from './history-folder.ts';

let folder: HistoryFolder;
beforeEach(async () => {
  // The history is written anew when it is closed: what a kill leaves is copied file by file.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  folder = await makeHistoryFolder();
});
afterEach(async () => {
  vi.useRealTimers();
  await folder.remove();
});

const archiveOf = ({ path }: HistoryFolder) => join(path, 'data', 'history-archive.jsonl');
const idsOf = (downloads: readonly { readonly id: string }[] = []) => downloads.map(({ id }) => id);

async function withArchived(count: number) {
  const records = Array.from({ length: count }, () => record());
  const store = folder.open();
  await store.load();
  await store.save({ put: records });
  for (const { id } of records) await store.save({ archive: [id] });
  await store.close();
  return idsOf(records).toReversed();
}

describe.each([
  ['a small history', 1024 * 1024],
  ['a large history', 0],
])('the archive of %s', (_, smallBytes) => {
  it('has each record that left the history, whenever a kill comes', async () => {
    const killed: HistoryFolder[] = [];
    const store = folder.open({
      smallBytes,
      calls: hookedCalls(async ({ path }) => {
        if (isLeaving && !path.includes('backup')) killed.push(await folder.frozen());
      }),
    });
    let isLeaving = false;
    await store.load();
    const [stays, leaves] = [record(), record()];
    await store.save({ put: [stays, leaves] });
    isLeaving = true;
    await store.save({ archive: [leaves.id] });
    await store.close();
    isLeaving = false;
    killed.push(folder);
    expect(killed.length).toBeGreaterThan(4);
    let archived = 0;
    for (const kill of killed) {
      const found = await kill.find();
      const all = [...idsOf(found.downloads), ...idsOf(found.archived)];
      expect(all.toSorted()).toEqual([stays.id, leaves.id].toSorted());
      expect(found.health.state).toBe('ok');
      archived += found.archived?.length ?? 0;
    }
    expect(archived).toBeGreaterThan(0);
    expect(idsOf((await folder.find()).archived)).toEqual([leaves.id]);
  });
});

describe('an archive that something has damaged', () => {
  it('has all whole lines before a torn one', async () => {
    const ids = await withArchived(3);
    const bytes = await readFile(archiveOf(folder));
    const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (const length of [lastLine, lastLine + 1, bytes.length - 1]) {
      const torn = await folder.frozen();
      await writeFile(archiveOf(torn), bytes.subarray(0, length));
      const found = await torn.find();
      expect(idsOf(found.archived)).toEqual(ids.slice(1));
      expect(found.health.state).toBe('ok');
    }
  });

  it('leaves out a damaged line, says so and keeps the file', async () => {
    const [last, , first] = await withArchived(3);
    const damaged = await readFile(archiveOf(folder));
    const at = damaged.indexOf('\n') + 50;
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    await writeFile(archiveOf(folder), damaged);
    const found = await folder.find();
    expect(idsOf(found.archived)).toEqual([last, first]);
    expect(found.health).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('1 entries of the archive') as string,
    });
    const aside = / kept as (.+\.jsonl)\./.exec(found.health.message)?.[1] ?? '';
    expect(await readFile(aside)).toEqual(damaged);
    const again = await folder.find();
    expect(idsOf(again.archived)).toEqual([last, first]);
    expect(again.health.state).toBe('ok');
  });

  it('does not stop a start when it is lost or cannot be read', async () => {
    await withArchived(1);
    const lost = await folder.frozen();
    await rm(archiveOf(lost));
    expect((await lost.find()).archived).toEqual([]);
    await rm(archiveOf(folder));
    await mkdir(archiveOf(folder));
    const found = await folder.find();
    expect(found.archived).toEqual([]);
    expect(found.health.state).toBe('warn');
  });
});

it('does not bring back a record that was removed after an older history was restored', async () => {
  const store = folder.open();
  await store.load();
  const one = record();
  await store.save({ put: [one] });
  await store.close();
  const older = await readFile(folder.file);
  const next = folder.open();
  await next.load();
  await next.save({ archive: [one.id] });
  await next.close();
  await writeFile(folder.file, older);
  const restored = folder.open();
  const found = await restored.load();
  expect({ here: idsOf(found.downloads), there: idsOf(found.archived) }).toEqual({
    here: [one.id],
    there: [],
  });
  await restored.save({ remove: [one.id] });
  await restored.close();
  const last = await folder.find();
  expect([...last.downloads, ...(last.archived ?? [])]).toEqual([]);
});

it('is written anew when more than half of it counts no more, and survives a kill in each step of that', async () => {
  const killed: HistoryFolder[] = [];
  let isCompacting = false;
  const store = folder.open({
    calls: hookedCalls(async ({ path }) => {
      if (isCompacting && path.includes('archive')) killed.push(await folder.frozen());
    }),
  });
  await store.load();
  const records = Array.from({ length: 400 }, () => record());
  await store.save({ put: records });
  await store.save({ archive: idsOf(records) });
  const kept = records.slice(300);
  await store.save({ remove: idsOf(records.slice(0, 300)) });
  const { size } = await stat(archiveOf(folder));
  isCompacting = true;
  await store.save({});
  isCompacting = false;
  expect((await stat(archiveOf(folder))).size).toBeLessThan(size / 2);
  await store.close();
  killed.push(folder);
  expect(killed.length).toBeGreaterThan(3);
  for (const kill of killed) {
    expect(idsOf((await kill.find()).archived).toSorted()).toEqual(idsOf(kept).toSorted());
  }
});
