import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterLook,
  beginningOf,
  begunAt,
  believedWallMs,
  clockHealth,
  DAY_MS,
  HOUR_MS,
  judgeAge,
  type AgeMarks,
  type PassedTime,
} from '../../src/domain/passed-time.ts';

const START_MS = Date.parse('2026-11-27T12:00:00Z');

/** A computer whose two clocks the test turns by hand, with one stored file. */
function createComputer(keepDays = 30) {
  let wallMs = START_MS;
  let time: PassedTime = begunAt(wallMs);
  let marks: AgeMarks = {};
  let isStored = true;
  const look = (elapsedMs: number) => {
    time = afterLook(time, elapsedMs, wallMs);
    if (time.doubt !== null || !isStored) return;
    const verdict = judgeAge(marks, time.passedMs, keepDays * DAY_MS);
    if (verdict === 'delete') isStored = false;
    else if (verdict !== 'keep') marks = verdict;
  };
  const computer = {
    time: () => time,
    isStored: () => isStored,
    days: () => time.passedMs / DAY_MS,
    /** Runs, with a look every hour. */
    run(days: number) {
      for (let hour = 0; hour < days * 24; hour += 1) {
        wallMs += HOUR_MS;
        look(HOUR_MS);
      }
    },
    /** Is off, and starts again. */
    off(days: number) {
      wallMs += days * DAY_MS;
      look(0);
    },
    /** Both clocks go on, but nobody looks. */
    standStill(days: number) {
      wallMs += days * DAY_MS;
      look(days * DAY_MS);
    },
    setClock(ms: number) {
      wallMs = ms;
      look(0);
    },
    moveClock(days: number) {
      computer.setClock(wallMs + days * DAY_MS);
    },
    store() {
      marks = { storedAtMs: beginningOf(time) };
      isStored = true;
    },
  };
  computer.store();
  return computer;
}

describe('passed time', () => {
  it('counts hours while the server runs, and nights and days without it', () => {
    const computer = createComputer();
    computer.run(1);
    computer.off(0.9);
    computer.run(0.125);
    computer.off(1);
    expect(computer.days()).toBeCloseTo(3.025);
    expect(computer.time().doubt).toBeNull();
  });

  it('a file is deleted one to two days after its time in normal operation', () => {
    const computer = createComputer();
    computer.run(30.9);
    expect(computer.isStored()).toBe(true);
    computer.run(0.2);
    expect(computer.isStored()).toBe(false);
  });

  it('a file is deleted on a computer that is on for two hours a day', () => {
    const computer = createComputer();
    let days = 0;
    for (; computer.isStored() && days < 100; days += 1) {
      computer.run(2 / 24);
      computer.off(22 / 24);
    }
    expect(days).toBeGreaterThanOrEqual(31);
    expect(days).toBeLessThanOrEqual(32);
  });

  it('a file is deleted on a computer that is off at weekends', () => {
    const computer = createComputer();
    let days = 0;
    for (; computer.isStored() && days < 100; days += 1) {
      computer.run(8 / 24);
      computer.off(16 / 24 + (days % 7 === 4 ? 2 : 0));
      if (days % 7 === 4) days += 2;
    }
    expect(days).toBeGreaterThanOrEqual(31);
    expect(days).toBeLessThanOrEqual(35);
  });

  it('a file is deleted later on a computer that is on for ten hours a week', () => {
    const computer = createComputer();
    let weeks = 0;
    for (; computer.isStored() && weeks < 100; weeks += 1) {
      computer.run(10 / 24);
      computer.off(7 - 10 / 24);
    }
    expect(weeks).toBeGreaterThanOrEqual(5);
    expect(weeks).toBeLessThanOrEqual(26);
  });

  it('a computer that was off for two weeks doubts for a day, then counts one week', () => {
    const computer = createComputer();
    computer.run(25);
    computer.off(14);
    computer.run(23 / 24);
    expect(computer.days()).toBeCloseTo(25 + 23 / 24);
    expect(clockHealth(computer.time()).state).toBe('warn');
    computer.run(1 / 24);
    expect(computer.days()).toBeCloseTo(33);
    expect(clockHealth(computer.time()).state).toBe('ok');
    expect(computer.isStored()).toBe(true);
    computer.run(1);
    expect(computer.isStored()).toBe(false);
  });
});

describe('a wrong clock', () => {
  const jumps: [string, (computer: ReturnType<typeof createComputer>) => void][] = [
    ['thirty days forth', (computer) => computer.moveClock(30)],
    ['thirty-one days forth', (computer) => computer.moveClock(31)],
    ['sixty days back', (computer) => computer.moveClock(-60)],
    ['1970', (computer) => computer.setClock(0)],
    ['before 1970', (computer) => computer.setClock(-DAY_MS)],
    ['2038', (computer) => computer.setClock(Date.parse('2038-01-19T03:14:08Z'))],
  ];

  it.each(jumps)('deletes nothing: %s, for an hour', (_name, jump) => {
    const computer = createComputer();
    computer.run(1);
    jump(computer);
    expect(clockHealth(computer.time()).state).toBe('warn');
    expect(computer.days()).toBe(1);
    computer.run(1 / 24);
    computer.setClock(START_MS + DAY_MS + HOUR_MS);
    expect(clockHealth(computer.time())).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('is back') as string,
    });
    computer.run(28);
    expect(computer.days()).toBeCloseTo(29 + 1 / 24);
    expect(computer.isStored()).toBe(true);
    computer.run(2.1);
    expect(computer.isStored()).toBe(false);
  });

  it.each(jumps)('keeps a file for at least three weeks: %s, for good', (_name, jump) => {
    const computer = createComputer();
    jump(computer);
    computer.run(23);
    expect(computer.isStored()).toBe(true);
    computer.run(10);
    expect(computer.isStored()).toBe(false);
  });

  it.each(jumps)('deletes nothing: %s while a download completes', (_name, jump) => {
    const computer = createComputer();
    jump(computer);
    computer.run(2);
    computer.store();
    computer.run(1 / 24);
    computer.setClock(START_MS + 2 * DAY_MS + HOUR_MS);
    computer.run(21);
    expect(computer.isStored()).toBe(true);
  });

  it('does not age a file that was stored while the clock was doubted', () => {
    const computer = createComputer(3);
    computer.off(6);
    computer.store();
    computer.run(3.9);
    expect(computer.isStored()).toBe(true);
    computer.run(0.2);
    expect(computer.isStored()).toBe(false);
  });

  it('never deletes a file early by many small jumps forward', () => {
    const computer = createComputer();
    for (let day = 0; day < 29; day += 1) {
      computer.moveClock(0.99);
      computer.run(1);
      computer.moveClock(-0.99);
    }
    computer.moveClock(0.99);
    computer.run(23 / 24);
    expect(computer.days()).toBeLessThan(31);
    expect(computer.isStored()).toBe(true);
    computer.run(2);
    expect(computer.isStored()).toBe(false);
  });

  it('deletes nothing when the monotonic clock jumps with it, as after a suspended process', () => {
    const computer = createComputer();
    computer.standStill(31);
    expect(clockHealth(computer.time()).state).toBe('warn');
    expect(computer.days()).toBeLessThan(0.1);
    computer.run(23);
    expect(computer.isStored()).toBe(true);
  });

  it('stays doubted when it jumps forth and back every hour', () => {
    const computer = createComputer(1);
    for (let hour = 0; hour < 100; hour += 1) {
      computer.moveClock(hour % 2 === 0 ? 31 : -31);
      computer.run(1 / 24);
    }
    expect(computer.isStored()).toBe(true);
    computer.run(3);
    expect(computer.isStored()).toBe(false);
  });

  it('counts no time when it is set back and forth for days', () => {
    const computer = createComputer();
    computer.moveClock(-60);
    computer.run(2);
    computer.moveClock(60);
    computer.run(2);
    expect(computer.days()).toBe(4);
    expect(computer.time().doubt).toBeNull();
  });

  it('is not trusted for anything until it is confirmed', () => {
    const computer = createComputer();
    computer.moveClock(31);
    computer.run(0.5);
    expect(believedWallMs(computer.time())).toBe(START_MS + DAY_MS / 2);
    computer.run(0.5);
    expect(believedWallMs(computer.time())).toBe(START_MS + 32 * DAY_MS);
  });
});

it('passed time never decreases and stays within its bound, whatever both clocks do', () => {
  const step = fc.record({
    ran: fc.double({ min: 0, max: 1 / 12, noNaN: true }),
    jump: fc.double({ min: -90, max: 90, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let wallMs = START_MS;
      let ranMs = 0;
      let time = begunAt(wallMs);
      for (const { ran, jump } of steps) {
        const before = time;
        ranMs += ran * DAY_MS;
        wallMs += (ran + jump) * DAY_MS;
        time = afterLook(time, ran * DAY_MS, wallMs);
        expect(time.passedMs).toBeGreaterThanOrEqual(before.passedMs + ran * DAY_MS - 1);
        expect(time.passedMs - before.passedMs).toBeLessThanOrEqual(ran * DAY_MS + 8 * DAY_MS + 1);
        expect(beginningOf(time)).toBeGreaterThanOrEqual(time.passedMs);
      }
      expect(time.passedMs).toBeGreaterThanOrEqual(ranMs - 1);
    }),
  );
});

it('a mark in the future is set again and takes another day', () => {
  expect(judgeAge({ storedAtMs: 0, dueAtMs: 9 * DAY_MS }, 8 * DAY_MS, DAY_MS)).toEqual({
    storedAtMs: 0,
    dueAtMs: 8 * DAY_MS,
  });
  expect(judgeAge({ storedAtMs: 9 * DAY_MS, dueAtMs: 0 }, 8 * DAY_MS, DAY_MS)).toEqual({
    storedAtMs: 8 * DAY_MS,
  });
});

it('/readyz says by how much the clock has jumped, for how long nothing is deleted, and what to do', () => {
  const forth = afterLook(begunAt(0), 0, 31 * DAY_MS);
  expect(clockHealth(forth)).toEqual({
    state: 'warn',
    message:
      'The clock of this computer has jumped ahead by 31 days. No old file is deleted for the next 24 h.',
    code: 'CLOCK_AHEAD',
    values: { days: 31, hours: 24 },
    remedy:
      'Was the computer off or asleep for that long? Then nothing needs to be done. If not, set its clock.',
    remedy_code: 'CHECK_CLOCK',
  });
  let later = afterLook(begunAt(0), 0, -2 * DAY_MS);
  for (let hour = 1; hour <= 20; hour += 1) {
    later = afterLook(later, HOUR_MS, hour * HOUR_MS - 2 * DAY_MS);
  }
  expect(clockHealth(later).message).toContain(
    'back by 2 days. No old file is deleted for the next 4 h',
  );
});
