import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { VideoInfo } from '../../../src/worker/output/output-lines.ts';
import { createProgressMeter } from '../../../src/worker/output/progress.ts';
import { createRunClock, type RunClock } from '../../../src/worker/run/run-clock.ts';
import type { Task } from '../../../src/worker/task.ts';

let workFolder: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  workFolder = await mkdtemp(join(tmpdir(), 'run-clock-'));
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(workFolder, { recursive: true });
});

function clockOf({ maxSeconds = null as number | null, isStopped = false, isFinishing = false }) {
  const live = maxSeconds === null ? {} : { live: { max_seconds: maxSeconds } };
  const task = {
    workFolder,
    limits: { stallTimeoutMs: 20_000 },
    selection: { options: live },
  } as unknown as Task;
  return createRunClock({
    task,
    jobs: { isStopped, isFinishing },
    meter: createProgressMeter(() => performance.now()),
    deadlineMs: performance.now() + 60_000,
    recordedSinceMs: null,
  });
}

function named(clock: RunClock, isLive: boolean): void {
  const video: VideoInfo = {
    ...{ fields: {}, formats: [], durationSeconds: null, sponsorSeconds: 0 },
    isLive,
  };
  clock.takeVideo(video);
}

const idle = { usage: () => Promise.resolve(0) };

test('a run without any output has stalled, one with output has not', () => {
  const clock = clockOf({});
  vi.advanceTimersByTime(15_000);
  clock.noteActivity();
  vi.advanceTimersByTime(15_000);
  expect(clock.due(false)).toBeNull();
  vi.advanceTimersByTime(5_001);
  expect(clock.due(false)).toBe('stalled');
});

test('a run whose files grow or whose processes work has not stalled', async () => {
  const clock = clockOf({});
  vi.advanceTimersByTime(15_000);
  await writeFile(join(workFolder, 'media.mp4.part'), 'grown');
  await clock.observe(idle);
  vi.advanceTimersByTime(15_000);
  expect(clock.due(false)).toBeNull();
  await clock.observe({ usage: () => Promise.resolve(5) });
  vi.advanceTimersByTime(15_000);
  expect(clock.due(false)).toBeNull();
});

test('a live recording has its requested time, whatever the deadline of a download', async () => {
  const clock = clockOf({ maxSeconds: 90 });
  named(clock, true);
  vi.advanceTimersByTime(2_000);
  await writeFile(join(workFolder, 'media.mp4.part'), 'recorded');
  await clock.observe(idle);
  vi.advanceTimersByTime(89_000);
  clock.noteActivity();
  expect(clock.due(true)).toBeNull();
  expect(clock.recordedSeconds()).toBe(89);
  vi.advanceTimersByTime(1_000);
  expect(clock.due(true)).toBe('recorded');
});

test('a stop comes before everything else, and a finish waits for a recording', () => {
  expect(clockOf({ isStopped: true }).due(true)).toBe('stopped');
  const finishing = clockOf({ isFinishing: true });
  expect(finishing.due(false)).toBeNull();
  expect(finishing.due(true)).toBe('recorded');
});

test('a lost playlist ends the run unless ffmpeg ends by itself within its last words', () => {
  const clock = clockOf({});
  clock.noteListLost();
  expect(clock.due(true)).toBeNull();
  vi.advanceTimersByTime(1_501);
  expect(clock.due(true)).toBe('interrupted');
});
