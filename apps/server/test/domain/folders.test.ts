import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../http/app-under-test.ts';
import {
  DISK_LOOK_EVERY_MS,
  done,
  failure,
  openRoom,
  type Room,
  type RoomOptions,
} from './room-under-test.ts';

const PROBLEM = 'The data folder /data is read-only.';
const rooms: Room[] = [];

async function open(options: RoomOptions = {}): Promise<Room> {
  const room = await openRoom({ slots: 2, maxAttempts: 1, ...options });
  rooms.push(room);
  return room;
}

afterEach(async () => {
  for (const room of rooms.splice(0)) {
    room.failWrites(null);
    await room.close();
  }
});

const attemptOf = (room: Room, id: string) => eventually(() => room.attempts.get(id));

it('nothing is fetched while a folder cannot be used, and it goes on by itself', async () => {
  const room = await open();
  room.failFolders(PROBLEM);
  const [id = ''] = await room.submit('https://a.example/1');
  await eventually(() => room.downloads.get(id).waiting_for === 'disk');
  expect(room.started).toEqual([]);
  room.failFolders(null);
  (await attemptOf(room, id)).end(done);
  await eventually(() => room.statusOf(id) === 'completed');
  expect(room.downloads.get(id).attempt).toBe(1);
  expect(room.console().filter((text) => text.includes(PROBLEM))).toHaveLength(1);
  expect(room.console().filter((text) => text.includes('can be used again'))).toHaveLength(1);
});

it('what is fetched when a folder fails is kept, stored later, and costs no attempt', async () => {
  const room = await open();
  const [id = ''] = await room.submit('https://a.example/1');
  const attempt = await attemptOf(room, id);
  room.failFolders(PROBLEM);
  attempt.end(done);
  await eventually(() => room.statusOf(id) === 'queued');
  expect(room.downloads.get(id)).toMatchObject({
    waiting_for: 'disk',
    attempt: 1,
    error: { code: 'STORE_FAILED' },
  });
  expect(room.removedFolders).toEqual([]);
  room.failFolders(null);
  (await attemptOf(room, id)).end(done);
  await eventually(() => room.statusOf(id) === 'completed');
  expect(room.downloads.get(id)).toMatchObject({ attempt: 1, error: null });
});

it('a failure of an attempt that has lost its folder costs no attempt either', async () => {
  const room = await open();
  const [id = ''] = await room.submit('https://a.example/1');
  for (let round = 0; round < 4; round += 1) {
    const attempt = await attemptOf(room, id);
    room.failFolders(PROBLEM);
    attempt.end(failure('UNKNOWN'));
    await eventually(() => room.downloads.get(id).waiting_for === 'disk');
    room.failFolders(null);
  }
  (await attemptOf(room, id)).end(done);
  await eventually(() => room.statusOf(id) === 'completed');
  expect(room.downloads.get(id).attempt).toBe(1);
});

it('one that has filled the disk fails all the same, or its partial file would stay in the way', async () => {
  const room = await open();
  const [id = ''] = await room.submit('https://a.example/1');
  const attempt = await attemptOf(room, id);
  room.failFolders('The data folder /data is on a full disk.');
  attempt.end(failure('DISK_FULL'));
  await eventually(() => room.statusOf(id) === 'failed');
});

it('nothing is fetched while the history cannot be written, and an end of that time is kept', async () => {
  const room = await open({ slots: 1 });
  const [first = '', second = ''] = await room.submit('https://a.example/1', 'https://b.example/2');
  const attempt = await attemptOf(room, first);
  room.failWrites(new Error('EROFS'));
  attempt.end(done);
  await eventually(() => room.downloads.get(second).waiting_for === 'disk');
  expect(room.statusOf(first)).toBe('completed');
  expect(room.started).toEqual([first]);
  expect(room.removedFolders).toEqual([]);
  room.failWrites(null);
  (await attemptOf(room, second)).end(done);
  await eventually(() => room.statusOf(second) === 'completed');
  const later = await room.restart();
  rooms.push(later);
  expect([first, second].map((id) => later.statusOf(id))).toEqual(['completed', 'completed']);
});

it('a history that could not be written is tried again while nobody else writes', async () => {
  const room = await open();
  room.failWrites(new Error('EROFS'));
  await expect(room.submit('https://b.example/1')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  const before = room.writes();
  room.failWrites(null);
  await eventually(() => room.writes() > before);
});

it('a retry that is held counts one attempt, when it starts', async () => {
  const room = await open({ maxAttempts: 2 });
  const [id = ''] = await room.submit('https://a.example/1');
  (await attemptOf(room, id)).end(failure('MEDIA_UNAVAILABLE'));
  await eventually(() => room.statusOf(id) === 'failed');
  room.failFolders(PROBLEM);
  await sleep(2 * DISK_LOOK_EVERY_MS);
  await room.downloads.retry(id, {});
  await eventually(() => room.downloads.get(id).waiting_for === 'disk');
  expect(room.downloads.get(id).attempt).toBe(1);
  room.failFolders(null);
  await attemptOf(room, id);
  expect(room.downloads.get(id).attempt).toBe(2);
});

it('a disk that holds the history as well and goes is waited for in the same way', async () => {
  const room = await open();
  const [id = ''] = await room.submit('https://a.example/1');
  const attempt = await attemptOf(room, id);
  room.failFolders(PROBLEM);
  room.failWrites(new Error('EROFS'));
  attempt.end(done);
  await eventually(() => room.downloads.get(id).waiting_for === 'disk');
  room.failWrites(null);
  room.failFolders(null);
  (await attemptOf(room, id)).end(done);
  await eventually(() => room.statusOf(id) === 'completed');
  expect(room.downloads.get(id).attempt).toBe(1);
});

it('a download that is cancelled while it is held stays cancelled', async () => {
  const room = await open();
  room.failFolders(PROBLEM);
  const [id = ''] = await room.submit('https://a.example/1');
  await eventually(() => room.downloads.get(id).waiting_for === 'disk');
  await room.downloads.cancel(id);
  room.failFolders(null);
  const [next = ''] = await room.submit('https://a.example/2');
  await attemptOf(room, next);
  expect(room.statusOf(id)).toBe('cancelled');
  expect(room.started).toEqual([next]);
});
