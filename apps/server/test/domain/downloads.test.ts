import { afterEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/domain/attempt.ts';
import { eventually } from '../http/app-under-test.ts';
import {
  done,
  failure,
  openDomain,
  type DomainUnderTest,
  type DomainOptions,
} from './domain-under-test.ts';

const domains: DomainUnderTest[] = [];

async function open(options: DomainOptions = {}): Promise<DomainUnderTest> {
  const domain = await openDomain(options);
  domains.push(domain);
  return domain;
}

afterEach(async () => {
  for (const domain of domains.splice(0)) await domain.close();
});

const EIO = new Error('EIO');

describe('a history that cannot be written', () => {
  it.each(['cancel', 'pause'] as const)(
    'refuses to %s, and the waiting download still runs in its turn',
    async (action) => {
      const domain = await open({ slots: 1 });
      const [first = '', second = ''] = await domain.submit(
        'https://a.example/1',
        'https://a.example/2',
      );
      const attempt = await eventually(() => domain.attempts.get(first));
      domain.failWrites(EIO);
      await expect(domain.downloads[action](second)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
      domain.failWrites(null);
      expect(domain.statusOf(second)).toBe('queued');
      attempt.end(done);
      await eventually(() => domain.attempts.get(second));
    },
  );

  it.each(['cancel', 'pause'] as const)(
    'refuses to %s a running download, which continues',
    async (action) => {
      const domain = await open({ slots: 1 });
      const [id = ''] = await domain.submit('https://a.example/1');
      const { options } = await eventually(() => domain.attempts.get(id));
      options.onEvent({
        kind: 'progress',
        phase: 'downloading',
        progress: 10,
        downloadedBytes: 1,
        totalBytes: 10,
        speedBps: 1,
        etaSeconds: 1,
      });
      domain.failWrites(EIO);
      await expect(domain.downloads[action](id)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
      domain.failWrites(null);
      const next = await eventually(() => {
        const attempt = domain.attempts.get(id);
        return attempt && !attempt.options.signal.aborted ? attempt : null;
      });
      next.end(done);
      await eventually(() => domain.statusOf(id) === 'completed');
      expect(domain.viewOf(id).attempt).toBe(1);
    },
  );

  it('keeps nothing of a refused change, also when progress came in between', async () => {
    const domain = await open();
    const [id = ''] = await domain.submit('https://a.example/1');
    const { options } = await eventually(() => domain.attempts.get(id));
    domain.failWrites(EIO);
    const refused = domain.downloads.update(id, { tags: ['never'], notes: 'never' });
    options.onEvent({
      kind: 'progress',
      phase: 'downloading',
      progress: 30,
      downloadedBytes: 3,
      totalBytes: 10,
      speedBps: 1,
      etaSeconds: 1,
    });
    await expect(refused).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(domain.viewOf(id)).toMatchObject({ tags: [], notes: '', progress: 30 });
  });
});

describe('a download that ends', () => {
  it('is not evicted when somebody retries it at that moment', async () => {
    const domain = await open({ historyLimit: 1, slots: 2 });
    const [old = '', next = ''] = await domain.submit('https://a.example/1', 'https://a.example/2');
    (await eventually(() => domain.attempts.get(old))).end(failure('MEDIA_UNAVAILABLE'));
    await eventually(() => domain.statusOf(old) === 'failed');
    await eventually(() => domain.attempts.size === 1);
    const ending = await eventually(() => domain.attempts.get(next));
    const retried = domain.downloads.retry(old, {}).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'DOWNLOAD_NOT_FOUND' });
        return false;
      },
    );
    ending.end(failure('MEDIA_UNAVAILABLE'));
    await eventually(() => domain.statusOf(next) === 'failed');
    const isThere = await retried;
    expect(domain.records.has(old)).toBe(isThere);
    const again = await domain.restart();
    domains.push(again);
    expect(again.records.has(old)).toBe(isThere);
  });

  it('gets a valid waiting time, whatever the site says', async () => {
    const domain = await open({ slots: 1 });
    const [id = ''] = await domain.submit('https://a.example/1');
    (await eventually(() => domain.attempts.get(id))).end({
      kind: 'failed',
      code: 'THROTTLED',
      detail: '',
      retryAfterSeconds: Number.NaN,
      usage: null,
    });
    await eventually(() => domain.statusOf(id) === 'queued');
    expect(Date.parse(domain.viewOf(id).retry_at ?? '')).toBeGreaterThan(Date.now());
    expect(domain.viewOf(id).error?.code).toBe('THROTTLED');
  });
});

describe('a queued download that has started meanwhile', () => {
  it('does not wait a second time when its priority changes', async () => {
    const domain = await open({ slots: 1 });
    const [first = '', second = ''] = await domain.submit(
      'https://a.example/1',
      'https://b.example/2',
    );
    const attempt = await eventually(() => domain.attempts.get(first));
    attempt.end(done);
    const updated = domain.downloads.update(second, { priority: 9 });
    await updated;
    await eventually(() => domain.attempts.get(second));
    const waiting = domain.queue.hosts().reduce((sum, { queued }) => sum + queued, 0);
    expect(waiting).toBe(0);
  });
});

describe('a download whose file is stored', () => {
  const file = { kind: 'media', path: '/nowhere/media.mp4', suffix: '.mp4', sizeBytes: 1 } as const;
  const stored: Outcome = {
    ...{ kind: 'done', metadata: {}, warnings: [], usage: null },
    files: [{ ...file, contentType: 'video/mp4' }],
  };

  it('stays known beyond the limit of the history, over restarts, until its file is gone', async () => {
    const domain = await open({ historyLimit: 2, slots: 1 });
    const ids = await domain.submit(...[1, 2, 3, 4, 5].map((n) => `https://a.example/${n}`));
    for (const id of ids) (await eventually(() => domain.attempts.get(id))).end(stored);
    await eventually(() => domain.statusOf(ids[4] ?? '') === 'completed');
    const again = await domain.restart();
    domains.push(again);
    expect(await again.downloads.find({})).toEqual(ids);
    const [oldest = '', other = ''] = ids;
    await again.downloads.update(oldest, { notes: 'kept' });
    await again.downloads.purge(other, 'file');
    const third = await again.restart();
    domains.push(third);
    expect(third.viewOf(oldest).notes).toBe('kept');
    expect(await third.downloads.find({})).toEqual(ids.filter((id) => id !== other));
  });

  it('without one, the history keeps only as many records as its limit', async () => {
    const domain = await open({ historyLimit: 2, slots: 1 });
    const ids = await domain.submit(...[1, 2, 3, 4].map((n) => `https://a.example/${n}`));
    for (const id of ids) (await eventually(() => domain.attempts.get(id))).end(done);
    await eventually(() => domain.statusOf(ids[3] ?? '') === 'completed');
    expect(await domain.downloads.find({})).toEqual(ids.slice(2));
  });
});
