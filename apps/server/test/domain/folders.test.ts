import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../http/app-under-test.ts';
import {
  DISK_LOOK_EVERY_MS,
  done,
  failure,
  openDomain,
  type DomainUnderTest,
  type DomainOptions,
} from './domain-under-test.ts';

const PROBLEM = 'The data folder /data is read-only.';
const domains: DomainUnderTest[] = [];

async function open(options: DomainOptions = {}): Promise<DomainUnderTest> {
  const domain = await openDomain({ slots: 2, maxAttempts: 1, ...options });
  domains.push(domain);
  return domain;
}

afterEach(async () => {
  for (const domain of domains.splice(0)) {
    domain.failWrites(null);
    await domain.close();
  }
});

const attemptOf = (domain: DomainUnderTest, id: string) =>
  eventually(() => domain.attempts.get(id));

it('downloads wait while a folder cannot be used, and continue by themselves', async () => {
  const domain = await open();
  domain.failFolders(PROBLEM);
  const [id = ''] = await domain.submit('https://a.example/1');
  await eventually(() => domain.viewOf(id).waiting_for === 'disk');
  expect(domain.started).toEqual([]);
  domain.failFolders(null);
  (await attemptOf(domain, id)).end(done);
  await eventually(() => domain.statusOf(id) === 'completed');
  expect(domain.viewOf(id).attempt).toBe(1);
  expect(domain.console().filter((text) => text.includes(PROBLEM))).toHaveLength(1);
  expect(domain.console().filter((text) => text.includes('can be used again'))).toHaveLength(1);
});

it('data fetched when a folder fails is kept and stored later, without costing an attempt', async () => {
  const domain = await open();
  const [id = ''] = await domain.submit('https://a.example/1');
  const attempt = await attemptOf(domain, id);
  domain.failFolders(PROBLEM);
  attempt.end(done);
  await eventually(() => domain.statusOf(id) === 'queued');
  expect(domain.viewOf(id)).toMatchObject({
    waiting_for: 'disk',
    attempt: 1,
    error: { code: 'STORE_FAILED' },
  });
  expect(domain.removedFolders).toEqual([]);
  domain.failFolders(null);
  (await attemptOf(domain, id)).end(done);
  await eventually(() => domain.statusOf(id) === 'completed');
  expect(domain.viewOf(id)).toMatchObject({ attempt: 1, error: null });
});

it('a failure because of a lost folder costs no attempt', async () => {
  const domain = await open();
  const [id = ''] = await domain.submit('https://a.example/1');
  for (let round = 0; round < 4; round += 1) {
    const attempt = await attemptOf(domain, id);
    domain.failFolders(PROBLEM);
    attempt.end(failure('UNKNOWN'));
    await eventually(() => domain.viewOf(id).waiting_for === 'disk');
    domain.failFolders(null);
  }
  (await attemptOf(domain, id)).end(done);
  await eventually(() => domain.statusOf(id) === 'completed');
  expect(domain.viewOf(id).attempt).toBe(1);
});

it('a download that filled the disk fails, so that its partial file is removed', async () => {
  const domain = await open();
  const [id = ''] = await domain.submit('https://a.example/1');
  const attempt = await attemptOf(domain, id);
  domain.failFolders('The data folder /data is on a full disk.');
  attempt.end(failure('DISK_FULL'));
  await eventually(() => domain.statusOf(id) === 'failed');
});

it('downloads wait while the history cannot be written, and ends in that time are kept', async () => {
  const domain = await open({ slots: 1 });
  const [first = '', second = ''] = await domain.submit(
    'https://a.example/1',
    'https://b.example/2',
  );
  const attempt = await attemptOf(domain, first);
  domain.failWrites(new Error('EROFS'));
  attempt.end(done);
  await eventually(() => domain.viewOf(second).waiting_for === 'disk');
  // What is to be seen is durable.
  expect(domain.statusOf(first)).toBe('running');
  expect(domain.started).toEqual([first]);
  expect(domain.removedFolders).toEqual([]);
  domain.failWrites(null);
  (await attemptOf(domain, second)).end(done);
  await eventually(() => domain.statusOf(second) === 'completed');
  const later = await domain.restart();
  domains.push(later);
  expect([first, second].map((id) => later.statusOf(id))).toEqual(['completed', 'completed']);
});

it('a failed write of the history is retried without another change', async () => {
  const domain = await open();
  domain.failWrites(new Error('EROFS'));
  await expect(domain.submit('https://b.example/1')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  const before = domain.writes();
  domain.failWrites(null);
  await eventually(() => domain.writes() > before);
});

it('a held retry counts one attempt when it starts', async () => {
  const domain = await open({ maxAttempts: 2 });
  const [id = ''] = await domain.submit('https://a.example/1');
  (await attemptOf(domain, id)).end(failure('MEDIA_UNAVAILABLE'));
  await eventually(() => domain.statusOf(id) === 'failed');
  domain.failFolders(PROBLEM);
  await sleep(2 * DISK_LOOK_EVERY_MS);
  await domain.downloads.retry(id, {});
  await eventually(() => domain.viewOf(id).waiting_for === 'disk');
  expect(domain.viewOf(id).attempt).toBe(1);
  domain.failFolders(null);
  await attemptOf(domain, id);
  expect(domain.viewOf(id).attempt).toBe(2);
});

it('a lost disk with both history and downloads is waited for in the same way', async () => {
  const domain = await open();
  const [id = ''] = await domain.submit('https://a.example/1');
  const attempt = await attemptOf(domain, id);
  domain.failFolders(PROBLEM);
  domain.failWrites(new Error('EROFS'));
  attempt.end(done);
  await eventually(() => domain.console().some((line) => line.includes('cannot be written')));
  domain.failWrites(null);
  await eventually(() => domain.viewOf(id).waiting_for === 'disk');
  domain.failFolders(null);
  (await attemptOf(domain, id)).end(done);
  await eventually(() => domain.statusOf(id) === 'completed');
  expect(domain.viewOf(id).attempt).toBe(1);
});

it('a download cancelled while it is held stays cancelled', async () => {
  const domain = await open();
  domain.failFolders(PROBLEM);
  const [id = ''] = await domain.submit('https://a.example/1');
  await eventually(() => domain.viewOf(id).waiting_for === 'disk');
  await domain.downloads.cancel(id);
  domain.failFolders(null);
  const [next = ''] = await domain.submit('https://a.example/2');
  await attemptOf(domain, next);
  expect(domain.statusOf(id)).toBe('cancelled');
  expect(domain.started).toEqual([next]);
});
