import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IMPLICIT_WORKSPACE as HERE } from '../../../src/domain/download-store.ts';
import { describeDownloadStore } from './download-store.conformance.ts';
import { embeddedUnderTest, type EmbeddedUnderTest } from './embedded-under-test.ts';
import { change, endAt, endedOne, existing, idsOf, submitOne } from './store-under-test.ts';

const opened: EmbeddedUnderTest[] = [];

async function setUp(): Promise<EmbeddedUnderTest> {
  const under = await embeddedUnderTest();
  opened.push(under);
  return under;
}

afterEach(async () => {
  vi.useRealTimers();
  for (const under of opened.splice(0)) await under.remove();
});

describeDownloadStore('embedded', setUp);

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a change that is stored later', () => {
  const soon = { isSoon: true };
  const whenLater = async () => {
    vi.advanceTimersByTime(2000);
    await turn();
  };

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));

  it('does not bring back a record that is being removed', async () => {
    const under = await setUp();
    const store = await under.open();
    const { download } = await submitOne(store);
    await change(store, download.id, { title: 'T' }, soon);
    const { release, reached } = under.holdWrites();
    const removal = store.remove(HERE, [download.id]);
    await reached;
    await whenLater();
    release();
    await removal;
    const { download: next } = await submitOne(store);
    expect([...(await under.durable()).keys()]).toEqual([next.id]);
  });

  it('does not bring back a record that makes room for another', async () => {
    const under = await setUp();
    const store = await under.open({ historyLimit: 1 });
    const old = await endedOne(store, 1);
    const { download } = await submitOne(store);
    await change(store, old, { notes: 'N' }, soon);
    const { release, reached } = under.holdWrites();
    const end = change(store, download.id, endAt(2));
    await reached;
    await whenLater();
    release();
    await end;
    const { download: next } = await submitOne(store);
    expect([...(await under.durable()).keys()]).toEqual([download.id, next.id]);
  });

  it('is not given up when its write and that of the next change fail together', async () => {
    const under = await setUp();
    const store = await under.open();
    const { download } = await submitOne(store);
    await change(store, download.id, { title: 'T' }, soon);
    const { release, reached } = under.holdWrites();
    await whenLater();
    await reached;
    const failing = change(store, download.id, { notes: 'N' });
    await turn();
    under.failWrites(true);
    release();
    await expect(failing).rejects.toThrow();
    under.failWrites(false);
    await store.close();
    expect((await under.durable()).get(download.id)?.download).toMatchObject({
      title: 'T',
      notes: '',
    });
  });

  it('never takes the file back behind a change that is being written', async () => {
    const under = await setUp();
    const store = await under.open();
    const { download } = await submitOne(store);
    const { release, reached } = under.holdWrites();
    await change(store, download.id, { title: 'T' }, soon);
    const changing = change(store, download.id, { notes: 'N' });
    await reached;
    await whenLater();
    release();
    await changing;
    await submitOne(store);
    expect((await under.durable()).get(download.id)?.download).toMatchObject({
      title: 'T',
      notes: 'N',
    });
  });
});

it('keeps an active record whose end could not be written, although a later end needed its place', async () => {
  const under = await setUp();
  const store = await under.open({ historyLimit: 1 });
  const [one, two] = [await submitOne(store), await submitOne(store)];
  const { release, reached } = under.holdWrites();
  const failing = change(store, one.download.id, endAt(1));
  await reached;
  const ending = change(store, two.download.id, endAt(2));
  await turn();
  under.failNextWrite();
  release();
  await expect(failing).rejects.toThrow();
  await ending;
  expect(await idsOf(store)).toEqual([one.download.id, two.download.id]);
  expect((await existing(store, one.download.id)).download.status).toBe('queued');
  expect([...(await under.durable()).keys()]).toEqual([one.download.id, two.download.id]);
});
