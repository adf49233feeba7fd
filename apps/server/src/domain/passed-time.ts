import { say, saidAs, type ReadinessCheck } from '@artemis/contracts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Looks are made every hour. After a longer time the process stood still, and its monotonic clock is not believed alone. */
const MOST_BETWEEN_LOOKS_MS = 2 * HOUR_MS;
/** What one confirmed jump of the clock counts for at most: no clock can make files older by more at once. */
const MOST_CONFIRMED_MS = 7 * DAY_MS;

/**
 * What the server knows of time. `passedMs` counts what has certainly passed and never falls; files grow old by it, never
 * by the clock of the computer alone. As long as nothing is wrong, that clock says `zeroMs + passedMs`.
 */
export interface PassedTime {
  readonly passedMs: number;
  /** Epoch milliseconds. */
  readonly zeroMs: number;
  /** By how much the clock has ever been set back: a later jump forth counts only beyond that. */
  readonly setBackMs: number;
  /** After a jump of more than a day: by how much the clock is off, and at which `passedMs` it was seen. */
  readonly doubt: { readonly offMs: number; readonly sinceMs: number } | null;
}

export function begunAt(wallMs: number): PassedTime {
  return { passedMs: 0, zeroMs: wallMs, setBackMs: 0, doubt: null };
}

/**
 * One look at both clocks, at least one an hour. What the monotonic one says has passed. The clock of the computer may be ahead of it by up to a
 * day, for the hours in which the server or the computer slept; these count. A greater difference, forth or back, is not
 * believed until a day has passed without another one back.
 * @param elapsedMs since the last look by the monotonic clock; 0 for the first look of a run
 */
export function afterLook(before: PassedTime, elapsedMs: number, wallMs: number): PassedTime {
  const passedMs = before.passedMs + Math.min(Math.max(0, elapsedMs), MOST_BETWEEN_LOOKS_MS);
  const offMs = wallMs - before.zeroMs - passedMs;
  const sleptMs = offMs - (before.doubt?.offMs ?? 0);
  if (!(Math.abs(sleptMs) <= DAY_MS)) {
    // A computer that is seldom on is further ahead at each start; its day would never end.
    const isFurtherAhead = before.doubt !== null && before.doubt.offMs > 0 && sleptMs > 0;
    const sinceMs = isFurtherAhead ? before.doubt.sinceMs : passedMs;
    return { ...before, passedMs, doubt: { offMs, sinceMs } };
  }
  const known = { ...before, passedMs: passedMs + Math.max(0, sleptMs) };
  const isOver = known.doubt !== null && known.passedMs - known.doubt.sinceMs >= DAY_MS;
  return isOver ? confirmed(known, wallMs) : known;
}

/** See `Timekeeper.believedNow`. Epoch milliseconds. */
export function believedWallMs({ zeroMs, passedMs }: PassedTime): number {
  return zeroMs + passedMs;
}

/** The clock is believed from here on. */
function confirmed(time: PassedTime, wallMs: number): PassedTime {
  const offMs = wallMs - time.zeroMs - time.passedMs;
  const passedMs = time.passedMs + Math.min(countedMs(time), Math.max(0, offMs));
  return {
    passedMs,
    zeroMs: wallMs - passedMs,
    setBackMs: Math.max(0, time.setBackMs - offMs),
    doubt: null,
  };
}

/** What will count of the jump that is in doubt, if it is confirmed. */
function countedMs({ doubt, setBackMs }: PassedTime): number {
  return Math.min(Math.max(0, (doubt?.offMs ?? 0) - setBackMs), MOST_CONFIRMED_MS);
}

/**
 * The place of something that begins now: what a jump in doubt may count for lies before it. Beyond `passedMs` for as long
 * as that is not confirmed.
 */
export function beginningOf(time: PassedTime): number {
  return time.passedMs + countedMs(time);
}

/** For `/readyz`. */
export function clockHealth({ passedMs, doubt }: PassedTime): Omit<ReadinessCheck, 'name'> {
  if (doubt === null) {
    return { state: 'ok', ...say('CLOCK_FINE'), remedy: null };
  }
  const days = Math.abs(Math.round(doubt.offMs / DAY_MS));
  const hours = Math.max(1, Math.ceil((doubt.sinceMs + DAY_MS - passedMs) / HOUR_MS));
  const jumped = doubt.offMs > 0 ? 'CLOCK_AHEAD' : 'CLOCK_BEHIND';
  return {
    state: 'warn',
    ...(days === 0 ? say('CLOCK_IS_BACK', { hours }) : say(jumped, { days, hours })),
    ...saidAs('remedy', say('CHECK_CLOCK')),
  };
}

/** What is known of a stored file's age, as values of `passedMs`; kept with it. */
export interface AgeMarks {
  /** When it was stored; of an earlier version's file it is missing. */
  readonly storedAtMs?: number;
  /** When a look first found that it is to be deleted. */
  readonly dueAtMs?: number;
}

/**
 * What one look says of a stored file: it stays, its marks change, or it is deleted, for which two looks a day apart must
 * have found it old. A mark that is missing, or of a time to come, as when the data folder was lost, is made anew.
 */
export function judgeAge(
  { storedAtMs, dueAtMs }: AgeMarks,
  passedMs: number,
  keepMs: number,
): 'keep' | 'delete' | AgeMarks {
  if (storedAtMs === undefined || !(storedAtMs <= passedMs)) return { storedAtMs: passedMs };
  if (passedMs - storedAtMs < keepMs) return dueAtMs === undefined ? 'keep' : { storedAtMs };
  if (dueAtMs === undefined || !(dueAtMs <= passedMs)) return { storedAtMs, dueAtMs: passedMs };
  return passedMs - dueAtMs >= DAY_MS ? 'delete' : 'keep';
}
