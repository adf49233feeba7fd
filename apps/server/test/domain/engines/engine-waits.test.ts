import type { FailureCode } from '@artemis/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/domain/attempt.ts';
import { eventually } from '../../http/app-under-test.ts';
import { done, failure, openRoom, type Room, type RoomOptions } from '../room-under-test.ts';

const MINUTE = 60_000;
const rooms: Room[] = [];

afterEach(async () => {
  await Promise.all(rooms.splice(0).map((room) => room.close()));
});

/** A room whose clock goes on only by hand. */
async function open(options: RoomOptions = {}) {
  let atMs = 1.7e12;
  const room = await openRoom({ slots: 4, maxPerHost: 2, now: () => new Date(atMs), ...options });
  rooms.push(room);
  const pass = (ms: number) => void (atMs += ms);
  return { room, pass };
}

const links = (count: number, host = 'www.video.example') =>
  Array.from({ length: count }, (_, at) => `https://${host}/${at}`);

async function endAttempt(room: Room, id: string, outcome: Outcome): Promise<void> {
  (await eventually(() => room.attempts.get(id))).end(outcome);
  await eventually(() => !room.attempts.has(id) && room.statusOf(id) !== 'running');
}

/** Ends attempts as they start until the site counts as broken and none of its attempts is left. */
async function breakSite(room: Room, code: FailureCode = 'ENGINE_OUTDATED'): Promise<void> {
  while (room.downloads.brokenSites().length === 0) {
    const id = await eventually(() => [...room.attempts.keys()][0] ?? null);
    await endAttempt(room, id, failure(code));
  }
  for (const id of [...room.attempts.keys()]) await endAttempt(room, id, failure(code));
}

async function openBroken(count = 6, options: RoomOptions = {}) {
  const opened = await open(options);
  const ids = await opened.room.submit(...links(count));
  await breakSite(opened.room);
  return { ...opened, ids };
}

/** The queue looks at its clock at any change; then it starts all that may. */
async function started(room: Room): Promise<string[]> {
  await room.submit(`https://other.example/${Math.random()}`);
  const other = await eventually(() =>
    [...room.attempts.keys()].find((id) => room.downloads.get(id).url.includes('other.example')),
  );
  await endAttempt(room, other, done);
  // Between the hand-out of a slot and its attempt lies a look at the folders.
  await eventually(() =>
    [...room.live.all()].every(
      ({ download: { id, status } }) => status !== 'running' || room.attempts.has(id),
    ),
  );
  return [...room.attempts.keys()];
}

async function completeAll(room: Room, ids: readonly string[]): Promise<void> {
  const isLeft = (id: string) => !['completed', 'cancelled'].includes(room.statusOf(id) ?? '');
  while (ids.some(isLeft)) {
    const id = await eventually(() => ids.find((one) => room.attempts.has(one)) ?? null);
    await endAttempt(room, id, done);
  }
}

describe('a site that fails for everybody', () => {
  it('holds its queue, also what has failed before it was known, and other sites go on', async () => {
    const { room, ids } = await openBroken();
    for (const id of ids) {
      expect(room.downloads.get(id)).toMatchObject({
        status: 'queued',
        waiting_for: 'engine',
        retry_at: new Date(1.7e12 + 2 * MINUTE).toISOString(),
        error: { code: 'SITE_CHANGED', retryable: true },
        attempt: 1,
      });
    }
    expect(await started(room)).toEqual([]);
    const [later = ''] = await room.submit('https://m.video.example/later');
    expect(room.downloads.get(later).waiting_for).toBe('engine');
    expect(await started(room)).toEqual([]);
    expect(room.sought).toEqual(['video.example']);
    expect(room.downloads.brokenSites()).toMatchObject([
      { site: 'video.example', version: '2026.10.26', waiting: 7 },
    ]);
    expect(room.console().filter((text) => text.includes('fails for everybody'))).toHaveLength(1);
  });

  it('goes on with another yt-dlp: of 22 half are cancelled, and the rest completes without a lost attempt', async () => {
    const { room, ids } = await openBroken(22);
    const [cancelled, rest] = [ids.slice(0, 11), ids.slice(11)];
    for (const id of cancelled) await room.downloads.cancel(id);
    room.useEngine('2026.11.20');
    await completeAll(room, rest);
    for (const id of cancelled) expect(room.statusOf(id)).toBe('cancelled');
    for (const id of rest)
      expect(room.downloads.get(id)).toMatchObject({ attempt: 1, error: null });
    expect(room.downloads.brokenSites()).toEqual([]);
    expect(room.console()).toContain('video.example works again with yt-dlp 2026.11.20.');
    expect(room.siteEvents).toEqual(['SITE_BROKEN video.example', 'SITE_MENDED video.example']);
  });

  it('is tried by one that has not failed yet, after a pause, and all go on when that one ends well', async () => {
    const { room, ids, pass } = await openBroken();
    const before = new Set(room.started);
    pass(2 * MINUTE + 1);
    const [scout = '', ...others] = await started(room);
    expect(others).toEqual([]);
    expect(before).not.toContain(scout);
    await endAttempt(room, scout, failure('ENGINE_OUTDATED'));
    expect(room.downloads.get(scout)).toMatchObject({ waiting_for: 'engine', attempt: 1 });
    pass(2 * MINUTE + 1);
    expect(await started(room)).toEqual([]);
    pass(2 * MINUTE);
    const [second = ''] = await started(room);
    await endAttempt(room, second, done);
    await completeAll(room, ids);
  });

  it('is asked again at a press, and is as broken as before when it still is', async () => {
    const { room, ids } = await openBroken();
    const affected = await room.downloads.resumeHost('www.video.example');
    expect(ids).toEqual(expect.arrayContaining([...affected]));
    await eventually(() => room.attempts.size === 2);
    await breakSite(room);
    for (const id of ids) {
      expect(room.downloads.get(id)).toMatchObject({ waiting_for: 'engine', attempt: 1 });
    }
    await room.downloads.resumeHost('video.example');
    await completeAll(room, ids);
    await expect(room.downloads.resumeHost('video.example')).rejects.toMatchObject({
      code: 'HOST_NOT_PARKED',
    });
  });

  it('lets a single one be tried by its retry', async () => {
    const { room, ids } = await openBroken();
    const [first = '', second = ''] = ids;
    await room.downloads.cancel(first);
    await room.downloads.retry(first, {});
    expect(await started(room)).toEqual([first]);
    await endAttempt(room, first, failure('ENGINE_OUTDATED'));
    expect(room.downloads.get(first).waiting_for).toBe('engine');
    await room.downloads.cancel(second);
    await room.downloads.retry(second, {});
    await endAttempt(room, second, done);
    await completeAll(room, ids);
  });

  it('keeps pauses and priorities of what waits', async () => {
    const { room, ids } = await openBroken();
    const [paused = '', ...rest] = ids;
    const urgent = rest.at(-1) ?? '';
    await room.downloads.pause(paused);
    await room.downloads.update(urgent, { priority: 9 });
    room.useEngine('2026.11.20');
    await eventually(() => room.attempts.size === 2);
    expect(room.attempts.has(urgent)).toBe(true);
    await completeAll(room, rest);
    expect(room.statusOf(paused)).toBe('paused');
    await room.downloads.resume(paused);
    await completeAll(room, [paused]);
  });

  it('is still known after a restart, which lets one try at once and loses none', async () => {
    const { room, ids } = await openBroken();
    rooms.splice(rooms.indexOf(room), 1);
    const next = await room.restart();
    rooms.push(next);
    const [scout = '', ...others] = await started(next);
    expect(others).toEqual([]);
    await endAttempt(next, scout, failure('ENGINE_OUTDATED'));
    expect(await started(next)).toEqual([]);
    for (const id of ids) {
      expect(next.downloads.get(id)).toMatchObject({ waiting_for: 'engine', attempt: 1 });
    }
    next.useEngine('2026.11.20');
    await completeAll(next, ids);
  });

  it('is given up after a day by those that try it, which another yt-dlp tries again', async () => {
    const { room, ids, pass } = await openBroken(3);
    pass(25 * 60 * MINUTE);
    const [scout = ''] = await started(room);
    await endAttempt(room, scout, failure('ENGINE_OUTDATED'));
    expect(room.downloads.get(scout)).toMatchObject({
      status: 'failed',
      error: { code: 'SITE_CHANGED' },
    });
    room.useEngine('2026.11.20');
    await completeAll(room, ids);
  });

  it('does not count what began with another yt-dlp: that runs again at once', async () => {
    const { room } = await open();
    const [id = ''] = await room.submit(...links(1));
    await eventually(() => room.attempts.has(id));
    room.useEngine('2026.11.20');
    (await eventually(() => room.attempts.get(id))).end(failure('ENGINE_OUTDATED'));
    await eventually(() => room.started.length === 2 && room.attempts.has(id));
    expect(room.downloads.get(id).attempt).toBe(1);
    await endAttempt(room, id, done);
  });
});

describe('a yt-dlp that was left for its failures', () => {
  it('leaves no download behind: what failed with it, for any reason of its own, is run again', async () => {
    const { room } = await open({ maxAttempts: 1 });
    const ids = await room.submit(...links(2), 'https://other.example/gone');
    const [first = '', late = '', gone = ''] = ids;
    for (const id of ids) {
      (await eventually(() => room.attempts.get(id))).options.onEngine?.('2026.10.26');
      if (id === late) continue;
      await endAttempt(room, id, failure(id === gone ? 'MEDIA_UNAVAILABLE' : 'INVALID_MEDIA'));
    }
    room.useEngine('2026.09.01', { version: '2026.10.26', since: null });
    (await eventually(() => room.attempts.get(late))).end(failure('INVALID_MEDIA'));
    await eventually(() => room.started.filter((id) => id === late).length === 2);
    await completeAll(room, [first, late]);
    expect(room.statusOf(gone)).toBe('failed');
  });
});

describe('bad luck', () => {
  it('is with a yt-dlp that a person asked for: it speaks neither for nor against the one in use', async () => {
    const { room } = await open({ maxAttempts: 1, maxPerHost: 4 });
    for (const id of await room.submit(...links(3))) {
      await endAttempt(room, id, failure('MEDIA_UNAVAILABLE'));
      await room.downloads.retry(id, { engine: '2025.01.01' });
      (await eventually(() => room.attempts.get(id))).options.onEngine?.('2025.01.01');
      await endAttempt(room, id, failure('ENGINE_OUTDATED'));
    }
    expect(room.downloads.brokenSites()).toEqual([]);
  });

  it('is of links that fail in words nobody knows, once another of their site has ended well: they fail alone', async () => {
    const { room, pass } = await open({ maxAttempts: 1 });
    const dead = await room.submit(...links(3));
    await breakSite(room, 'UNKNOWN');
    const [good = ''] = await room.submit('https://www.video.example/good');
    pass(2 * MINUTE + 1);
    expect(await started(room)).toEqual([good]);
    await endAttempt(room, good, done);
    for (const id of dead) await endAttempt(room, id, failure('UNKNOWN'));
    expect(dead.map((id) => room.statusOf(id))).toEqual(['failed', 'failed', 'failed']);
    expect(room.downloads.brokenSites()).toEqual([]);
  });

  it.each<FailureCode>([
    'MEDIA_UNAVAILABLE',
    'NETWORK',
    'LOGIN_REQUIRED',
    'GEO_RESTRICTED',
    'DRM_PROTECTED',
    'FRAGMENTS_MISSING',
    'UNSUPPORTED_SITE',
    'SITE_REFUSED',
    'ENGINE_MISSING',
  ])('breaks no site: %s', async (code) => {
    const { room } = await open({ maxAttempts: 1 });
    for (const id of await room.submit(...links(5))) await endAttempt(room, id, failure(code));
    expect(room.downloads.brokenSites()).toEqual([]);
  });

  it('is one link that fails again and again, and failures with a success between them', async () => {
    const { room } = await open({ slots: 8, maxPerHost: 8, maxAttempts: 1 });
    const [same = '', second = '', good = '', third = '', fourth = ''] = await room.submit(
      ...links(5),
    );
    for (let round = 0; round < 3; round += 1) {
      await endAttempt(room, same, failure('ENGINE_OUTDATED'));
      await room.downloads.retry(same, {});
    }
    await endAttempt(room, same, failure('ENGINE_OUTDATED'));
    await endAttempt(room, second, failure('SOLVER_FAILED'));
    await endAttempt(room, good, done);
    await endAttempt(room, third, failure('ENGINE_OUTDATED'));
    await endAttempt(room, fourth, failure('ENGINE_OUTDATED'));
    expect(room.downloads.brokenSites()).toEqual([]);
    expect(room.downloads.get(fourth)).toMatchObject({
      status: 'failed',
      error: { code: 'ENGINE_OUTDATED' },
    });
  });

  it('403 on all formats is a symptom when an extractor has named them, and of a bare link is not', async () => {
    const forbidden = { ...failure('SITE_REFUSED'), status: 403 } as Outcome;
    const run = async (extractor: string) => {
      const { room } = await open();
      for (const id of await room.submit(...links(3))) {
        const attempt = await eventually(() => room.attempts.get(id));
        attempt.options.onEvent({ kind: 'metadata', metadata: { extractor } });
        await endAttempt(room, id, forbidden);
      }
      return room.downloads.brokenSites().length;
    };
    expect(await run('generic')).toBe(0);
    expect(await run('video')).toBe(1);
  });
});
