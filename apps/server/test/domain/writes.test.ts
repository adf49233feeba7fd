import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../http/app-under-test.ts';
import { done, openRoom, type Room } from './room-under-test.ts';

let room: Room;

afterEach(() => room.close());

describe('the start of a download', () => {
  it('is not written when it has ended a moment later', async () => {
    room = await openRoom();
    const before = room.writes();
    const [id = ''] = await room.submit('https://a.example/1');
    (await eventually(() => room.attempts.get(id))).end(done);
    await eventually(() => room.statusOf(id) === 'completed');
    await vi.waitFor(() => expect(room.writes()).toBe(before + 2));
  });

  it('is written soon when it goes on, so that the next start knows of it', async () => {
    room = await openRoom();
    const before = room.writes();
    const [id = ''] = await room.submit('https://a.example/1');
    await eventually(() => room.attempts.get(id));
    expect(room.statusOf(id)).toBe('running');
    await vi.waitFor(() => expect(room.writes()).toBe(before + 2));
  });
});
