import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../http/app-under-test.ts';
import { done, openDomain, type DomainUnderTest, type DomainOptions } from './domain-under-test.ts';

const HOUR_MS = 3_600_000;
const domains: DomainUnderTest[] = [];

async function open(options: DomainOptions = {}): Promise<DomainUnderTest> {
  const domain = await openDomain(options);
  domains.push(domain);
  return domain;
}

afterEach(async () => {
  for (const domain of domains.splice(0)) await domain.close();
});

async function complete(domain: DomainUnderTest, id: string): Promise<void> {
  (await eventually(() => domain.attempts.get(id))).end(done);
  await eventually(() => domain.statusOf(id) !== 'running');
}

describe('the same link again', () => {
  it('is queued again once its record was purged', async () => {
    const domain = await open();
    const [first = ''] = await domain.submit('https://a.example/1');
    await complete(domain, first);
    await domain.downloads.purge(first, 'record');
    const again = await domain.downloads.submit({ url: 'https://a.example/1' }, null);
    expect(again.duplicates).toEqual([]);
    expect(again.downloads).toHaveLength(1);
    expect(again.downloads[0]?.id).not.toBe(first);
  });

  it('is queued again once its record was evicted', async () => {
    const domain = await open({ historyLimit: 1 });
    const [first = '', second = ''] = await domain.submit(
      'https://a.example/1',
      'https://a.example/2',
    );
    await complete(domain, first);
    await complete(domain, second);
    await eventually(() => domain.statusOf(first) === null);
    const again = await domain.downloads.submit({ url: 'https://a.example/1' }, null);
    expect(again.duplicates).toEqual([]);
    expect(again.downloads).toHaveLength(1);
  });

  it('keeps nothing of a batch whose duplicate could not be written', async () => {
    const domain = await open();
    domain.failWrites(new Error('EIO'));
    const first = domain.downloads.submit({ url: 'https://a.example/1' }, null);
    first.catch(() => undefined);
    // Lets the failing write begin, so that the next request is part of another one.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    domain.failWrites(null);
    const urls = ['https://a.example/1', 'https://a.example/2'];
    const both = domain.downloads.submit({ urls }, null);
    await expect(both).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(first).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const next = await domain.restart();
    domains.push(next);
    expect([...next.records]).toEqual([]);
  });
});

describe('an idempotency key', () => {
  const body = { url: 'https://a.example/key', force: true };

  async function atHour() {
    let hour = 0;
    const domain = await open({ now: () => new Date(1.7e12 + hour * HOUR_MS) });
    return { domain, setHour: (next: number) => void (hour = next) };
  }

  const idsOf = (result: Awaited<ReturnType<DomainUnderTest['downloads']['submit']>>) =>
    result.downloads.map(({ id }) => id);

  it('is valid for a day, then can be used again', async () => {
    const { domain, setHour } = await atHour();
    const first = idsOf(await domain.downloads.submit(body, 'k'));
    setHour(23.9);
    expect(idsOf(await domain.downloads.submit(body, 'k'))).toEqual(first);
    setHour(24.1);
    const second = idsOf(await domain.downloads.submit(body, 'k'));
    expect(second).not.toEqual(first);
    expect(idsOf(await domain.downloads.submit(body, 'k'))).toEqual(second);
    setHour(40);
    const next = await domain.restart();
    domains.push(next);
    expect(idsOf(await next.downloads.submit(body, 'k'))).toEqual(second);
  });

  it.each([31 * 24, -60 * 24])(
    'is valid when the clock jumps by %i hours and back, also across a restart',
    async (jump) => {
      let hours = jump;
      const believedNow = () => new Date(1.7e12);
      const domain = await open({ now: () => new Date(1.7e12 + hours * HOUR_MS), believedNow });
      const first = idsOf(await domain.downloads.submit(body, 'k'));
      for (const next of [0, 31 * 24, -60 * 24, 0]) {
        hours = next;
        await domain.downloads.submit({ url: 'https://a.example/other' }, `k${next}`);
        expect(idsOf(await domain.downloads.submit(body, 'k'))).toEqual(first);
      }
      const again = await domain.restart();
      domains.push(again);
      expect(idsOf(await again.downloads.submit(body, 'k'))).toEqual(first);
    },
  );

  it('may carry another body after a day', async () => {
    const { domain, setHour } = await atHour();
    await domain.downloads.submit(body, 'k');
    const other = { url: 'https://a.example/other' };
    await expect(domain.downloads.submit(other, 'k')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    setHour(25);
    expect(idsOf(await domain.downloads.submit(other, 'k'))).toHaveLength(1);
  });

  it('gives one record to many requests at the moment it expires', async () => {
    const { domain, setHour } = await atHour();
    await domain.downloads.submit(body, 'k');
    setHour(25);
    const results = await Promise.all(
      Array.from({ length: 50 }, () => domain.downloads.submit(body, 'k')),
    );
    expect(new Set(results.flatMap(idsOf)).size).toBe(1);
  });

  it('is kept among the newest two thousand, also after a restart', async () => {
    const domain = await open({ maxQueueDepth: 5000 });
    const bodyOf = (n: number) => ({
      urls: Array.from({ length: 12 }, () => `https://a.example/${n}`),
    });
    for (let from = 0; from < 1700; from += 100) {
      const batch = Array.from({ length: 100 }, (_, n) => from + n);
      await Promise.all(batch.map((n) => domain.downloads.submit(bodyOf(n), `k${n}`)));
    }
    // Twelve ids and one duplicate each: the limit of ids comes before that of keys.
    const next = await domain.restart();
    domains.push(next);
    const known = async (n: number) => {
      const call = next.downloads.submit({ url: 'https://a.example/other' }, `k${n}`);
      return call.then(
        () => false,
        (error: unknown) => (error as { code: string }).code === 'IDEMPOTENCY_CONFLICT',
      );
    };
    expect(await known(1699)).toBe(true);
    expect(await known(400)).toBe(true);
    expect(await known(0)).toBe(false);
    expect(await known(100)).toBe(false);
  });

  it('can be used again when its request was refused', async () => {
    const domain = await open({ maxQueueDepth: 1 });
    await domain.submit('https://a.example/first');
    await expect(domain.downloads.submit(body, 'k')).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    const other = { url: 'https://a.example/first' };
    expect((await domain.downloads.submit(other, 'k')).duplicates).toHaveLength(1);
  });

  it('returns the ids of records that are gone', async () => {
    const domain = await open();
    const [id = ''] = idsOf(await domain.downloads.submit(body, 'k'));
    await domain.downloads.cancel(id);
    await domain.downloads.purge(id, 'record');
    expect(await domain.downloads.submit(body, 'k')).toMatchObject({
      downloads: [],
      removed: [id],
    });
  });
});

describe('capacity of the queue', () => {
  it('is counted correctly for concurrent requests', async () => {
    const domain = await open({ maxQueueDepth: 10 });
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        domain.downloads.submit({ url: `https://a.example/${n}` }, null),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(domain.activeCount()).toBe(10);
  });

  it('is given back when the write fails', async () => {
    const domain = await open({ maxQueueDepth: 1 });
    domain.failWrites(new Error('ENOSPC'));
    await expect(domain.submit('https://a.example/1')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    domain.failWrites(null);
    expect(await domain.submit('https://a.example/2')).toHaveLength(1);
  });
});
