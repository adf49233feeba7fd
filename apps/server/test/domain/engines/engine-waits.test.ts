import type { FailureCode } from '@artemis/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/domain/attempt.ts';
import { eventually } from '../../http/app-under-test.ts';
import {
  done,
  failure,
  openDomain,
  type DomainUnderTest,
  type DomainOptions,
} from '../domain-under-test.ts';

const MINUTE = 60_000;
const domains: DomainUnderTest[] = [];

afterEach(async () => {
  await Promise.all(domains.splice(0).map((domain) => domain.close()));
});

/** A room whose clock goes on only by hand. */
async function open(options: DomainOptions = {}) {
  let atMs = 1.7e12;
  const domain = await openDomain({
    slots: 4,
    maxPerHost: 2,
    now: () => new Date(atMs),
    ...options,
  });
  domains.push(domain);
  const pass = (ms: number) => void (atMs += ms);
  return { domain, pass };
}

const links = (count: number, host = 'www.video.example') =>
  Array.from({ length: count }, (_, at) => `https://${host}/${at}`);

async function endAttempt(domain: DomainUnderTest, id: string, outcome: Outcome): Promise<void> {
  (await eventually(() => domain.attempts.get(id))).end(outcome);
  await eventually(() => !domain.attempts.has(id) && domain.statusOf(id) !== 'running');
}

/** Ends attempts as they start until the site counts as broken and none of its attempts is left. */
async function breakSite(
  domain: DomainUnderTest,
  code: FailureCode = 'ENGINE_OUTDATED',
): Promise<void> {
  while ((await domain.downloads.brokenSites()).length === 0) {
    const id = await eventually(() => [...domain.attempts.keys()][0] ?? null);
    await endAttempt(domain, id, failure(code));
  }
  for (const id of [...domain.attempts.keys()]) await endAttempt(domain, id, failure(code));
}

async function openBroken(count = 6, options: DomainOptions = {}) {
  const opened = await open(options);
  const ids = await opened.domain.submit(...links(count));
  await breakSite(opened.domain);
  return { ...opened, ids };
}

/** The queue looks at its clock at any change; then it starts all that may. */
async function started(domain: DomainUnderTest): Promise<string[]> {
  await domain.submit(`https://other.example/${Math.random()}`);
  const other = await eventually(() =>
    [...domain.attempts.keys()].find((id) => domain.viewOf(id).url.includes('other.example')),
  );
  await endAttempt(domain, other, done);
  // Between the hand-out of a slot and its attempt lies a look at the folders.
  await eventually(() =>
    [...domain.records.values()].every(
      ({ id, status }) => status !== 'running' || domain.attempts.has(id),
    ),
  );
  return [...domain.attempts.keys()];
}

async function completeAll(domain: DomainUnderTest, ids: readonly string[]): Promise<void> {
  const isLeft = (id: string) => !['completed', 'cancelled'].includes(domain.statusOf(id) ?? '');
  while (ids.some(isLeft)) {
    const id = await eventually(() => ids.find((one) => domain.attempts.has(one)) ?? null);
    await endAttempt(domain, id, done);
  }
}

describe('a broken site', () => {
  it('holds its downloads, also those that failed before, and other sites go on', async () => {
    const { domain, ids } = await openBroken();
    for (const id of ids) {
      expect(domain.viewOf(id)).toMatchObject({
        status: 'queued',
        waiting_for: 'engine',
        retry_at: new Date(1.7e12 + 2 * MINUTE).toISOString(),
        error: { code: 'SITE_CHANGED', retryable: true },
        attempt: 1,
      });
    }
    expect(await started(domain)).toEqual([]);
    const [later = ''] = await domain.submit('https://m.video.example/later');
    expect(domain.viewOf(later).waiting_for).toBe('engine');
    expect(await started(domain)).toEqual([]);
    expect(domain.sought).toEqual(['video.example']);
    expect(await domain.downloads.brokenSites()).toMatchObject([
      { site: 'video.example', version: '2026.10.26', waiting: 7 },
    ]);
    expect(domain.console().filter((text) => text.includes('fails for everybody'))).toHaveLength(1);
  });

  it('continues with another yt-dlp, and no waiting download loses an attempt', async () => {
    const { domain, ids } = await openBroken(22);
    const [cancelled, rest] = [ids.slice(0, 11), ids.slice(11)];
    for (const id of cancelled) await domain.downloads.cancel(id);
    domain.useEngine('2026.11.20');
    await completeAll(domain, rest);
    for (const id of cancelled) expect(domain.statusOf(id)).toBe('cancelled');
    for (const id of rest) expect(domain.viewOf(id)).toMatchObject({ attempt: 1, error: null });
    expect(await domain.downloads.brokenSites()).toEqual([]);
    expect(domain.console()).toContain('video.example works again with yt-dlp 2026.11.20.');
    expect(domain.siteEvents).toEqual(['SITE_BROKEN video.example', 'SITE_MENDED video.example']);
  });

  it('is tried by one download after a pause, and all continue when it succeeds', async () => {
    const { domain, ids, pass } = await openBroken();
    const before = new Set(domain.started);
    pass(2 * MINUTE + 1);
    const [scout = '', ...others] = await started(domain);
    expect(others).toEqual([]);
    expect(before).not.toContain(scout);
    await endAttempt(domain, scout, failure('ENGINE_OUTDATED'));
    expect(domain.viewOf(scout)).toMatchObject({ waiting_for: 'engine', attempt: 1 });
    pass(2 * MINUTE + 1);
    expect(await started(domain)).toEqual([]);
    pass(2 * MINUTE);
    const [second = ''] = await started(domain);
    await endAttempt(domain, second, done);
    await completeAll(domain, ids);
  });

  it('is tried at once on request, and stays broken when it still fails', async () => {
    const { domain, ids } = await openBroken();
    const affected = await domain.downloads.resumeHost('www.video.example');
    expect(ids).toEqual(expect.arrayContaining([...affected]));
    await eventually(() => domain.attempts.size === 2);
    await breakSite(domain);
    for (const id of ids) {
      expect(domain.viewOf(id)).toMatchObject({ waiting_for: 'engine', attempt: 1 });
    }
    await domain.downloads.resumeHost('video.example');
    await completeAll(domain, ids);
    await expect(domain.downloads.resumeHost('video.example')).rejects.toMatchObject({
      code: 'HOST_NOT_PARKED',
    });
  });

  it('lets a retry try a single download', async () => {
    const { domain, ids } = await openBroken();
    const [first = '', second = ''] = ids;
    await domain.downloads.cancel(first);
    await domain.downloads.retry(first, {});
    expect(await started(domain)).toEqual([first]);
    await endAttempt(domain, first, failure('ENGINE_OUTDATED'));
    expect(domain.viewOf(first).waiting_for).toBe('engine');
    await domain.downloads.cancel(second);
    await domain.downloads.retry(second, {});
    await endAttempt(domain, second, done);
    await completeAll(domain, ids);
  });

  it('keeps pauses and priorities of waiting downloads', async () => {
    const { domain, ids } = await openBroken();
    const [paused = '', ...rest] = ids;
    const urgent = rest.at(-1) ?? '';
    await domain.downloads.pause(paused);
    await domain.downloads.update(urgent, { priority: 9 });
    domain.useEngine('2026.11.20');
    await eventually(() => domain.attempts.size === 2);
    expect(domain.attempts.has(urgent)).toBe(true);
    await completeAll(domain, rest);
    expect(domain.statusOf(paused)).toBe('paused');
    await domain.downloads.resume(paused);
    await completeAll(domain, [paused]);
  });

  it('is still known after a restart, which lets one download try and loses none', async () => {
    const { domain, ids } = await openBroken();
    domains.splice(domains.indexOf(domain), 1);
    const next = await domain.restart();
    domains.push(next);
    const [scout = '', ...others] = await started(next);
    expect(others).toEqual([]);
    await endAttempt(next, scout, failure('ENGINE_OUTDATED'));
    expect(await started(next)).toEqual([]);
    for (const id of ids) {
      expect(next.viewOf(id)).toMatchObject({ waiting_for: 'engine', attempt: 1 });
    }
    next.useEngine('2026.11.20');
    await completeAll(next, ids);
  });

  it('fails its trying downloads after a day, and another yt-dlp tries them again', async () => {
    const { domain, ids, pass } = await openBroken(3);
    pass(25 * 60 * MINUTE);
    const [scout = ''] = await started(domain);
    await endAttempt(domain, scout, failure('ENGINE_OUTDATED'));
    expect(domain.viewOf(scout)).toMatchObject({
      status: 'failed',
      error: { code: 'SITE_CHANGED' },
    });
    domain.useEngine('2026.11.20');
    await completeAll(domain, ids);
  });

  it('is tried again with the version before when it failed with one that was left while its end was written', async () => {
    const { domain } = await open();
    domain.useEngine('2026.11.20');
    const [id = ''] = await domain.submit(...links(1));
    const attempt = await eventually(() => domain.attempts.get(id));
    attempt.options.onEngine?.('2026.11.20');
    domain.failWrites(new Error('busy'));
    attempt.end(failure('FORMAT_UNAVAILABLE'));
    await eventually(() => domain.console().some((line) => line.includes('cannot be written')));
    domain.useEngine('2026.10.26', { version: '2026.11.20', since: null });
    domain.failWrites(null);
    await eventually(() => domain.started.length === 2 && domain.attempts.has(id));
  });

  it('does not count downloads that began with another yt-dlp; they run again at once', async () => {
    const { domain } = await open();
    const [id = ''] = await domain.submit(...links(1));
    await eventually(() => domain.attempts.has(id));
    domain.useEngine('2026.11.20');
    (await eventually(() => domain.attempts.get(id))).end(failure('ENGINE_OUTDATED'));
    await eventually(() => domain.started.length === 2 && domain.attempts.has(id));
    expect(domain.viewOf(id).attempt).toBe(1);
    await endAttempt(domain, id, done);
  });
});

describe('a yt-dlp that was replaced for its failures', () => {
  it('has its failed downloads run again', async () => {
    const { domain } = await open({ maxAttempts: 1 });
    const ids = await domain.submit(...links(2), 'https://other.example/gone');
    const [first = '', late = '', gone = ''] = ids;
    for (const id of ids) {
      (await eventually(() => domain.attempts.get(id))).options.onEngine?.('2026.10.26');
      if (id === late) continue;
      // It has hung before there was a title.
      await endAttempt(domain, id, failure(id === gone ? 'MEDIA_UNAVAILABLE' : 'STALLED'));
    }
    domain.useEngine('2026.09.01', { version: '2026.10.26', since: null });
    (await eventually(() => domain.attempts.get(late))).end(failure('INVALID_MEDIA'));
    await eventually(() => domain.started.filter((id) => id === late).length === 2);
    await completeAll(domain, [first, late]);
    expect(domain.statusOf(gone)).toBe('failed');
  });
});

describe('not broken', () => {
  it('a yt-dlp chosen for one retry does not count for or against the one in use', async () => {
    const { domain } = await open({ maxAttempts: 1, maxPerHost: 4 });
    for (const id of await domain.submit(...links(3))) {
      await endAttempt(domain, id, failure('MEDIA_UNAVAILABLE'));
      await domain.downloads.retry(id, { engine: '2025.01.01' });
      (await eventually(() => domain.attempts.get(id))).options.onEngine?.('2025.01.01');
      await endAttempt(domain, id, failure('ENGINE_OUTDATED'));
    }
    expect(await domain.downloads.brokenSites()).toEqual([]);
  });

  it('links with unknown errors fail alone once another of their site succeeds', async () => {
    const { domain, pass } = await open({ maxAttempts: 1 });
    const dead = await domain.submit(...links(3));
    await breakSite(domain, 'UNKNOWN');
    const [good = ''] = await domain.submit('https://www.video.example/good');
    pass(2 * MINUTE + 1);
    expect(await started(domain)).toEqual([good]);
    await endAttempt(domain, good, done);
    for (const id of dead) await endAttempt(domain, id, failure('UNKNOWN'));
    expect(dead.map((id) => domain.statusOf(id))).toEqual(['failed', 'failed', 'failed']);
    expect(await domain.downloads.brokenSites()).toEqual([]);
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
  ])('a site is not broken by: %s', async (code) => {
    const { domain } = await open({ maxAttempts: 1 });
    for (const id of await domain.submit(...links(5))) await endAttempt(domain, id, failure(code));
    expect(await domain.downloads.brokenSites()).toEqual([]);
  });

  it('one link failing repeatedly, or failures around a success, do not break a site', async () => {
    const { domain } = await open({ slots: 8, maxPerHost: 8, maxAttempts: 1 });
    const [same = '', second = '', good = '', third = '', fourth = ''] = await domain.submit(
      ...links(5),
    );
    for (let round = 0; round < 3; round += 1) {
      await endAttempt(domain, same, failure('ENGINE_OUTDATED'));
      await domain.downloads.retry(same, {});
    }
    await endAttempt(domain, same, failure('ENGINE_OUTDATED'));
    await endAttempt(domain, second, failure('SOLVER_FAILED'));
    await endAttempt(domain, good, done);
    await endAttempt(domain, third, failure('ENGINE_OUTDATED'));
    await endAttempt(domain, fourth, failure('ENGINE_OUTDATED'));
    expect(await domain.downloads.brokenSites()).toEqual([]);
    expect(domain.viewOf(fourth)).toMatchObject({
      status: 'failed',
      error: { code: 'ENGINE_OUTDATED' },
    });
  });

  it('403 counts as a symptom for media named by an extractor, not for a bare link', async () => {
    const forbidden = { ...failure('SITE_REFUSED'), status: 403 } as Outcome;
    const run = async (extractor: string) => {
      const { domain } = await open();
      for (const id of await domain.submit(...links(3))) {
        const attempt = await eventually(() => domain.attempts.get(id));
        attempt.options.onEvent({ kind: 'metadata', metadata: { extractor } });
        await endAttempt(domain, id, forbidden);
      }
      return (await domain.downloads.brokenSites()).length;
    };
    expect(await run('generic')).toBe(0);
    expect(await run('video')).toBe(1);
  });
});
