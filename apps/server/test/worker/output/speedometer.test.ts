import { describe, expect, it } from 'vitest';
import { createSpeedometer } from '../../../src/worker/output/speedometer.ts';
import { createRandom } from '../../torture/random.ts';

const KIB = 1024;

/** Speeds that are shown, four times a second, while these bytes come at these times. */
function shown(
  arrivals: readonly { readonly atMs: number; readonly bytes: number }[],
  untilMs: number,
) {
  let now = 0;
  const speedometer = createSpeedometer(() => now);
  const speeds: { atMs: number; speed: number | null }[] = [];
  let next = 0;
  for (; now <= untilMs; now += 1) {
    for (; (arrivals[next]?.atMs ?? Infinity) <= now; next += 1) {
      speedometer.add(arrivals[next]?.bytes ?? 0);
    }
    if (now % 250 === 0) speeds.push({ atMs: now, speed: speedometer.bytesPerSecond() });
  }
  return speeds;
}

function steady(bytesPerSecond: number, pauseMs: (at: number) => number, untilMs: number) {
  const arrivals = [{ atMs: 0, bytes: 0 }];
  let before = 0;
  for (let at = pauseMs(0); at <= untilMs; at += pauseMs(at)) {
    arrivals.push({ atMs: Math.ceil(at), bytes: ((at - before) * bytesPerSecond) / 1000 });
    before = at;
  }
  return arrivals;
}

describe('a shown speed', () => {
  const random = createRandom(7);
  it.each<[string, (at: number) => number]>([
    ['a quarter of a second', () => 250],
    ['a second', () => 1000],
    ['two seconds', () => 2000],
    ['no regular time', () => 100 + random() * 1900],
  ])('is steady at a constant 150 KiB/s with a report each %s', (_name, pauseMs) => {
    const late = shown(steady(150 * KIB, pauseMs, 60_000), 60_000).filter(
      ({ atMs }) => atMs > 5000,
    );
    for (const { speed } of late) {
      expect(speed).toBeGreaterThan(120 * KIB);
      expect(speed).toBeLessThan(180 * KIB);
    }
  });

  it('excludes bytes from before the first report', () => {
    const arrivals = steady(150 * KIB, () => 1000, 20_000);
    arrivals.splice(1, 0, { atMs: 300, bytes: 600 * KIB });
    for (const { speed } of shown(arrivals, 20_000).filter(({ atMs }) => atMs > 5000)) {
      expect(speed).toBeCloseTo(150 * KIB, 0);
    }
  });

  it('follows a change within the window, and is nothing when nothing comes', () => {
    const arrivals = steady(150 * KIB, () => 1000, 20_000).map((arrival) =>
      arrival.atMs > 8000 ? { ...arrival, bytes: arrival.bytes * 4 } : arrival,
    );
    const speeds = shown(arrivals, 30_000);
    const at = (ms: number) => speeds.find(({ atMs }) => atMs === ms)?.speed ?? null;
    expect(at(0)).toBeNull();
    expect(at(7000)).toBeCloseTo(150 * KIB, 0);
    expect(at(20_000)).toBeCloseTo(600 * KIB, 0);
    expect(at(26_000)).toBe(0);
  });

  it('is right for the segments of a slow stream', () => {
    const arrivals = steady(150 * KIB, () => 6000, 60_000);
    for (const { speed } of shown(arrivals, 60_000).filter(({ atMs }) => atMs > 12_000)) {
      expect(speed).toBeCloseTo(150 * KIB, 0);
    }
  });
});
