import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../http/app-under-test.ts';
import { done, failure, openRoom, type Room, type RoomOptions } from './room-under-test.ts';

const rooms: Room[] = [];

async function open(options: RoomOptions = {}): Promise<Room> {
  const room = await openRoom(options);
  rooms.push(room);
  return room;
}

afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close();
});

const EIO = new Error('EIO');

describe('a history that cannot be written', () => {
  it.each(['cancel', 'pause'] as const)(
    'refuses to %s, and the waiting download runs in its turn all the same',
    async (action) => {
      const room = await open({ slots: 1 });
      const [first = '', second = ''] = await room.submit(
        'https://a.example/1',
        'https://a.example/2',
      );
      const attempt = await eventually(() => room.attempts.get(first));
      room.failWrites(EIO);
      await expect(room.downloads[action](second)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
      room.failWrites(null);
      expect(room.statusOf(second)).toBe('queued');
      attempt.end(done);
      await eventually(() => room.attempts.get(second));
    },
  );

  it.each(['cancel', 'pause'] as const)(
    'refuses to %s a running download, which then goes on',
    async (action) => {
      const room = await open({ slots: 1 });
      const [id = ''] = await room.submit('https://a.example/1');
      const { options } = await eventually(() => room.attempts.get(id));
      options.onEvent({
        kind: 'progress',
        phase: 'downloading',
        progress: 10,
        downloadedBytes: 1,
        totalBytes: 10,
        speedBps: 1,
        etaSeconds: 1,
      });
      room.failWrites(EIO);
      await expect(room.downloads[action](id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      room.failWrites(null);
      const next = await eventually(() => {
        const attempt = room.attempts.get(id);
        return attempt && !attempt.options.signal.aborted ? attempt : null;
      });
      next.end(done);
      await eventually(() => room.statusOf(id) === 'completed');
      expect(room.downloads.get(id).attempt).toBe(1);
    },
  );

  it('keeps nothing of a refused change, also when progress came in between', async () => {
    const room = await open();
    const [id = ''] = await room.submit('https://a.example/1');
    const { options } = await eventually(() => room.attempts.get(id));
    room.failWrites(EIO);
    const refused = room.downloads.update(id, { tags: ['never'], notes: 'never' });
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
    expect(room.downloads.get(id)).toMatchObject({ tags: [], notes: '', progress: 30 });
  });
});

describe('a download that ends', () => {
  it('is not evicted when somebody retries it in that moment', async () => {
    const room = await open({ historyLimit: 1, slots: 2 });
    const [old = '', next = ''] = await room.submit('https://a.example/1', 'https://a.example/2');
    (await eventually(() => room.attempts.get(old))).end(failure('MEDIA_UNAVAILABLE'));
    await eventually(() => room.statusOf(old) === 'failed');
    await eventually(() => room.attempts.size === 1);
    (await eventually(() => room.attempts.get(next))).end(failure('MEDIA_UNAVAILABLE'));
    // The write that evicts `old` is under way as soon as `next` shows as failed.
    await new Promise<void>((resolve) => {
      const unsubscribe = room.downloads.subscribe((change) => {
        if (change.kind === 'changed' && change.download.status === 'failed') {
          unsubscribe();
          queueMicrotask(resolve);
        }
      });
    });
    await room.downloads.retry(old, {});
    await eventually(() => room.statusOf(next) === 'failed');
    expect(['queued', 'running']).toContain(room.statusOf(old));
    const again = await room.restart();
    rooms.push(again);
    expect(['queued', 'running']).toContain(again.statusOf(old));
  });

  it('waits for a moment that exists, whatever the site says', async () => {
    const room = await open({ slots: 1 });
    const [id = ''] = await room.submit('https://a.example/1');
    (await eventually(() => room.attempts.get(id))).end({
      kind: 'failed',
      code: 'THROTTLED',
      detail: '',
      retryAfterSeconds: Number.NaN,
      usage: null,
    });
    await eventually(() => room.statusOf(id) === 'queued');
    expect(Date.parse(room.downloads.get(id).retry_at ?? '')).toBeGreaterThan(Date.now());
    expect(room.downloads.get(id).error?.code).toBe('THROTTLED');
  });
});

describe('a queued download that started meanwhile', () => {
  it('does not wait a second time when its priority changes', async () => {
    const room = await open({ slots: 1 });
    const [first = '', second = ''] = await room.submit(
      'https://a.example/1',
      'https://b.example/2',
    );
    const attempt = await eventually(() => room.attempts.get(first));
    attempt.end(done);
    const updated = room.downloads.update(second, { priority: 9 });
    await updated;
    await eventually(() => room.attempts.get(second));
    const waiting = room.queue.hosts().reduce((sum, { queued }) => sum + queued, 0);
    expect(waiting).toBe(0);
  });
});
