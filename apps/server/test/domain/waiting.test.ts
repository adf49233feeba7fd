import type { FailureCode } from '@artemis/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryQueue } from '../../src/adapters/download-queue.memory.ts';
import type { Outcome } from '../../src/domain/attempt.ts';
import { eventually } from '../http/app-under-test.ts';
import { done, failure, openRoom, type Room, type RoomOptions } from './room-under-test.ts';

const MIB = 1024 ** 2;
const rooms: Room[] = [];

/** A room whose clock goes on only by hand. */
async function open(options: RoomOptions = {}) {
  let atMs = 1.7e12;
  const room = await openRoom({ slots: 4, now: () => new Date(atMs), ...options });
  rooms.push(room);
  return { room, pass: (ms: number) => void (atMs += ms), nowMs: () => atMs };
}

afterEach(async () => {
  await Promise.all(rooms.splice(0).map((room) => room.close()));
});

async function endAttempt(room: Room, id: string, outcome: Outcome): Promise<void> {
  (await eventually(() => room.attempts.get(id))).end(outcome);
  await eventually(() => !room.attempts.has(id) && room.statusOf(id) !== 'running');
}

function sentAway(retryAfterSeconds: number | null, code: FailureCode = 'THROTTLED'): Outcome {
  return { kind: 'failed', code, detail: '', retryAfterSeconds, usage: null };
}

describe('a site that sends us away', () => {
  it('is left alone as a whole, says until when, and other sites go on', async () => {
    const { room, nowMs } = await open({ slots: 2 });
    const [first = '', second = '', third = '', other = ''] = await room.submit(
      'https://a.example/1',
      'https://a.example/2',
      'https://a.example/3',
      'https://b.example/1',
    );
    await endAttempt(room, second, done);
    await eventually(() => room.attempts.get(third));
    await endAttempt(room, first, sentAway(120));
    await endAttempt(room, third, sentAway(60, 'BOT_CHECK'));
    await eventually(() => room.attempts.get(other));
    expect(room.downloads.get(first)).toMatchObject({
      status: 'queued',
      waiting_for: 'retry',
      retry_at: new Date(nowMs() + 120_000).toISOString(),
      error: { code: 'THROTTLED' },
    });
    const [fourth = ''] = await room.submit('https://a.example/4');
    expect(room.downloads.get(fourth).waiting_for).toBe('host');
    expect(room.queue.hosts().find(({ host }) => host === 'a.example')).toMatchObject({
      queued: 3,
      parkedUntilMs: nowMs() + 120_000,
    });
  });

  it('is left alone also when the download had no attempt left', async () => {
    const { room } = await open({ slots: 1, maxAttempts: 1 });
    const [first = '', second = ''] = await room.submit(
      'https://a.example/1',
      'https://a.example/2',
    );
    await endAttempt(room, first, sentAway(null));
    expect(room.statusOf(first)).toBe('failed');
    expect(room.downloads.get(second)).toMatchObject({ status: 'queued', waiting_for: 'host' });
  });

  it('is left alone longer each time, whichever download asked, until one ends well', async () => {
    const { room, pass, nowMs } = await open({ slots: 1 });
    const ids = await room.submit(...[1, 2, 3, 4].map((n) => `https://a.example/${n}`));
    const waits: number[] = [];
    const started = () => ids.find((id) => room.attempts.has(id)) ?? null;
    const roundOf = async (outcome: Outcome) => {
      await endAttempt(room, await eventually(started), outcome);
      const until = room.queue.hosts()[0]?.parkedUntilMs ?? nowMs();
      waits.push((until - nowMs()) / 1000);
      pass(until - nowMs() + 1);
      // A change of any kind makes the queue look at its clock.
      await room.downloads.update(ids[3] ?? '', { priority: 1 + (waits.length % 3) });
    };
    for (let round = 0; round < 3; round += 1) await roundOf(sentAway(null));
    await roundOf(done);
    await roundOf(sentAway(null));
    expect(waits).toEqual([5, 20, 80, 0, 5]);
  });
});

describe('a site that is left alone', () => {
  async function openParked(outcome: Outcome = sentAway(1800)) {
    const opened = await open({ slots: 1 });
    const ids = await opened.room.submit(...[1, 2, 3].map((n) => `https://a.example/${n}`));
    const [cause = '', waiting = ''] = ids;
    await endAttempt(opened.room, cause, outcome);
    return { ...opened, cause, waiting };
  }

  it('says until when and why at everything that waits for it', async () => {
    const { room, waiting, nowMs } = await openParked();
    const until = new Date(nowMs() + 1_800_000).toISOString();
    expect(room.downloads.get(waiting)).toMatchObject({
      waiting_for: 'host',
      retry_at: until,
      error: { code: 'THROTTLED' },
    });
    expect(room.live.get(waiting)?.download).toMatchObject({ retry_at: null, error: null });
  });

  it('is asked again at once when that is wanted, also by the one that was sent away', async () => {
    const { room, cause, waiting } = await openParked(sentAway(1800, 'BOT_CHECK'));
    expect(await room.downloads.resumeHost('a.example')).toEqual([cause]);
    await eventually(() => room.attempts.has(cause));
    expect(room.downloads.get(cause).attempt).toBe(2);
    expect(room.downloads.get(waiting).error).toBeNull();
    await expect(room.downloads.resumeHost('a.example')).rejects.toMatchObject({
      code: 'HOST_NOT_PARKED',
    });
    await expect(room.downloads.resumeHost('b.example')).rejects.toMatchObject({
      code: 'HOST_NOT_PARKED',
    });
  });

  it.each(['cancel', 'pause'] as const)(
    'is asked again when its only cause is gone: %s',
    async (act) => {
      const { room, cause, waiting } = await openParked();
      await room.downloads[act](cause);
      await eventually(() => room.attempts.has(waiting));
    },
  );

  it('is asked again when a failed cause is retried or forgotten', async () => {
    const { room, cause, waiting } = await open({ slots: 1, maxAttempts: 1 }).then(
      async (opened) => {
        const [first = '', second = ''] = await opened.room.submit(
          'https://a.example/1',
          'https://a.example/2',
        );
        await endAttempt(opened.room, first, sentAway(1800));
        return { ...opened, cause: first, waiting: second };
      },
    );
    expect(room.downloads.get(waiting).waiting_for).toBe('host');
    await room.downloads.purge(cause, 'record');
    await eventually(() => room.attempts.has(waiting));
  });

  it('stays so while another download speaks for it, for as long as that one says', async () => {
    const { room, nowMs } = await open({ slots: 2 });
    const [first = '', second = '', third = ''] = await room.submit(
      ...[1, 2, 3].map((n) => `https://a.example/${n}`),
    );
    await endAttempt(room, first, sentAway(1800));
    await endAttempt(room, second, sentAway(600));
    await room.downloads.cancel(first);
    const { waiting_for: reason, retry_at: at } = room.downloads.get(third);
    expect(reason).toBe('host');
    expect(Math.round((Date.parse(at ?? '') - nowMs()) / 1000)).toBe(600);
    await room.downloads.cancel(second);
    await eventually(() => room.attempts.has(third));
  });

  it('says why, and is asked again without its cause, also when another download has ended well meanwhile', async () => {
    const { room } = await open({ slots: 2 });
    const [cause = '', underWay = '', waiting = ''] = await room.submit(
      ...[1, 2, 3].map((n) => `https://a.example/${n}`),
    );
    await endAttempt(room, cause, sentAway(1800));
    await endAttempt(room, underWay, done);
    expect(room.downloads.get(waiting)).toMatchObject({
      waiting_for: 'host',
      error: { code: 'THROTTLED' },
    });
    await room.downloads.cancel(cause);
    await eventually(() => room.attempts.has(waiting));
  });

  it('stays so over a restart with its cause, and is asked again when that is gone', async () => {
    const opened = await openParked();
    const room = await opened.room.restart();
    rooms.push(room);
    expect(room.downloads.get(opened.waiting)).toMatchObject({
      waiting_for: 'host',
      retry_at: new Date(opened.nowMs() + 1_800_000).toISOString(),
      error: { code: 'THROTTLED' },
    });
    await room.downloads.cancel(opened.cause);
    await eventually(() => room.attempts.has(opened.waiting));
  });

  it('is not so after a restart for a file alone', async () => {
    const opened = await openParked({ ...sentAway(3000), isOfFileAlone: true } as Outcome);
    const room = await opened.room.restart();
    rooms.push(room);
    await eventually(() => room.attempts.has(opened.waiting));
  });

  it('is not so for a file alone, nor for as long as an absurd answer says', async () => {
    const { room, waiting } = await openParked({
      ...sentAway(3000),
      isOfFileAlone: true,
    } as Outcome);
    await eventually(() => room.attempts.has(waiting));
    await endAttempt(room, waiting, sentAway(86_400));
    const { parkedUntilMs } = room.queue.hosts()[0] ?? {};
    expect((parkedUntilMs ?? 0) - 1.7e12).toBe(5000);
  });
});

describe('media that is not out yet', () => {
  const early = (releaseAtMs: number | null): Outcome => ({
    ...sentAway(null, 'UPCOMING'),
    ...({ releaseAtMs } as object),
  });

  it('waits until the site promises it, costs no attempt, and can be cancelled', async () => {
    const { room, pass, nowMs } = await open({ maxAttempts: 2 });
    const [id = ''] = await room.submit('https://a.example/1');
    const atMs = nowMs() + 3 * 86_400_000;
    await endAttempt(room, id, early(atMs));
    expect(room.downloads.get(id)).toMatchObject({
      status: 'queued',
      waiting_for: 'release',
      retry_at: new Date(atMs).toISOString(),
      error: { code: 'UPCOMING', retryable: true },
      attempt: 1,
    });
    pass(atMs - nowMs() - 1000);
    await room.downloads.update(id, { priority: 4 });
    expect(room.attempts.has(id)).toBe(false);
    pass(2000);
    await room.downloads.update(id, { priority: 5 });
    await endAttempt(room, id, early(null));
    expect(room.downloads.get(id)).toMatchObject({ waiting_for: 'release', attempt: 1 });
    await room.downloads.cancel(id);
    expect(room.downloads.get(id)).toMatchObject({ status: 'cancelled', retry_at: null });
  });

  it('is looked at after pauses that grow up to a day, however often', async () => {
    const { room, pass, nowMs } = await open({ maxAttempts: 2 });
    const [id = ''] = await room.submit('https://a.example/1');
    const pauses: number[] = [];
    for (let look = 0; look < 9; look += 1) {
      await endAttempt(room, id, early(null));
      const at = Date.parse(room.downloads.get(id).retry_at ?? '');
      pauses.push((at - nowMs()) / 60_000);
      pass(at - nowMs() + 1);
      await room.downloads.update(id, { priority: 1 + (look % 3) });
    }
    expect(pauses).toEqual([1, 3, 9, 27, 81, 243, 729, 1440, 1440]);
    expect(room.downloads.get(id).attempt).toBe(1);
  });

  it('still waits for it after a restart, and after a pause', async () => {
    const { room, nowMs } = await open();
    const [id = ''] = await room.submit('https://a.example/1');
    const atMs = nowMs() + 7_200_000;
    await endAttempt(room, id, early(atMs));
    await room.downloads.pause(id);
    await room.downloads.resume(id);
    rooms.splice(rooms.indexOf(room), 1);
    const next = await room.restart();
    rooms.push(next);
    expect(next.downloads.get(id)).toMatchObject({
      waiting_for: 'release',
      retry_at: new Date(atMs).toISOString(),
      attempt: 1,
    });
    expect(next.attempts.has(id)).toBe(false);
  });
});

describe('what a site refuses', () => {
  it('is not tried again, and its words are kept', async () => {
    const { room } = await open();
    const [id = ''] = await room.submit('https://a.example/1');
    await endAttempt(room, id, {
      ...sentAway(null, 'SITE_REFUSED'),
      quote: 'Not today',
    } as Outcome);
    expect(room.downloads.get(id)).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: {
        code: 'SITE_REFUSED',
        message: expect.stringContaining('“Not today”') as string,
        detail: 'Not today',
        retryable: false,
      },
    });
  });
});

describe('a download whose processes die', () => {
  it('is not run a fourth time, however many attempts are allowed', async () => {
    const { room, pass, nowMs } = await open({ maxAttempts: 9 });
    const [id = ''] = await room.submit('https://a.example/1');
    for (let death = 1; death <= 3; death += 1) {
      await endAttempt(room, id, failure('WORKER_CRASHED'));
      const retryAt = room.downloads.get(id).retry_at;
      if (retryAt !== null) pass(Date.parse(retryAt) - nowMs() + 1);
      if (room.statusOf(id) === 'queued') await room.downloads.update(id, { priority: death });
    }
    expect(room.downloads.get(id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: { code: 'WORKER_CRASHED' },
    });
    await room.downloads.retry(id, {});
    await endAttempt(room, id, failure('WORKER_CRASHED'));
    expect(room.statusOf(id)).toBe('queued');
  });
});

describe('a line that breaks again and again', () => {
  async function openBrokenLine() {
    const { room, pass, nowMs } = await open({ maxAttempts: 2 });
    const [id = ''] = await room.submit('https://a.example/1');
    const breakAt = async (downloadedBytes: number, code: FailureCode = 'NETWORK') => {
      const attempt = await eventually(() => room.attempts.get(id));
      attempt.options.onEvent({
        kind: 'progress',
        phase: 'downloading',
        progress: 1,
        downloadedBytes,
        totalBytes: 100 * MIB,
        speedBps: null,
        etaSeconds: null,
      });
      await endAttempt(room, id, failure(code));
      const retryAt = room.downloads.get(id).retry_at;
      if (room.statusOf(id) !== 'queued' || retryAt === null) return;
      pass(Date.parse(retryAt) - nowMs() + 1);
      await room.downloads.update(id, { priority: 1 + (downloadedBytes % 3) });
    };
    return { room, id, breakAt };
  }

  it('does not end a download that gets further each time, but one that does not', async () => {
    const { room, id, breakAt } = await openBrokenLine();
    for (let megabytes = 1; megabytes <= 6; megabytes += 1) await breakAt(megabytes * MIB);
    expect(room.statusOf(id)).not.toBe('failed');
    await breakAt(6 * MIB);
    expect(room.downloads.get(id)).toMatchObject({
      status: 'failed',
      attempt: 7,
      error: { code: 'NETWORK' },
    });
  });

  it('ends a download after fifty runs, however small its steps', async () => {
    const { room, id, breakAt } = await openBrokenLine();
    for (let run = 1; run <= 50; run += 1) await breakAt(run);
    expect(room.downloads.get(id)).toMatchObject({ status: 'failed', attempt: 50 });
  });

  it('counts every run after which nothing can be continued', async () => {
    const { room, id, breakAt } = await openBrokenLine();
    await breakAt(MIB, 'TRUNCATED');
    await breakAt(2 * MIB, 'TRUNCATED');
    expect(room.statusOf(id)).toBe('failed');
  });
});

describe('the work folder of a record', () => {
  it('goes with a record that makes room for another one', async () => {
    const { room } = await open({ slots: 1, historyLimit: 1, maxAttempts: 1 });
    const [first = ''] = await room.submit('https://a.example/1');
    await endAttempt(room, first, failure('NETWORK'));
    expect(room.removedFolders).not.toContain(first);
    const [second = ''] = await room.submit('https://a.example/2');
    await endAttempt(room, second, done);
    await eventually(() => room.statusOf(first) === null);
    expect(room.removedFolders).toContain(first);
  });
});

describe('a disk without room', () => {
  it('holds a download back once its size is known, and lets it go on by itself', async () => {
    const { room } = await open({ slots: 2 });
    room.setFreeBytes(100 * MIB);
    const [large = '', small = ''] = await room.submit(
      'https://a.example/large',
      'https://b.example/small',
    );
    const space = (id: string, totalBytes: number, presentBytes = 0) =>
      room.attempts.get(id)?.options.onEvent({ kind: 'space', totalBytes, presentBytes });
    await eventually(() => room.attempts.size === 2);
    space(small, 30 * MIB, 10 * MIB);
    space(large, 90 * MIB);
    await eventually(() => room.downloads.get(large).waiting_for === 'disk');
    expect(room.downloads.get(large)).toMatchObject({
      status: 'queued',
      error: { code: 'DISK_FULL' },
      retry_at: null,
    });
    expect(room.downloads.logOf(large, 0).lines.map(({ text }) => text)).toContain(
      'Needs 90 MiB on the disk and 80 MiB may be used; it starts by itself when there is room.',
    );
    // A change of its priority does not let it in.
    await room.downloads.update(large, { priority: 10 });
    const [next = ''] = await room.submit('https://b.example/next');
    await eventually(() => room.attempts.get(next));
    expect(room.statusOf(large)).toBe('queued');
    await endAttempt(room, small, done);
    await endAttempt(room, next, done);
    await eventually(() => room.attempts.get(large));
    space(large, 90 * MIB);
    await endAttempt(room, large, done);
    expect(room.downloads.get(large)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('counts what running downloads have still to write', async () => {
    const { room } = await open({ slots: 2 });
    room.setFreeBytes(100 * MIB);
    const [first = '', second = ''] = await room.submit(
      'https://a.example/1',
      'https://b.example/2',
    );
    await eventually(() => room.attempts.size === 2);
    const event = (id: string) => room.attempts.get(id)?.options.onEvent;
    event(first)?.({ kind: 'space', totalBytes: 80 * MIB, presentBytes: 0 });
    event(first)?.({
      kind: 'progress',
      phase: 'downloading',
      progress: 75,
      downloadedBytes: 60 * MIB,
      totalBytes: 80 * MIB,
      speedBps: null,
      etaSeconds: null,
    });
    await new Promise((resolve) => setImmediate(resolve));
    room.setFreeBytes(40 * MIB);
    event(second)?.({ kind: 'space', totalBytes: 25 * MIB, presentBytes: 0 });
    await eventually(() => room.downloads.get(second).waiting_for === 'disk');
    expect(room.statusOf(first)).toBe('running');
  });

  it('gets back what failed downloads have left, when others wait for it', async () => {
    const { room } = await open({ slots: 1, maxAttempts: 1 });
    const [full = '', broken = '', next = ''] = await room.submit(
      ...[1, 2, 3].map((n) => `https://a.example/${n}`),
    );
    await endAttempt(room, full, failure('DISK_FULL'));
    await endAttempt(room, broken, failure('NETWORK'));
    await eventually(() => room.removedFolders.includes(full));
    expect(room.removedFolders).not.toContain(broken);
    await endAttempt(room, next, failure('DISK_FULL'));
    expect(room.statusOf(next)).toBe('failed');
    // Nobody else needs it: it stays for a retry.
    expect(room.removedFolders).not.toContain(next);
  });
});

describe('the clock of the computer', () => {
  it.each([-86_400_000, 86_400_000, -1.7e12])(
    'set by %d ms changes no wait that has begun',
    async (jumpMs) => {
      let steadyMs = 1000;
      let wallMs = 1.7e12;
      let wake = (): void => undefined;
      const queue = createMemoryQueue({
        slots: 2,
        maxPerHost: 2,
        nowMs: () => steadyMs,
        wallMs: () => wallMs,
        wakeAfter: (run) => {
          wake = run;
          return () => undefined;
        },
      });
      const started: string[] = [];
      queue.start((id) => {
        started.push(id);
        return new Promise(() => undefined);
      });
      const base = { priority: 3, order: 1, neededBytes: null };
      await queue.enqueue({ ...base, id: 'a', host: 'a', notBeforeMs: wallMs + 60_000 });
      await queue.park('b', wallMs + 60_000);
      await queue.enqueue({ ...base, id: 'b', host: 'b', notBeforeMs: null });
      wallMs += jumpMs;
      steadyMs += 59_000;
      wake();
      expect(started).toEqual([]);
      expect(queue.hosts().find(({ host }) => host === 'b')?.parkedUntilMs).toBe(wallMs + 1000);
      steadyMs += 1001;
      wake();
      expect(started.toSorted()).toEqual(['a', 'b']);
      await queue.close();
    },
  );

  it('set back before a start makes nobody wait longer than an hour', async () => {
    let nowMs = 1.7e12;
    const queue = createMemoryQueue({
      slots: 1,
      maxPerHost: 1,
      nowMs: () => nowMs,
      wakeAfter: () => () => undefined,
    });
    const started: string[] = [];
    queue.start((id) => {
      started.push(id);
      return new Promise(() => undefined);
    });
    const base = { priority: 3, order: 1, neededBytes: null, notBeforeMs: null };
    await queue.enqueue({ ...base, id: 'a', host: 'a', notBeforeMs: nowMs + 86_400_000 });
    nowMs += 3_600_001;
    await queue.enqueue({ ...base, id: 'b', host: 'b', order: 2 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual(['a']);
    await queue.close();
  });
});
