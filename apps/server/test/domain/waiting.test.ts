import type { FailureCode } from '@artemis/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryQueue } from '../../src/adapters/download-queue.memory.ts';
import type { Outcome } from '../../src/domain/attempt.ts';
import { eventually } from '../http/app-under-test.ts';
import {
  done,
  failure,
  openDomain,
  type DomainUnderTest,
  type DomainOptions,
} from './domain-under-test.ts';

const MIB = 1024 ** 2;
const domains: DomainUnderTest[] = [];

/** A room whose clock goes on only by hand. */
async function open(options: DomainOptions = {}) {
  let atMs = 1.7e12;
  const domain = await openDomain({ slots: 4, now: () => new Date(atMs), ...options });
  domains.push(domain);
  return { domain, pass: (ms: number) => void (atMs += ms), nowMs: () => atMs };
}

afterEach(async () => {
  await Promise.all(domains.splice(0).map((domain) => domain.close()));
});

async function endAttempt(domain: DomainUnderTest, id: string, outcome: Outcome): Promise<void> {
  (await eventually(() => domain.attempts.get(id))).end(outcome);
  await eventually(() => !domain.attempts.has(id) && domain.statusOf(id) !== 'running');
}

function sentAway(retryAfterSeconds: number | null, code: FailureCode = 'THROTTLED'): Outcome {
  return { kind: 'failed', code, detail: '', retryAfterSeconds, usage: null };
}

describe('a site that asks to slow down', () => {
  it('pauses as a whole and says until when, while other sites go on', async () => {
    const { domain, nowMs } = await open({ slots: 2 });
    const [first = '', second = '', third = '', other = ''] = await domain.submit(
      'https://a.example/1',
      'https://a.example/2',
      'https://a.example/3',
      'https://b.example/1',
    );
    await endAttempt(domain, second, done);
    await eventually(() => domain.attempts.get(third));
    await endAttempt(domain, first, sentAway(120));
    await endAttempt(domain, third, sentAway(60, 'BOT_CHECK'));
    await eventually(() => domain.attempts.get(other));
    expect(domain.viewOf(first)).toMatchObject({
      status: 'queued',
      waiting_for: 'retry',
      retry_at: new Date(nowMs() + 120_000).toISOString(),
      error: { code: 'THROTTLED' },
    });
    const [fourth = ''] = await domain.submit('https://a.example/4');
    expect(domain.viewOf(fourth).waiting_for).toBe('host');
    expect(domain.queue.hosts().find(({ host }) => host === 'a.example')).toMatchObject({
      queued: 3,
      parkedUntilMs: nowMs() + 120_000,
    });
  });

  it('pauses even when the download had no attempt left', async () => {
    const { domain } = await open({ slots: 1, maxAttempts: 1 });
    const [first = '', second = ''] = await domain.submit(
      'https://a.example/1',
      'https://a.example/2',
    );
    await endAttempt(domain, first, sentAway(null));
    expect(domain.statusOf(first)).toBe('failed');
    expect(domain.viewOf(second)).toMatchObject({ status: 'queued', waiting_for: 'host' });
  });

  it('pauses longer each time, until a download succeeds', async () => {
    const { domain, pass, nowMs } = await open({ slots: 1 });
    const ids = await domain.submit(...[1, 2, 3, 4].map((n) => `https://a.example/${n}`));
    const waits: number[] = [];
    const started = () => ids.find((id) => domain.attempts.has(id)) ?? null;
    const roundOf = async (outcome: Outcome) => {
      await endAttempt(domain, await eventually(started), outcome);
      const until = domain.queue.hosts()[0]?.parkedUntilMs ?? nowMs();
      waits.push((until - nowMs()) / 1000);
      pass(until - nowMs() + 1);
      // A change of any kind makes the queue look at its clock.
      await domain.downloads.update(ids[3] ?? '', { priority: 1 + (waits.length % 3) });
    };
    for (let round = 0; round < 3; round += 1) await roundOf(sentAway(null));
    await roundOf(done);
    await roundOf(sentAway(null));
    expect(waits).toEqual([5, 20, 80, 0, 5]);
  });
});

describe('a paused site', () => {
  async function openParked(outcome: Outcome = sentAway(1800)) {
    const opened = await open({ slots: 1 });
    const ids = await opened.domain.submit(...[1, 2, 3].map((n) => `https://a.example/${n}`));
    const [cause = '', waiting = ''] = ids;
    await endAttempt(opened.domain, cause, outcome);
    return { ...opened, cause, waiting };
  }

  it('shows until when and why on all its waiting downloads', async () => {
    const { domain, waiting, nowMs } = await openParked();
    const until = new Date(nowMs() + 1_800_000).toISOString();
    expect(domain.viewOf(waiting)).toMatchObject({
      waiting_for: 'host',
      retry_at: until,
      error: { code: 'THROTTLED' },
    });
    expect(domain.records.get(waiting)).toMatchObject({ retry_at: null, error: null });
  });

  it('is tried at once on request, also by the download that caused the pause', async () => {
    const { domain, cause, waiting } = await openParked(sentAway(1800, 'BOT_CHECK'));
    expect(await domain.downloads.resumeHost('a.example')).toEqual([cause]);
    await eventually(() => domain.attempts.has(cause));
    expect(domain.viewOf(cause).attempt).toBe(2);
    expect(domain.viewOf(waiting).error).toBeNull();
    await expect(domain.downloads.resumeHost('a.example')).rejects.toMatchObject({
      code: 'HOST_NOT_PARKED',
    });
    await expect(domain.downloads.resumeHost('b.example')).rejects.toMatchObject({
      code: 'HOST_NOT_PARKED',
    });
  });

  it.each(['cancel', 'pause'] as const)(
    'is tried again when the only download that caused the pause is gone: %s',
    async (act) => {
      const { domain, cause, waiting } = await openParked();
      await domain.downloads[act](cause);
      await eventually(() => domain.attempts.has(waiting));
    },
  );

  it('is tried again when the failed download that caused the pause is retried or removed', async () => {
    const { domain, cause, waiting } = await open({ slots: 1, maxAttempts: 1 }).then(
      async (opened) => {
        const [first = '', second = ''] = await opened.domain.submit(
          'https://a.example/1',
          'https://a.example/2',
        );
        await endAttempt(opened.domain, first, sentAway(1800));
        return { ...opened, cause: first, waiting: second };
      },
    );
    expect(domain.viewOf(waiting).waiting_for).toBe('host');
    await domain.downloads.purge(cause, 'record');
    await eventually(() => domain.attempts.has(waiting));
  });

  it('stays paused while another download has caused the pause too', async () => {
    const { domain, nowMs } = await open({ slots: 2 });
    const [first = '', second = '', third = ''] = await domain.submit(
      ...[1, 2, 3].map((n) => `https://a.example/${n}`),
    );
    await endAttempt(domain, first, sentAway(1800));
    await endAttempt(domain, second, sentAway(600));
    await domain.downloads.cancel(first);
    const { waiting_for: reason, retry_at: at } = domain.viewOf(third);
    expect(reason).toBe('host');
    expect(Math.round((Date.parse(at ?? '') - nowMs()) / 1000)).toBe(600);
    await domain.downloads.cancel(second);
    await eventually(() => domain.attempts.has(third));
  });

  it('says why, and is tried again without its cause, also after another download succeeded', async () => {
    const { domain } = await open({ slots: 2 });
    const [cause = '', underWay = '', waiting = ''] = await domain.submit(
      ...[1, 2, 3].map((n) => `https://a.example/${n}`),
    );
    await endAttempt(domain, cause, sentAway(1800));
    await endAttempt(domain, underWay, done);
    expect(domain.viewOf(waiting)).toMatchObject({
      waiting_for: 'host',
      error: { code: 'THROTTLED' },
    });
    await domain.downloads.cancel(cause);
    await eventually(() => domain.attempts.has(waiting));
  });

  it('stays paused across a restart with its cause, and is tried again when that is gone', async () => {
    const opened = await openParked();
    const domain = await opened.domain.restart();
    domains.push(domain);
    expect(domain.viewOf(opened.waiting)).toMatchObject({
      waiting_for: 'host',
      retry_at: new Date(opened.nowMs() + 1_800_000).toISOString(),
      error: { code: 'THROTTLED' },
    });
    await domain.downloads.cancel(opened.cause);
    await eventually(() => domain.attempts.has(opened.waiting));
  });

  it('is not paused after a restart for one file alone', async () => {
    const opened = await openParked({ ...sentAway(3000), isOfFileAlone: true } as Outcome);
    const domain = await opened.domain.restart();
    domains.push(domain);
    await eventually(() => domain.attempts.has(opened.waiting));
  });

  it('is not paused for one file alone, nor for an absurd time', async () => {
    const { domain, waiting } = await openParked({
      ...sentAway(3000),
      isOfFileAlone: true,
    } as Outcome);
    await eventually(() => domain.attempts.has(waiting));
    await endAttempt(domain, waiting, sentAway(86_400));
    const { parkedUntilMs } = domain.queue.hosts()[0] ?? {};
    expect((parkedUntilMs ?? 0) - 1.7e12).toBe(5000);
  });
});

describe('media that is not released yet', () => {
  const early = (releaseAtMs: number | null): Outcome => ({
    ...sentAway(null, 'UPCOMING'),
    ...({ releaseAtMs } as object),
  });

  it('waits until the site promises it, costs no attempt, and can be cancelled', async () => {
    const { domain, pass, nowMs } = await open({ maxAttempts: 2 });
    const [id = ''] = await domain.submit('https://a.example/1');
    const atMs = nowMs() + 3 * 86_400_000;
    await endAttempt(domain, id, early(atMs));
    expect(domain.viewOf(id)).toMatchObject({
      status: 'queued',
      waiting_for: 'release',
      retry_at: new Date(atMs).toISOString(),
      error: { code: 'UPCOMING', retryable: true },
      attempt: 1,
    });
    pass(atMs - nowMs() - 1000);
    await domain.downloads.update(id, { priority: 4 });
    expect(domain.attempts.has(id)).toBe(false);
    pass(2000);
    await domain.downloads.update(id, { priority: 5 });
    await endAttempt(domain, id, early(null));
    expect(domain.viewOf(id)).toMatchObject({ waiting_for: 'release', attempt: 1 });
    await domain.downloads.cancel(id);
    expect(domain.viewOf(id)).toMatchObject({ status: 'cancelled', retry_at: null });
  });

  it('is tried after pauses growing to a day, without limit', async () => {
    const { domain, pass, nowMs } = await open({ maxAttempts: 2 });
    const [id = ''] = await domain.submit('https://a.example/1');
    const pauses: number[] = [];
    for (let look = 0; look < 9; look += 1) {
      await endAttempt(domain, id, early(null));
      const at = Date.parse(domain.viewOf(id).retry_at ?? '');
      pauses.push((at - nowMs()) / 60_000);
      pass(at - nowMs() + 1);
      await domain.downloads.update(id, { priority: 1 + (look % 3) });
    }
    expect(pauses).toEqual([1, 3, 9, 27, 81, 243, 729, 1440, 1440]);
    expect(domain.viewOf(id).attempt).toBe(1);
  });

  it('still waits after a restart, and after a pause', async () => {
    const { domain, nowMs } = await open();
    const [id = ''] = await domain.submit('https://a.example/1');
    const atMs = nowMs() + 7_200_000;
    await endAttempt(domain, id, early(atMs));
    await domain.downloads.pause(id);
    await domain.downloads.resume(id);
    domains.splice(domains.indexOf(domain), 1);
    const next = await domain.restart();
    domains.push(next);
    expect(next.viewOf(id)).toMatchObject({
      waiting_for: 'release',
      retry_at: new Date(atMs).toISOString(),
      attempt: 1,
    });
    expect(next.attempts.has(id)).toBe(false);
  });
});

describe('a plain refusal by a site', () => {
  it('is not retried, and its words are kept', async () => {
    const { domain } = await open();
    const [id = ''] = await domain.submit('https://a.example/1');
    await endAttempt(domain, id, {
      ...sentAway(null, 'SITE_REFUSED'),
      quote: 'Not today',
    } as Outcome);
    expect(domain.viewOf(id)).toMatchObject({
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
    const { domain, pass, nowMs } = await open({ maxAttempts: 9 });
    const [id = ''] = await domain.submit('https://a.example/1');
    for (let death = 1; death <= 3; death += 1) {
      await endAttempt(domain, id, failure('WORKER_CRASHED'));
      const retryAt = domain.viewOf(id).retry_at;
      if (retryAt !== null) pass(Date.parse(retryAt) - nowMs() + 1);
      if (domain.statusOf(id) === 'queued') await domain.downloads.update(id, { priority: death });
    }
    expect(domain.viewOf(id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: { code: 'WORKER_CRASHED' },
    });
    await domain.downloads.retry(id, {});
    await endAttempt(domain, id, failure('WORKER_CRASHED'));
    expect(domain.statusOf(id)).toBe('queued');
  });

  it('is counted over restarts of the server', async () => {
    const first = await open({ maxAttempts: 9 });
    let { domain } = first;
    const [id = ''] = await domain.submit('https://a.example/1');
    for (let death = 1; death <= 3; death += 1) {
      await endAttempt(domain, id, failure('WORKER_CRASHED'));
      const retryAt = domain.viewOf(id).retry_at;
      if (retryAt !== null) first.pass(Date.parse(retryAt) - first.nowMs() + 1);
      domain = await domain.restart();
      domains.push(domain);
    }
    expect(domain.viewOf(id)).toMatchObject({ status: 'failed', attempt: 3 });
  });
});

describe('a connection that breaks again and again', () => {
  async function openBrokenLine() {
    const { domain, pass, nowMs } = await open({ maxAttempts: 2 });
    const [id = ''] = await domain.submit('https://a.example/1');
    const breakAt = async (downloadedBytes: number, code: FailureCode = 'NETWORK') => {
      const attempt = await eventually(() => domain.attempts.get(id));
      attempt.options.onEvent({
        kind: 'progress',
        phase: 'downloading',
        progress: 1,
        downloadedBytes,
        totalBytes: 100 * MIB,
        speedBps: null,
        etaSeconds: null,
      });
      await endAttempt(domain, id, failure(code));
      const retryAt = domain.viewOf(id).retry_at;
      if (domain.statusOf(id) !== 'queued' || retryAt === null) return;
      pass(Date.parse(retryAt) - nowMs() + 1);
      await domain.downloads.update(id, { priority: 1 + (downloadedBytes % 3) });
    };
    return { domain, id, breakAt };
  }

  it('ends a download that gets no further, not one that does', async () => {
    const { domain, id, breakAt } = await openBrokenLine();
    for (let megabytes = 1; megabytes <= 6; megabytes += 1) await breakAt(megabytes * MIB);
    expect(domain.statusOf(id)).not.toBe('failed');
    await breakAt(6 * MIB);
    expect(domain.viewOf(id)).toMatchObject({
      status: 'failed',
      attempt: 7,
      error: { code: 'NETWORK' },
    });
  });

  it('ends a download after fifty attempts, however small its progress', async () => {
    const { domain, id, breakAt } = await openBrokenLine();
    for (let run = 1; run <= 50; run += 1) await breakAt(run);
    expect(domain.viewOf(id)).toMatchObject({ status: 'failed', attempt: 50 });
  });

  it('counts every attempt that leaves nothing to continue', async () => {
    const { domain, id, breakAt } = await openBrokenLine();
    await breakAt(MIB, 'TRUNCATED');
    await breakAt(2 * MIB, 'TRUNCATED');
    expect(domain.statusOf(id)).toBe('failed');
  });
});

describe('the work folder of a record', () => {
  it('is removed with a record that is evicted', async () => {
    const { domain } = await open({ slots: 1, historyLimit: 1, maxAttempts: 1 });
    const [first = ''] = await domain.submit('https://a.example/1');
    await endAttempt(domain, first, failure('NETWORK'));
    expect(domain.removedFolders).not.toContain(first);
    const [second = ''] = await domain.submit('https://a.example/2');
    await endAttempt(domain, second, done);
    await eventually(() => domain.statusOf(first) === null);
    expect(domain.removedFolders).toContain(first);
  });
});

describe('a disk without space', () => {
  it('makes a download wait once its size is known, and continues it by itself', async () => {
    const { domain } = await open({ slots: 2 });
    domain.setFreeBytes(100 * MIB);
    const [large = '', small = ''] = await domain.submit(
      'https://a.example/large',
      'https://b.example/small',
    );
    const space = (id: string, totalBytes: number, presentBytes = 0) =>
      domain.attempts.get(id)?.options.onEvent({ kind: 'space', totalBytes, presentBytes });
    await eventually(() => domain.attempts.size === 2);
    space(small, 30 * MIB, 10 * MIB);
    space(large, 90 * MIB);
    await eventually(() => domain.viewOf(large).waiting_for === 'disk');
    expect(domain.viewOf(large)).toMatchObject({
      status: 'queued',
      error: { code: 'DISK_FULL' },
      retry_at: null,
    });
    expect((await domain.downloads.logOf(large, 0)).lines.map(({ text }) => text)).toContain(
      'Needs 90 MiB on the disk and 80 MiB may be used; it starts by itself when there is space.',
    );
    // A change of its priority does not let it in.
    await domain.downloads.update(large, { priority: 10 });
    const [next = ''] = await domain.submit('https://b.example/next');
    await eventually(() => domain.attempts.get(next));
    expect(domain.statusOf(large)).toBe('queued');
    await endAttempt(domain, small, done);
    await endAttempt(domain, next, done);
    await eventually(() => domain.attempts.get(large));
    space(large, 90 * MIB);
    await endAttempt(domain, large, done);
    expect(domain.viewOf(large)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('counts what running downloads still have to write', async () => {
    const { domain } = await open({ slots: 2 });
    domain.setFreeBytes(100 * MIB);
    const [first = '', second = ''] = await domain.submit(
      'https://a.example/1',
      'https://b.example/2',
    );
    await eventually(() => domain.attempts.size === 2);
    const event = (id: string) => domain.attempts.get(id)?.options.onEvent;
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
    domain.setFreeBytes(40 * MIB);
    event(second)?.({ kind: 'space', totalBytes: 25 * MIB, presentBytes: 0 });
    await eventually(() => domain.viewOf(second).waiting_for === 'disk');
    expect(domain.statusOf(first)).toBe('running');
  });

  it('gets the partial files of failed downloads removed when others wait for space', async () => {
    const { domain } = await open({ slots: 1, maxAttempts: 1 });
    const [full = '', broken = '', next = ''] = await domain.submit(
      ...[1, 2, 3].map((n) => `https://a.example/${n}`),
    );
    await endAttempt(domain, full, failure('DISK_FULL'));
    await endAttempt(domain, broken, failure('NETWORK'));
    await eventually(() => domain.removedFolders.includes(full));
    expect(domain.removedFolders).not.toContain(broken);
    await endAttempt(domain, next, failure('DISK_FULL'));
    expect(domain.statusOf(next)).toBe('failed');
    // Nobody else needs it: it stays for a retry.
    expect(domain.removedFolders).not.toContain(next);
  });
});

describe('the clock of the computer', () => {
  it.each([-86_400_000, 86_400_000, -1.7e12])(
    'set by %d ms does not change a wait that has begun',
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

  it('set back before a start makes no download wait longer than an hour', async () => {
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
