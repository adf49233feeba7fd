import { readdir } from 'node:fs/promises';
import type { CreateDownloads, Download, PlaylistOptions } from '@artemis/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListedEntry, Outcome } from '../../../src/domain/attempt.ts';
import { actOnDownloads } from '../../../src/domain/act-on-downloads.ts';
import { eventually } from '../../http/app-under-test.ts';
import { createRandom } from '../../torture/random.ts';
import {
  done,
  failure,
  openDomain,
  type DomainUnderTest,
  type DomainOptions,
} from '../domain-under-test.ts';

const LIST = 'https://a.example/list';
const SLOTS = 2;
const RUNNING = ['queued', 'running'] as const;
/** Few tries, and none of them waits. */
const ONCE = { maxAttempts: 1, slots: SLOTS } as const;

let domain: DomainUnderTest | null = null;

afterEach(async () => {
  await domain?.close();
  domain = null;
});

async function open(options: DomainOptions = {}): Promise<DomainUnderTest> {
  domain = await openDomain({ ...ONCE, ...options });
  return domain;
}

async function restart(before: DomainUnderTest): Promise<DomainUnderTest> {
  domain = await before.restart();
  return domain;
}

function entry(index: number, patch: Partial<ListedEntry> = {}): ListedEntry {
  const url = `https://b.example/${index}`;
  const title = `Entry ${index}`;
  return { index, id: null, url, title, duration: null, position: null, ...patch };
}

function entries(count: number): ListedEntry[] {
  return Array.from({ length: count }, (_, place) => entry(place + 1));
}

function listed(list: readonly ListedEntry[]): Outcome {
  return { ...done, metadata: { title: 'List', playlist_title: 'List' }, entries: list } as Outcome;
}

const stored: Outcome = { ...done, metadata: {} } as Outcome;

/** Everything that is under way has come to rest. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function submit(
  { downloads }: DomainUnderTest,
  request: Partial<CreateDownloads> = {},
  playlist: PlaylistOptions = { mode: 'all' },
): Promise<string> {
  const options = { playlist, ...request.options };
  const result = await downloads.submit({ url: LIST, ...request, options }, null);
  return result.downloads[0]?.id ?? '';
}

/** As many children run and wait as may. */
async function fed(under: DomainUnderTest, parent: string): Promise<void> {
  await eventually(
    () =>
      numbers(under, parent, 'running').length === SLOTS &&
      numbers(under, parent, 'queued').length === SLOTS,
  );
}

/** A parent whose list is read. */
async function begun(
  under: DomainUnderTest,
  list: readonly ListedEntry[],
  request: Partial<CreateDownloads> = {},
  playlist?: PlaylistOptions,
): Promise<string> {
  const id = await submit(under, request, playlist);
  const attempt = await eventually(() => under.attempts.get(id));
  attempt.end(listed(list));
  await eventually(() => under.viewOf(id).entries);
  return id;
}

function children({ records }: DomainUnderTest, parent: string): Download[] {
  return [...records.values()].filter(({ parent_id: parentId }) => parentId === parent);
}

function numbers(under: DomainUnderTest, parent: string, status: Download['status']): number[] {
  return children(under, parent)
    .filter((child) => child.status === status)
    .map(({ metadata }) => metadata.playlist_index ?? 0)
    .toSorted((a, b) => a - b);
}

function attemptOf(under: DomainUnderTest, parent: string, number: number) {
  const child = children(under, parent).find(({ metadata }) => metadata.playlist_index === number);
  return under.attempts.get(child?.id ?? '');
}

async function end(
  under: DomainUnderTest,
  parent: string,
  number: number,
  outcome: Outcome,
): Promise<void> {
  (await eventually(() => attemptOf(under, parent, number))).end(outcome);
  await eventually(
    () => !RUNNING.some((status) => numbers(under, parent, status).includes(number)),
  );
}

/** Ends whatever runs, until the parent has ended; tells the numbers in the order of their starts. */
async function runThrough(
  under: DomainUnderTest,
  parent: string,
  outcomeOf: (number: number) => Outcome = () => stored,
): Promise<number[]> {
  const ran: number[] = [];
  await eventually(() => {
    for (const child of children(under, parent)) {
      const attempt = under.attempts.get(child.id);
      if (!attempt) continue;
      const number = child.metadata.playlist_index ?? 0;
      ran.push(number);
      attempt.end(outcomeOf(number));
    }
    const status = under.statusOf(parent);
    if (status === null) throw new Error('the record of the playlist is gone');
    return status === 'completed';
  });
  return ran;
}

describe('a playlist', () => {
  it('runs without a slot and keeps as many children waiting as there are slots', async () => {
    const under = await open();
    const parent = await begun(under, entries(20));
    await fed(under, parent);
    expect(under.statusOf(parent)).toBe('running');
    expect(numbers(under, parent, 'running')).toEqual([1, 2]);
    expect(numbers(under, parent, 'queued')).toEqual([3, 4]);
    await end(under, parent, 2, stored);
    await fed(under, parent);
    expect(numbers(under, parent, 'running')).toEqual([1, 3]);
    expect(numbers(under, parent, 'queued')).toEqual([4, 5]);
    expect(under.viewOf(parent)).toMatchObject({
      phase: 'downloading',
      progress: 5,
      entries: { total: 20, done: 1, failed: 0, skipped: 0 },
      title: 'List',
    });
  });

  it('downloads every entry once, in order, and then is completed', async () => {
    const under = await open();
    const parent = await begun(under, entries(30));
    const ran = await runThrough(under, parent);
    expect(ran.toSorted((a, b) => a - b)).toEqual(entries(30).map(({ index }) => index));
    expect(under.viewOf(parent)).toMatchObject({
      status: 'completed',
      progress: 100,
      warnings: [],
      entries: { total: 30, done: 30, failed: 0, skipped: 0 },
    });
  });

  it('passes its selection to its children, with their titles and positions', async () => {
    const under = await open();
    const parent = await begun(
      under,
      [entry(4), entry(12, { position: 12, url: LIST, id: 'b.example/12' })],
      {
        quality: '720p',
        priority: 7,
        tags: ['t'],
        options: { name_template: '{playlist}/{playlist_index}' },
      },
      { mode: 'select', items: '4,12' },
    );
    await eventually(() => children(under, parent).length === 2);
    const [first, second] = children(under, parent);
    expect(first).toMatchObject({
      url: 'https://b.example/4',
      title: 'Entry 4',
      quality: '720p',
      priority: 7,
      tags: ['t'],
      options: { name_template: '{playlist}/{playlist_index}' },
      metadata: { playlist_title: 'List', playlist_index: 4, playlist_count: 12 },
    });
    expect(first?.options.playlist).toBeUndefined();
    expect(second?.options.playlist).toEqual({
      mode: 'single',
      items: '12',
      entry_ids: ['b.example/12'],
    });
  });

  it('is completed with a warning when entries fail, each for itself', async () => {
    const under = await open();
    const parent = await begun(under, entries(6));
    await runThrough(under, parent, (number) =>
      number % 3 === 0 ? failure('MEDIA_UNAVAILABLE') : stored,
    );
    expect(under.viewOf(parent)).toMatchObject({
      entries: { total: 6, done: 4, failed: 2, skipped: 0 },
      warnings: [{ code: 'ENTRIES_FAILED' }],
    });
  });

  it('fails an entry with a forbidden link and continues', async () => {
    const under = await open();
    const parent = await begun(under, [entry(1, { url: null }), entry(2), entry(3, { url: 'x' })]);
    expect(await runThrough(under, parent)).toEqual([2]);
    expect(under.viewOf(parent).entries).toMatchObject({ done: 1, failed: 2 });
    const { lines } = await under.downloads.logOf(parent, 0);
    expect(lines.map(({ text }) => text)).toContain('Entry 1 Entry 1: This is not a URL.');
  });

  it('counts once in the queue, and its children not at all', async () => {
    const under = await open({ maxQueueDepth: 2 });
    const parent = await begun(under, entries(50));
    await fed(under, parent);
    expect(children(under, parent)).toHaveLength(4);
    await under.submit('https://c.example/1');
    await expect(under.submit('https://c.example/2')).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    expect(under.activeCount()).toBe(2);
  });

  it('is not limited by HISTORY_LIMIT', async () => {
    const under = await open({ historyLimit: 3 });
    const parent = await begun(under, entries(40));
    const ran = await runThrough(under, parent);
    expect(ran.toSorted((a, b) => a - b)).toEqual(entries(40).map(({ index }) => index));
    // Those beyond the limit go when the end of the playlist is on the disk.
    await eventually(() => under.records.size === 3);
    expect(under.viewOf(parent).entries).toMatchObject({ total: 40, done: 40 });
  });

  it("survives the eviction of its entries' records, also of those that ended together", async () => {
    const moment = new Date('2026-01-01T00:00:00Z');
    const under = await open({ historyLimit: 1, now: () => moment });
    const parent = await begun(under, entries(5));
    await runThrough(under, parent);
    await eventually(() => children(under, parent).length === 0);
    expect(under.statusOf(parent)).toBe('completed');
    const again = await restart(under);
    expect([...again.records.keys()]).toEqual([parent]);
  });

  it('shows its entries and their state in its detail only', async () => {
    const under = await open();
    const parent = await begun(under, entries(1200));
    await end(under, parent, 1, stored);
    await end(under, parent, 2, failure('MEDIA_UNAVAILABLE'));
    await fed(under, parent);
    const { metadata } = await under.downloads.detail(parent);
    expect(metadata.entries).toHaveLength(1000);
    expect(metadata.entries?.slice(0, 7).map(({ state }) => state)).toEqual(
      'done failed active active active active waiting'.split(' '),
    );
    expect(under.viewOf(metadata.entries?.[1]?.download_id ?? '')?.error?.code).toBe(
      'MEDIA_UNAVAILABLE',
    );
    expect(under.viewOf(parent).metadata.entries).toBeUndefined();
  });

  it('that is only listed keeps its entries out of its record', async () => {
    const under = await open();
    const id = await submit(under, { format_preset: 'Playlist (flat)' }, {});
    (await eventually(() => under.attempts.get(id))).end(listed(entries(3)));
    await eventually(() => under.statusOf(id) === 'completed');
    expect(under.viewOf(id)).toMatchObject({ entries: null, metadata: { title: 'List' } });
    expect((await under.downloads.detail(id)).metadata.entries).toMatchObject([
      { index: 1, url: 'https://b.example/1' },
      { index: 2 },
      { index: 3 },
    ]);
    expect(children(under, id)).toEqual([]);
    const again = await restart(under);
    expect((await again.downloads.detail(id)).metadata.entries).toHaveLength(3);
  });

  it('does not skip entries that were simulated only', async () => {
    const under = await open();
    const first = await begun(under, entries(3));
    await runThrough(under, first);
    const second = await begun(under, entries(3), {}, { mode: 'all', skip_downloaded: true });
    await runThrough(under, second);
    expect(under.viewOf(second).entries).toMatchObject({ done: 3, skipped: 0 });
  });
});

describe('entries that were downloaded before', () => {
  const file = (title: string): Outcome =>
    ({
      ...done,
      metadata: { title },
      files: [
        { kind: 'media', path: '/x', suffix: '.mp4', sizeBytes: 1, contentType: 'video/mp4' },
      ],
    }) as Outcome;

  it('are skipped on request, also after a restart and without their records', async () => {
    const under = await open({ historyLimit: 1 });
    const first = await begun(under, entries(5));
    await runThrough(under, first, (number) =>
      number === 4 ? failure('MEDIA_UNAVAILABLE') : file(`${number}`),
    );
    const again = await restart(under);
    const second = await begun(again, entries(7), {}, { mode: 'all', skip_downloaded: true });
    expect(await runThrough(again, second, (number) => file(`${number}`))).toEqual([4, 6, 7]);
    expect(again.viewOf(second).entries).toEqual({
      total: 7,
      done: 3,
      failed: 0,
      skipped: 4,
    });
    const other = await begun(
      again,
      entries(2),
      { format_preset: 'Audio only' },
      { mode: 'all', skip_downloaded: true },
    );
    expect(await runThrough(again, other, () => file('sound'))).toEqual([1, 2]);
  });
});

describe('a restart in the middle of a playlist', () => {
  it('does not read the list again, loses no entry and doubles none', async () => {
    let under = await open();
    const parent = await begun(under, entries(12));
    const finished: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await eventually(() => numbers(under, parent, 'running').length === SLOTS);
      const [number = 0] = numbers(under, parent, 'running');
      await end(under, parent, number, stored);
      finished.push(number);
      under = await restart(under);
      await eventually(() => numbers(under, parent, 'running').length === SLOTS);
      expect(under.statusOf(parent)).toBe('running');
      expect(under.started).not.toContain(parent);
      expect(under.viewOf(parent).entries).toMatchObject({ done: finished.length });
    }
    finished.push(...(await runThrough(under, parent)));
    expect(finished.toSorted((a, b) => a - b)).toEqual(entries(12).map(({ index }) => index));
  });

  it('at any moment leaves every entry to exactly one download', async () => {
    const random = createRandom(5);
    const under = await open({ historyLimit: 4 });
    const parent = await submit(under);
    const forks: DomainUnderTest[] = [];
    const pause = () => new Promise((resolve) => setTimeout(resolve, random() * 3));
    const wrong: string[] = [];
    try {
      (await eventually(() => under.attempts.get(parent))).end(listed(entries(12)));
      while (under.statusOf(parent) !== 'completed') {
        for (const { id, end: finish } of [...under.attempts.values()]) {
          if (id !== parent && random() < 0.4) finish(stored);
        }
        await pause();
        if (random() < 0.5 && forks.length < 10) forks.push(await under.fork());
      }
      for (const fork of forks) {
        // A kill before the list was on the disk: it is read again.
        const attempt = fork.attempts.get(parent);
        attempt?.end(listed(entries(12)));
        const before = new Set(numbers(fork, parent, 'completed'));
        const ran = await runThrough(fork, parent);
        const figures = fork.viewOf(parent).entries;
        if (figures?.done !== 12) wrong.push(`${figures?.done} of 12`);
        const twice = ran.filter((number, at) => before.has(number) || ran.indexOf(number) !== at);
        if (twice.length > 0) wrong.push(`again: ${twice.join()}`);
      }
    } finally {
      for (const fork of forks) await fork.close();
    }
    expect(forks.length).toBeGreaterThan(1);
    expect(wrong).toEqual([]);
  });

  it.each(['paused', 'cancelled'] as const)(
    'leaves a playlist that is %s as it is',
    async (status) => {
      const under = await open();
      const parent = await begun(under, entries(9));
      await fed(under, parent);
      if (status === 'paused') await under.downloads.pause(parent);
      else await under.downloads.cancel(parent);
      const again = await restart(under);
      await rest();
      expect(again.statusOf(parent)).toBe(status);
      expect(numbers(again, parent, status)).toEqual([1, 2, 3, 4]);
      expect(again.started).toEqual([]);
    },
  );

  it('removes the list of a record that is gone', async () => {
    const under = await open();
    const parent = await begun(under, entries(2));
    await runThrough(under, parent);
    expect(await readdir(under.playlistFolder)).toEqual([parent]);
    await under.downloads.purge(parent, 'record');
    expect(await readdir(under.playlistFolder)).toEqual([]);
  });
});

describe('a list that cannot be written', () => {
  it('keeps the records of children until their ends are on the disk', async () => {
    const under = await open({ historyLimit: 1 });
    const parent = await begun(under, entries(5));
    under.failLists(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await end(under, parent, 1, stored);
    await end(under, parent, 2, stored);
    await end(under, parent, 3, stored);
    expect(numbers(under, parent, 'completed')).toEqual([1, 2, 3]);
    // A stop, or a kill: the next run finds the records and not the ends.
    const again = await restart(under);
    expect(again.viewOf(parent).entries).toMatchObject({ done: 3 });
    expect((await runThrough(again, parent)).toSorted()).toEqual([4, 5]);
  });

  it('costs no other download its record', async () => {
    const under = await open({ historyLimit: 1 });
    const parent = await begun(under, entries(5));
    under.failLists(new Error('no'));
    await end(under, parent, 1, stored);
    await end(under, parent, 2, stored);
    const { downloads } = await under.downloads.submit(
      { url: 'https://c.example/1', priority: 9 },
      null,
    );
    const other = downloads[0]?.id ?? '';
    await end(under, parent, 3, stored);
    (await eventually(() => under.attempts.get(other))).end(stored);
    await eventually(() => under.statusOf(other) !== 'running');
    const again = await restart(under);
    expect(again.statusOf(other)).toBe('completed');
    expect(again.viewOf(parent).entries).toMatchObject({ done: 3 });
  });

  it('does not hold up the downloads', async () => {
    const under = await open();
    const parent = await begun(under, entries(6));
    under.failLists(new Error('no'));
    for (const number of [1, 2, 3, 4, 5, 6]) await end(under, parent, number, stored);
    expect(under.statusOf(parent)).toBe('running');
    under.failLists(null);
    await eventually(() => under.statusOf(parent) === 'completed');
  });
});

describe('a history that cannot be written', () => {
  it('stops the playlist, which continues when it can be written', async () => {
    const under = await open();
    const parent = await begun(under, entries(8));
    await fed(under, parent);
    under.failWrites(new Error('no space'));
    (await eventually(() => attemptOf(under, parent, 1))).end(stored);
    await rest();
    expect(children(under, parent)).toHaveLength(4);
    under.failWrites(null);
    const ran = await runThrough(under, parent);
    expect(ran.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('an action on a playlist', () => {
  it('cancel ends its children, and a retry continues with unfinished entries', async () => {
    const under = await open();
    const parent = await begun(under, entries(10));
    await end(under, parent, 1, stored);
    await fed(under, parent);
    const cancelled = await under.downloads.cancel(parent);
    expect(cancelled.status).toBe('cancelled');
    await rest();
    expect(under.attempts.size).toBe(0);
    expect(numbers(under, parent, 'cancelled')).toEqual([2, 3, 4, 5]);
    expect(under.viewOf(parent).entries).toMatchObject({ done: 1, skipped: 0 });
    await under.downloads.retry(parent, {});
    const ran = await runThrough(under, parent);
    expect(ran.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(under.viewOf(parent)).toMatchObject({ attempt: 2, entries: { done: 10 } });
    expect(children(under, parent)).toHaveLength(10);
  });

  it('pause and resume act on its children and on entries to come', async () => {
    const under = await open();
    const parent = await begun(under, entries(10));
    await fed(under, parent);
    await under.downloads.pause(parent);
    await rest();
    expect(under.attempts.size).toBe(0);
    expect(numbers(under, parent, 'paused')).toEqual([1, 2, 3, 4]);
    await under.downloads.resume(parent);
    await fed(under, parent);
    expect(under.statusOf(parent)).toBe('running');
    const ran = await runThrough(under, parent);
    expect(ran.toSorted((a, b) => a - b)).toEqual(entries(10).map(({ index }) => index));
    expect(under.started.filter((id) => id === parent)).toHaveLength(1);
  });

  it('a paused child does not block its siblings or entries to come', async () => {
    const under = await open();
    const parent = await begun(under, entries(10));
    await fed(under, parent);
    const third = children(under, parent).find((child) => child.metadata.playlist_index === 3);
    await under.downloads.pause(third?.id ?? '');
    for (const number of [1, 2, 4, 5, 6, 7, 8, 9, 10]) await end(under, parent, number, stored);
    expect(under.statusOf(parent)).toBe('running');
    await under.downloads.resume(third?.id ?? '');
    await runThrough(under, parent);
    expect(under.viewOf(parent).entries).toMatchObject({ done: 10 });
  });

  it('a child that is cancelled alone counts as skipped, and is not retried with the parent', async () => {
    const under = await open();
    const parent = await begun(under, entries(4));
    await fed(under, parent);
    const third = children(under, parent).find((child) => child.metadata.playlist_index === 3);
    await under.downloads.cancel(third?.id ?? '');
    await runThrough(under, parent, (number) =>
      number === 4 ? failure('MEDIA_UNAVAILABLE') : stored,
    );
    const { entries: figures } = under.viewOf(parent);
    expect(figures).toEqual({ total: 4, done: 2, failed: 1, skipped: 1 });
    await under.downloads.retry(parent, {});
    expect(await runThrough(under, parent)).toEqual([4]);
  });

  it('retry runs the failed entries, with and without their records', async () => {
    const under = await open({ historyLimit: 3 });
    const parent = await begun(under, entries(9));
    await runThrough(under, parent, (number) =>
      number % 2 === 0 ? failure('MEDIA_UNAVAILABLE') : stored,
    );
    await eventually(() => numbers(under, parent, 'failed').length < 4);
    const queued = await under.downloads.retry(parent, { quality: '480p' });
    expect(queued.status).toBe('queued');
    const ran = await runThrough(under, parent);
    expect(ran.toSorted((a, b) => a - b)).toEqual([2, 4, 6, 8]);
    expect(under.viewOf(parent)).toMatchObject({
      quality: '480p',
      warnings: [],
      entries: { done: 9, failed: 0 },
    });
    const again = children(under, parent).filter(({ attempt, metadata }) => {
      return attempt === 2 || (metadata.playlist_index ?? 0) % 2 === 0;
    });
    expect(again.every(({ quality }) => quality === '480p')).toBe(true);
    await expect(under.downloads.retry(parent, {})).rejects.toMatchObject({
      code: 'NOT_RETRYABLE',
    });
  });

  it('retry survives a restart before it has started', async () => {
    const under = await open();
    const parent = await begun(under, entries(3));
    await runThrough(under, parent, () => failure('MEDIA_UNAVAILABLE'));
    await under.downloads.retry(parent, {});
    const again = await restart(under);
    expect((await runThrough(again, parent)).toSorted()).toEqual([1, 2, 3]);
    expect(again.viewOf(parent)).toMatchObject({ attempt: 2, entries: { done: 3 } });
  });

  it('retry refuses another choice of entries', async () => {
    const under = await open();
    const parent = await begun(under, entries(3));
    await under.downloads.cancel(parent);
    const options = { playlist: { mode: 'select' as const, items: '1' } };
    await expect(under.downloads.retry(parent, { options })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: [{ path: '/options/playlist' }],
    });
    expect(under.statusOf(parent)).toBe('cancelled');
  });

  it('a child retried alone changes the counts of its ended parent', async () => {
    const under = await open();
    const parent = await begun(under, entries(2));
    await runThrough(under, parent, () => failure('MEDIA_UNAVAILABLE'));
    const [first] = children(under, parent);
    await under.downloads.retry(first?.id ?? '', {});
    await end(under, parent, 1, stored);
    await eventually(() => under.viewOf(parent).entries?.done === 1);
    expect(under.viewOf(parent)).toMatchObject({
      status: 'completed',
      entries: { total: 2, done: 1, failed: 1, skipped: 0 },
      warnings: [{ code: 'ENTRIES_FAILED' }],
    });
    const again = await restart(under);
    expect(again.viewOf(parent).entries?.done).toBe(1);
  });

  it('cancelling everything ends the playlist for good', async () => {
    const under = await open();
    const parent = await begun(under, entries(10));
    await fed(under, parent);
    const { affected, skipped } = await actOnDownloads(under.downloads, {
      action: 'cancel',
      filter: { status: ['queued', 'running'] },
    });
    expect(affected).toHaveLength(5);
    expect(skipped).toEqual([]);
    await rest();
    expect(under.statusOf(parent)).toBe('cancelled');
    expect(children(under, parent)).toHaveLength(4);
    await under.downloads.retry(parent, {});
    expect(await runThrough(under, parent)).toHaveLength(10);
  });

  it('a new priority applies to its children, also those to come', async () => {
    const under = await open();
    const parent = await begun(under, entries(10));
    await fed(under, parent);
    await under.downloads.update(parent, { priority: 9 });
    await end(under, parent, 1, stored);
    await fed(under, parent);
    const waiting = children(under, parent).filter(({ status }) => status === 'queued');
    expect(waiting.map(({ priority }) => priority)).toEqual([9, 9]);
  });

  it('a cancel while the list is read leaves nothing behind', async () => {
    const under = await open();
    const parent = await submit(under);
    await eventually(() => under.attempts.get(parent));
    await under.downloads.cancel(parent);
    await rest();
    expect(under.statusOf(parent)).toBe('cancelled');
    await under.downloads.retry(parent, {});
    (await eventually(() => under.attempts.get(parent))).end(listed(entries(1)));
    expect(await runThrough(under, parent)).toEqual([1]);
  });
});
